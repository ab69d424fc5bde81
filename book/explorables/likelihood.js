// Gaussian bells that stand on a line: the density of every sample, their product, and its negative logarithm.
{
const X = [-2, -1, 0, 1, 2], N = X.length, SPREAD = X.reduce((sum, x) => sum + x * x, 0);  // their mean is 0
const sum = (values) => values.reduce((total, v) => total + v, 0);
const density = (r, sigma) => Math.exp(-(r * r) / (2 * sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma);

// The line of each slope turns about the mean point, where the likelihood over the intercept is largest.
function compute(p) {
  const { w, sigma } = p, y = X.map((_, i) => p[`y${i + 1}`]), b = sum(y) / N;
  const squares = (slope) => sum(X.map((x, i) => (y[i] - slope * x - b) ** 2));
  const best = sum(X.map((x, i) => x * y[i])) / SPREAD, densities = X.map((x, i) => density(y[i] - w * x - b, sigma));
  const constant = N * Math.log(Math.sqrt(2 * Math.PI) * sigma);
  const slopes = Array.from({ length: 241 }, (_, i) => -1 + i / 80);
  const above = [...slopes, w].map((slope) => (squares(slope) - squares(best)) / (2 * sigma * sigma));
  return { y, b, best, densities, likelihood: densities.reduce((product, d) => product * d, 1), constant, fit: squares(w) / (2 * sigma * sigma),
    negativeLog: squares(w) / (2 * sigma * sigma) + constant, least: squares(best) / (2 * sigma * sigma) + constant, slopes, above };
}

const WIDE = 0.8;  // how far a density of 1 reaches, in units of x

window.explorables.likelihood = {
  start: { w: 0.25, sigma: 0.7, y1: -0.8, y2: -1.1, y3: 0.7, y4: 0.3, y5: 1.9 },
  controls: {
    w: { label: "Slope w", min: -1, max: 2, step: 0.01 },
    sigma: { label: "Width σ", min: 0.3, max: 1.5, step: 0.05 },
  },
  actions: { "Least squares": { change: (p) => { p.w = compute(p).best; } } },
  handles: true,
  panels: [
    { x: [-2.5, 3.5], y: [-3, 3], xlabel: "x", ylabel: "y", title: "A bell stands on the line at every sample" },
    { x: [-1, 2], y: [-0.2, 4.8], xlabel: "slope w", ylabel: "relative to the best slope", title: "The likelihood of every slope, and its negative logarithm" },
  ],
  compute,
  draw([plane, curves], { w, sigma }, { y, b, best, densities, slopes, above }) {
    const { format } = window.explorables;
    X.forEach((x, i) => {
      const heights = Array.from({ length: 81 }, (_, k) => w * x + b + ((k - 40) * sigma) * 0.075);
      plane.area(heights.map((h) => [x + WIDE * density(h - w * x - b, sigma), h]), 0);
      plane.words(x + 0.15, 2.6, format(+densities[i].toPrecision(2)), { class: "words small color-1", "text-anchor": "middle" });
    });
    plane.line([[-3, b - 3 * w], [4, b + 4 * w]], "ink");
    X.forEach((x, i) => {
      plane.line([[x, y[i]], [x + WIDE * densities[i], y[i]]], 1, { style: "stroke-width: 4" });
      plane.handle(`Sample ${i + 1}`, [null, `y${i + 1}`], [x, 0]);
    });
    curves.line([[best, -1], [best, 5]], "faint", { "stroke-dasharray": "3 4" });
    curves.line(slopes.map((slope, i) => [slope, above[i]]), 2, { "stroke-dasharray": "8 3" });
    curves.line(slopes.map((slope, i) => [slope, Math.exp(-above[i])]), 0);
    curves.line([[-0.94, 4.4], [-0.7, 4.4]], 0);
    curves.words(-0.65, 4.32, "likelihood", { class: "words color-0" });
    curves.line([[-0.94, 3.95], [-0.7, 3.95]], 2, { "stroke-dasharray": "8 3" });
    curves.words(-0.65, 3.87, "−log", { class: "words color-2" });
    curves.points([[w, Math.exp(-above.at(-1))]], 0, { r: 5 });
    curves.handle("Slope", ["w", null], [0, above.at(-1)]);
  },
  say({ w }, { likelihood, negativeLog, fit, constant, best, least }) {
    const { format } = window.explorables, parts = `${format(fit)} from the squares and ${format(constant)} from σ`;
    const end = Math.abs(w - best) < 1e-9 ? "No slope does better: it is that of least squares."
      : `At the slope of least squares, ${format(best)}, it is smallest: ${format(least)}.`;
    return `The densities multiply to ${format(likelihood)}. The negative logarithm is ${format(negativeLog)}: ${parts}. ${end}`;
  },
};
}
