// Ridge and lasso with two coefficients: minimize (w - v)' G (w - v) / 2 + alpha |w|₁, or + alpha |w|² / 2, where v is the
// solution of least squares and G = [[1, r], [r, 1]] the correlations of the features.
{
const soft = (z, t) => Math.sign(z) * Math.max(Math.abs(z) - t, 0);

function lasso([c1, c2], r, alpha) {  // one coordinate after the other, until nothing changes
  let w = [0, 0];
  for (let pass = 0; pass < 2000; pass++) {
    const first = soft(c1 - r * w[1], alpha), next = [first, soft(c2 - r * first, alpha)];
    if (next[0] === w[0] && next[1] === w[1]) break;
    w = next;
  }
  return w;
}

function ridge([c1, c2], r, alpha) {
  const determinant = (1 + alpha) ** 2 - r * r;
  return [((1 + alpha) * c1 - r * c2) / determinant, ((1 + alpha) * c2 - r * c1) / determinant];
}

const MAX = 3;
const ALPHAS = Array.from({ length: 121 }, (_, i) => (MAX * i) / 120);
const sum = ([a, b]) => Math.abs(a) + Math.abs(b);

function compute({ v1, v2, alpha, correlation: r, penalty }) {
  const c = [v1 + r * v2, r * v1 + v2];  // G v, what the features have in common with the target
  const solve = penalty === "lasso" ? lasso : ridge;
  const w = solve(c, r, alpha), size = penalty === "lasso" ? sum(w) : Math.hypot(...w);
  const loss = (a, b) => 0.5 * ((a - v1) ** 2 + 2 * r * (a - v1) * (b - v2) + (b - v2) ** 2);
  return { w, size, loss: loss(...w), path: ALPHAS.map((a) => solve(c, r, a)) };
}

// The level line of the squared error at a height: an ellipse with axes along (1, 1) and (1, -1).
function level({ v1, v2, correlation: r }, height) {
  const [p, q] = [Math.sqrt(height / (1 + r)), Math.sqrt(height / (1 - r))];
  return Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60)
    .map((t) => [v1 + p * Math.cos(t) + q * Math.sin(t), v2 + p * Math.cos(t) - q * Math.sin(t)]);
}

// Where the solution of least squares may lie so that the lasso sets a coefficient to exactly 0: a strip along each half axis.
function strips({ alpha, correlation: r }) {
  const back = (c1, c2) => [(c1 - r * c2) / (1 - r * r), (c2 - r * c1) / (1 - r * r)];  // v = G⁻¹ c
  const ends = [[1, 0], [0, 1], [-1, 0], [0, -1]];
  return ends.map(([a, b]) => {
    const edges = [-1, 1].map((side) => back(alpha * (a + side * b), alpha * (b + side * a)));
    return [[0, 0], edges[0], ...edges.map(([x, y]) => [x + 9 * a, y + 9 * b]), edges[1]];
  });
}

const region = (penalty, size) => (penalty === "lasso" ? [[size, 0], [0, size], [-size, 0], [0, -size]]
  : Array.from({ length: 120 }, (_, i) => (i * Math.PI) / 60).map((t) => [size * Math.cos(t), size * Math.sin(t)]));

window.explorables.corner = {
  start: { penalty: "lasso", alpha: 1, correlation: 0.3, v1: 1.7, v2: 0.7 },
  controls: {
    penalty: { label: "Penalty", options: ["lasso", "ridge"] },
    alpha: { label: "Strength α", min: 0, max: MAX, step: 0.025 },
    correlation: { label: "Feature correlation", min: -0.9, max: 0.9, step: 0.05 },
  },
  handles: true,
  panels: [
    { x: [-2.4, 2.4], y: [-1.9, 1.9], equal: true, xlabel: "w₁", ylabel: "w₂", title: "Level lines of the squared error and the penalty's region" },
    { x: [0, MAX], y: [-2.5, 2.5], xlabel: "α", ylabel: "coefficient", title: "Both coefficients over alpha" },
  ],
  compute,
  draw([plane, curve], p, { w, size, loss, path }) {
    for (const height of [0.06, 0.25, 0.56, 1, 1.56, 2.25, 3.06, 4, 6.25, 9]) plane.line(level(p, height), "faint");
    if (p.penalty === "lasso") for (const strip of strips(p)) plane.area(strip, 3, { class: "area color-3 soft" });
    plane.line([[-9, 0], [9, 0]], "ink", { "stroke-width": 0.7 });
    plane.line([[0, -9], [0, 9]], "ink", { "stroke-width": 0.7 });
    plane.area(region(p.penalty, size), 0);
    plane.line(level(p, loss), 1);
    plane.line(path, 2, { "stroke-dasharray": "5 4" });
    plane.points([w], 1, { r: 6 });
    plane.words(p.v1, p.v2 + (p.v2 < 1.4 ? 0.25 : -0.35), "least squares", { class: "words small", "text-anchor": p.v1 > 1.6 ? "end" : p.v1 < -1.6 ? "start" : "middle" });
    plane.handle("Least squares", ["v1", "v2"]);
    curve.line([[0, 0], [MAX, 0]], "ink", { "stroke-width": 0.7 });
    curve.line([[p.alpha, -9], [p.alpha, 9]], "faint");
    for (const k of [0, 1]) {
      curve.line(path.map((v, i) => [ALPHAS[i], v[k]]), [0, 3][k]);
      curve.points([[p.alpha, w[k]]], [0, 3][k], { r: 5, shape: k ? "square" : "circle" });
      const first = path[0][k] >= path[0][1 - k];
      curve.words(0.12, Math.min(Math.max(path[0][k] + (first ? 0.2 : -0.35), -2.4), 2.2), ["w₁", "w₂"][k]);
    }
  },
  say({ penalty, alpha, v1, v2 }, { w, size }) {
    const { format } = window.explorables, names = ["w₁", "w₂"].filter((_, i) => w[i] === 0);
    const [method, shape] = penalty === "lasso" ? ["the lasso", "diamond"] : ["ridge regression", "disk"];
    const at = `With α = ${format(alpha)} ${method} moves the least-squares solution (${format(v1)}, ${format(v2)}) to `
      + `(${w.map(format).join(", ")}), on the edge of a ${shape} of size ${format(size)}. `;
    if (names.length === 2) return at.replace(/, on the edge.*/, ": ") + "both coefficients are exactly 0.";
    return at + (names.length ? `It is a corner: ${names[0]} is exactly 0.` : "Neither coefficient is exactly 0.");
  },
};
}
