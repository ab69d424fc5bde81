// Newton's method for logistic regression: a line through weighted targets, again and again; its loss beside gradient descent's.
{
const X = [-2.8, -2.1, -1.5, -0.9, -0.4, 0.3, 0.8, 1.4, 2.2, 2.7], Y = [0, 0, 0, 1, 0, 1, 0, 1, 1, 1], N = X.length, STEPS = 12;
const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const sum = (values) => values.reduce((total, v) => total + v, 0);

const loss = ([w, b]) => sum(X.map((x, i) => softplus(w * x + b) - Y[i] * (w * x + b))) / N;
const gradient = ([w, b]) => {
  const r = X.map((x, i) => (sigmoid(w * x + b) - Y[i]) / N);
  return [sum(r.map((ri, i) => ri * X[i])), sum(r)];
};

// The weights p(1 − p), the targets z + (y − p) / p(1 − p), and the line of weighted least squares through them.
function leastSquares([w, b]) {
  const z = X.map((x) => w * x + b), weights = z.map((zi) => sigmoid(zi) * sigmoid(-zi));
  const targets = z.map((zi, i) => (Y[i] ? zi + 1 / sigmoid(zi) : zi - 1 / sigmoid(-zi)));
  const total = sum(weights), center = sum(weights.map((d, i) => d * X[i])) / total, height = sum(weights.map((d, i) => d * targets[i])) / total;
  const spread = sum(weights.map((d, i) => d * (X[i] - center) ** 2));
  const slope = sum(weights.map((d, i) => d * (X[i] - center) * (targets[i] - height))) / spread;
  return { weights, targets, next: [slope, height - slope * center] };
}

// The full step; with care it is halved until the loss falls by a ten-thousandth of what the slope promises (Armijo).
function newton(at, careful) {
  const { next } = leastSquares(at), step = [next[0] - at[0], next[1] - at[1]], here = loss(at), g = gradient(at);
  const promised = g[0] * step[0] + g[1] * step[1], rounding = 10 * 2 ** -52 * here;
  for (let t = 1; careful && t > 1e-15; t /= 2) {
    const tried = [at[0] + t * step[0], at[1] + t * step[1]];
    if (loss(tried) <= here + 1e-4 * t * promised + rounding) return tried;
  }
  return next;
}

// Some steps, until the line is so steep that nearly all weights are 0 and least squares has nothing to hold on to.
function walk(start, move) {
  const path = [start];
  while (path.length <= STEPS && Math.hypot(...path.at(-1)) < 20) path.push(move(path.at(-1)));
  return path;
}

const RATE = (() => {  // 1 / L, where L is the largest curvature anywhere: the largest eigenvalue of [X 1]ᵀ[X 1] / 4N
  const [a, c] = [sum(X.map((x) => x * x)), sum(X)], middle = (a + N) / 2;
  return (4 * N) / (middle + Math.hypot((a - N) / 2, c));
})();
const BEST = walk([0, 0], (at) => newton(at, true)).at(-1), LEAST = loss(BEST);

function compute({ left, right, step, careful }) {
  const start = [(right - left) / 6, (left + right) / 2];  // heights of the line at -3 and 3
  const paths = { careful: walk(start, (at) => newton(at, true)), full: walk(start, (at) => newton(at, false)),
    descent: walk(start, ([w, b]) => gradient([w, b]).map((g, k) => [w, b][k] - RATE * g)) };
  const path = careful ? paths.careful : paths.full, k = Math.min(step, path.length - 2), present = path[k];
  const above = Object.fromEntries(Object.entries(paths).map(([name, p]) => [name, p.map((at) => loss(at) - LEAST)]));
  return { start, paths, above, k, present, ...leastSquares(present), after: path[k + 1], rate: RATE, least: LEAST };
}

const ends = ([w, b]) => [-4, 4].map((x) => [x, w * x + b]);
const CURVES = { descent: [1, "2 3", "square", "descent"], full: [2, "8 3", "ring", "Newton, full steps"], careful: [0, "", "circle", "Newton, halved"] };

window.explorables.newton = {
  start: { left: -7, right: 3, step: 0, careful: true },
  controls: {
    step: { label: "Step", min: 0, max: 7, step: 1 },
    careful: { label: "Halve a step that climbs", checkbox: true },
  },
  handles: true,
  panels: [
    { x: [-3.4, 3.4], y: [-9, 9], xlabel: "x", ylabel: "log-odds z", title: "The line, its weighted targets, and the line through them" },
    { x: [0, STEPS], y: [1e-16, 1e4], logy: true, xlabel: "step", ylabel: "loss above the minimum", title: "How fast the loss falls", margin: { left: 74 } },
  ],
  compute,
  draw([plane, curves], { careful }, { start, above, k, present, weights, targets, next, after }) {
    plane.line([[-4, 0], [4, 0]], "faint");
    plane.line(ends(start), "faint", { "stroke-dasharray": "3 4" });
    X.forEach((x, i) => plane.line([[x, present[0] * x + present[1]], [x, targets[i]]], Y[i], { "stroke-dasharray": "3 3" }));
    plane.line(ends(present), "ink");
    plane.line(ends(next), 2, { "stroke-dasharray": "8 3" });
    if (careful && Math.hypot(after[0] - next[0], after[1] - next[1]) > 1e-9) plane.line(ends(after), 0);
    X.forEach((x, i) => plane.points([[x, targets[i]]], Y[i], { shape: Y[i] ? "square" : "circle", r: 1 + 14 * Math.sqrt(weights[i]) }));
    [["present line", "ink", ""], ["through the targets", 2, "8 3"], ...(careful ? [["step halved", 0, ""]] : [])].forEach(([words, color, dash], i) => {
      plane.line([[0.15, -5.4 - 1.3 * i], [0.75, -5.4 - 1.3 * i]], color, { "stroke-dasharray": dash });
      plane.words(0.9, -5.7 - 1.3 * i, words, { class: `words small color-${color}` });
    });
    plane.handle("Start, left", [null, "left"], [-3, 0]);
    plane.handle("Start, right", [null, "right"], [3, 0]);
    Object.entries(CURVES).forEach(([name, [color, dash, shape, words]], i) => {
      const points = above[name].map((v, t) => [t, Math.max(v, 1e-18)]), look = { "stroke-dasharray": dash }, level = 10 ** (2.6 - 1.4 * i);
      curves.line(points, color, look);
      curves.points(points, color, { shape, r: 3 });
      if (name === (careful ? "careful" : "full")) curves.points([points[k]], color, { r: 6, shape });
      curves.line([[6.1, level], [7, level]], color, look);
      curves.words(7.2, level / 2.2, words, { class: `words color-${color}` });
    });
  },
  say({ careful }, { above, k }) {
    const { format } = window.explorables, run = above[careful ? "careful" : "full"], needed = run.findIndex((v) => v < 1e-10);
    const done = run.length <= STEPS ? "runs away" : needed < 0 ? "is not done" : `comes within 1e−10 of it in ${needed} steps`;
    return `After step ${k} the loss is ${format(Math.max(run[k], 0))} above its minimum. Newton's method ${done}; `
      + `gradient descent is ${format(above.descent.at(-1))} above it after ${STEPS}.`;
  },
};
}
