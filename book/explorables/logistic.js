// Logistic regression in one dimension: the curve over the points, and the loss as a landscape over its two parameters.
{
const X = [-1.6, -1.1, -0.7, -0.2, 0.2, 0.9, 1.5, 0.6, 1.2, 1.9, 2.3, 2.8, 3.2, 3.7];
const OVERLAP = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], SEPARATE = [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1];
const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

function loss(y, w, b) {
  let sum = 0;
  for (let i = 0; i < X.length; i++) {
    const z = w * X[i] + b;
    sum += softplus(z) - y[i] * z;
  }
  return sum / X.length;
}

function derivatives(y, w, b) {
  const p = X.map((x) => sigmoid(w * x + b)), r = p.map((pi, i) => pi - y[i]), d = p.map((pi) => pi * (1 - pi));
  const cross = mean(d.map((di, i) => di * X[i]));
  return { p, residual: r, gradient: [mean(r.map((ri, i) => ri * X[i])), mean(r)],
    hessian: [[mean(d.map((di, i) => di * X[i] * X[i])), cross], [cross, mean(d)]] };
}

// Newton's step goes to the bottom of the parabola that touches here; it is halved until the loss falls.
function newton(y, w, b, gradient, [[a, c], [, d]]) {
  const determinant = a * d - c * c;
  const step = [(d * gradient[0] - c * gradient[1]) / determinant, (a * gradient[1] - c * gradient[0]) / determinant];
  const here = loss(y, w, b);
  for (let halvings = 0; halvings < 30; halvings++) {
    const next = [w - step[0] / 2 ** halvings, b - step[1] / 2 ** halvings];
    if (loss(y, ...next) <= here + 1e-13) return { next, step, halvings };
  }
  return { next: [w, b], step, halvings: 0 };
}

function compute({ w, b, rate, separate, trail }) {
  const y = separate ? SEPARATE : OVERLAP, parts = derivatives(y, w, b), { gradient, hessian } = parts;
  const here = [w, b, separate], current = trail.length > 0 && trail.at(-1).every((value, k) => value === here[k]);
  return { y, ...parts, value: loss(y, w, b), downhill: [w - rate * gradient[0], b - rate * gradient[1]],
    newton: newton(y, w, b, gradient, hessian), trail: current ? trail : [here] };
}

const go = (choose) => (p) => {
  const found = compute(p);
  [p.w, p.b] = choose(found);
  p.trail = [...found.trail, [p.w, p.b, p.separate]];
  return Math.hypot(...found.gradient) > 1e-3 && p.trail.length <= 400;
};
const downhill = go((found) => found.downhill);

window.explorables.logistic = {
  start: { w: 0, b: 1, rate: 2, separate: false, trail: [] },
  controls: {
    w: { label: "Slope w", min: -1, max: 5, step: 0.05 },
    b: { label: "Intercept b", min: -6, max: 2, step: 0.05 },
    rate: { label: "Learning rate", min: 0.25, max: 12, step: 0.25 },
    separate: { label: "Labels without overlap", checkbox: true },
  },
  actions: {
    "Step downhill": { change: downhill },
    "Run downhill": { step: downhill },
    "Newton step": { change: go((found) => found.newton.next) },
  },
  handles: true,
  panels: [
    { x: [-2, 4], y: [-0.1, 1.1], xlabel: "x", ylabel: "probability of class 1", title: "The curve over the labeled points" },
    { x: [-1, 5], y: [-6, 2], xlabel: "w", ylabel: "b", title: "Level lines of the loss, and the steps" },
  ],
  compute,
  draw([plane, land], { w, b, separate }, { y, p, trail, downhill, newton: { next } }) {
    X.forEach((x, i) => plane.line([[x, y[i]], [x, p[i]]], y[i] ? 1 : 0, { "stroke-dasharray": "3 3" }));
    plane.line([[-2, 0.5], [4, 0.5]], "faint", { "stroke-dasharray": "2 4" });
    plane.line(Array.from({ length: 121 }, (_, i) => -2 + i / 20).map((x) => [x, sigmoid(w * x + b)]), "ink");
    for (const label of [0, 1]) {
      plane.points(X.filter((_, i) => y[i] === label).map((x) => [x, label]), label, { r: 5, shape: label ? "square" : "circle" });
    }
    land.contour((a, c) => loss(y, a, c), [0.03, 0.06, 0.12, 0.2, 0.28, 0.34, 0.42, 0.55, 0.75, 1, 1.5, 2, 3, 4], "faint", 80, separate);
    land.line(trail, 0);
    land.points(trail, 0, { r: 3 });
    for (const [name, [w1, b1], color] of [["downhill", downhill, 1], ["Newton", next, 2]]) {
      land.arrow([w, b], [w1, b1], color);
      if (Math.hypot(w1 - w, b1 - b) > 0.5) land.words(w1 + 0.1, b1 - 0.3, name, { class: `words small color-${color}` });
    }
    land.handle("Parameters", ["w", "b"]);
  },
  say({ separate }, { value, gradient, trail, newton: { halvings } }) {
    const { format } = window.explorables, size = Math.hypot(...gradient), steps = trail.length - 1;
    const start = steps ? `After ${steps} step${steps > 1 ? "s" : ""} the loss is` : "The loss is";
    if (size < 1e-7 && !separate) return `${start} ${format(value)}, and its gradient is 0 to rounding: this is the minimum.`;
    const halved = halvings ? ` The full Newton step would raise the loss: it is halved ${halvings === 1 ? "once" : `${halvings} times`}.` : "";
    const endless = separate ? " Without overlap a steeper curve always fits better: the loss has no minimum." : "";
    return `${start} ${format(value)}, and its gradient has the length ${format(size)}: ${format(gradient[0])} for w, ${format(gradient[1])} for b.${halved}${endless}`;
  },
};
}
