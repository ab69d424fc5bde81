// One sample among eight is dragged: the lines of least squared error, absolute error and Huber's loss, and how hard it pulls them.
{
const X = [0.3, 0.55, 0.9, 1.2, 1.45, 1.85, 2.1], Y = [1.05, 1.55, 1.35, 2.05, 1.8, 2.35, 2.25];
const sum = (values) => values.reduce((total, v) => total + v, 0);

// What a residual r = prediction − target costs, and the derivative of that by the prediction, its pull.
const LOSSES = {
  squared: (r) => [r * r, 2 * r],
  absolute: (r) => [Math.abs(r), Math.sign(r)],
  Huber: (r, delta) => {
    const clipped = Math.max(-delta, Math.min(r, delta));
    return [clipped * (r - 0.5 * clipped), clipped];
  },
};
const LOOK = { squared: [0], absolute: [1, { "stroke-dasharray": "7 4" }], Huber: [2, { "stroke-dasharray": "9 3 2 3" }] };

// The line of weighted least squares through targets; null if the weights leave only one place.
function weighted(x, weights, targets) {
  const total = sum(weights), middle = sum(x.map((xi, i) => weights[i] * xi)) / total;
  const height = sum(targets.map((t, i) => weights[i] * t)) / total;
  const spread = sum(x.map((xi, i) => weights[i] * (xi - middle) ** 2));
  if (!(spread > 1e-9)) return null;
  const w = sum(x.map((xi, i) => weights[i] * (xi - middle) * (targets[i] - height))) / spread;
  return [w, height - w * middle];
}

const cost = (name, delta, x, y, [w, b]) => sum(x.map((xi, i) => LOSSES[name](w * xi + b - y[i], delta)[0]));

// Some line of least absolute error goes through two samples: all pairs are tried.
function absoluteLine(x, y) {
  let best = { cost: Infinity };
  for (let i = 0; i < x.length; i++) for (let j = 0; j < i; j++) {
    if (Math.abs(x[i] - x[j]) < 1e-9) continue;
    const w = (y[i] - y[j]) / (x[i] - x[j]), line = [w, y[i] - w * x[i]], found = cost("absolute", 0, x, y, line);
    if (found < best.cost) best = { line, cost: found };
  }
  return best.line;
}

// A sample on that line pulls with any force from -1 to 1: the one that holds the line against the others' pulls and moments.
function holdingPull(x, y, [w, b], k) {
  const r = x.map((xi, i) => w * xi + b - y[i]), other = r.findIndex((ri, i) => i !== k && Math.abs(ri) < 1e-9);
  return sum(r.map((ri, i) => (i === k || i === other ? 0 : Math.sign(ri) * (x[other] - x[i])))) / (x[k] - x[other]);
}

// Huber's line: a reweighted step always helps, a Newton step ends it once the far samples are known; the better one is taken.
function huberLine(x, y, delta, line) {
  for (let step = 0; step < 300; step++) {
    const r = x.map((xi, i) => line[0] * xi + line[1] - y[i]), pulls = r.map((ri) => LOSSES.Huber(ri, delta)[1]);
    if (Math.hypot(sum(pulls), sum(pulls.map((p, i) => p * x[i]))) < 1e-12) break;
    const near = r.map((ri) => +(Math.abs(ri) <= delta)), kept = sum(near);
    const push = sum(pulls.map((p, i) => (near[i] ? 0 : p))), turn = sum(pulls.map((p, i) => (near[i] ? 0 : p * x[i])));
    const center = sum(x.map((xi, i) => near[i] * xi)) / kept, spread = sum(x.map((xi, i) => near[i] * (xi - center) ** 2));
    const [w, b] = weighted(x, near, y) ?? [NaN, NaN], dw = (turn - center * push) / spread;
    const newton = [w - dw, b - push / kept + dw * center];
    const reweighted = weighted(x, r.map((ri) => Math.min(1, delta / Math.abs(ri))), y);
    line = cost("Huber", delta, x, y, newton) <= cost("Huber", delta, x, y, reweighted) ? newton : reweighted;
  }
  return line;
}

function compute({ x: xo, y: yo, delta }) {
  const x = [...X, xo], y = [...Y, yo], squared = weighted(x, x.map(() => 1), y);
  const lines = { squared, absolute: absoluteLine(x, y), Huber: huberLine(x, y, delta, squared) };
  const at = (name, [w, b]) => ({ line: [w, b], residual: w * xo + b - yo, cost: cost(name, delta, x, y, [w, b]),
    loss: LOSSES[name](w * xo + b - yo, delta)[0], pull: LOSSES[name](w * xo + b - yo, delta)[1] });
  const fits = Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, at(name, line)])), { absolute } = fits;
  if (Math.abs(absolute.residual) < 1e-9) Object.assign(absolute, { residual: 0, loss: 0, pull: holdingPull(x, y, absolute.line, 7) });
  const mean = sum(x) / 8, leverage = 1 / 8 + (xo - mean) ** 2 / sum(x.map((xi) => (xi - mean) ** 2));
  return { x, y, leverage, fits };
}

const WINDOWS = { pull: [-7.5, 7.5], loss: [-0.4, 10] };

window.explorables.outlier = {
  start: { x: 2, y: 5, delta: 1, shown: "pull" },
  controls: {
    delta: { label: "Huber's δ", min: 0.1, max: 4, step: 0.1 },
    shown: { label: "On the right", options: ["pull", "loss"] },
  },
  handles: true,
  panels: [
    { x: [0, 6], y: [-1, 6], xlabel: "x", ylabel: "y", title: "Eight samples and three lines; one sample can be dragged" },
    { x: [-5, 5], y: WINDOWS.pull, xlabel: "residual ŷ − y", ylabel: "pull", title: "What a residual costs, or how hard it pulls" },
  ],
  compute,
  draw([plane, curves], { delta, shown }, { fits }) {
    curves.ylabel = shown === "pull" ? "pull (slope of the loss)" : "loss";
    curves.zoom([-5, 5], WINDOWS[shown]);
    curves.line([[-5, 0], [5, 0]], "faint");
    const [left, top, down] = shown === "pull" ? [-4.7, 6.3, 1.25] : [-1.4, 9.2, 0.85];
    plane.points(X.map((x, i) => [x, Y[i]]), "ink");
    Object.entries(LOOK).forEach(([name, [color, dash]], i) => {
      const { line: [w, b], residual, [shown]: value } = fits[name], k = shown === "pull" ? 1 : 0, level = top - down * i;
      plane.line([[0, b], [6, 6 * w + b]], color, dash);
      curves.line([[left, level], [left + 1, level]], color, dash);
      curves.words(left + 1.15, level - 0.25 * down, name, { class: `words color-${color}` });
      const places = name === "absolute" ? [-5, -1e-9, 0, 1e-9, 5] : Array.from({ length: 201 }, (_, j) => -5 + j / 20);
      curves.line(places.map((r) => [r, LOSSES[name](r, delta)[k]]), color, dash);
      curves.points([[residual, value]], color, { r: 6, shape: "ring" });
    });
    plane.handle("Sample", ["x", "y"]);
  },
  say(_, { leverage, fits: { squared, absolute, Huber } }) {
    const { format } = window.explorables, round = (v) => format(Math.abs(v) < 1e-9 ? 0 : v);
    const pulls = [squared, absolute, Huber].map(({ pull }) => round(Math.abs(pull)));
    const slopes = [squared, absolute, Huber].map(({ line }) => round(line[0]));
    const aside = leverage > 0.55 && absolute.residual === 0
      ? " It lies so far to the side that even the line of absolute error goes through it: a long lever needs no hard pull." : "";
    return `The slopes are ${slopes[0]} (squared), ${slopes[1]} (absolute) and ${slopes[2]} (Huber). `
      + `The dragged sample pulls with ${pulls[0]}, ${pulls[1]} and ${pulls[2]}.${aside}`;
  },
};
}
