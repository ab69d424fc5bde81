// Gradient descent with momentum on the bowl J = (l1 u1² + l2 u2²) / 2, whose axes u are turned by 30 degrees.
{
const [COS, SIN] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];

const hessian = (l1, l2) => [[l1 * COS * COS + l2 * SIN * SIN, (l1 - l2) * COS * SIN],
  [(l1 - l2) * COS * SIN, l1 * SIN * SIN + l2 * COS * COS]];

const value = (A, [a, b]) => 0.5 * (A[0][0] * a * a + 2 * A[0][1] * a * b + A[1][1] * b * b);

function compute({ rate, momentum, curvature, w1, w2, steps }) {
  const A = hessian(curvature, 1);
  let [w, v] = [[w1, w2], [0, 0]];
  const path = [w];
  for (let t = 0; t < steps; t++) {
    const gradient = A.map((row) => row[0] * w[0] + row[1] * w[1]);
    v = v.map((vi, i) => momentum * vi + gradient[i]);
    w = w.map((wi, i) => wi - rate * v[i]);
    path.push(w);
  }
  return { path, losses: path.map((point) => value(A, point)), bound: (2 * (1 + momentum)) / Math.max(curvature, 1) };
}

window.explorables.descent = {
  start: { rate: 0.19, momentum: 0, curvature: 10, w1: -2, w2: 1.5, steps: 60 },
  controls: {
    rate: { label: "Learning rate", min: 0.005, max: 0.4, step: 0.005 },
    momentum: { label: "Momentum", min: 0, max: 0.95, step: 0.05 },
    curvature: { label: "Largest curvature", min: 1, max: 50, step: 1 },
  },
  actions: { Play: { change: (p) => { p.steps = 0; }, step: (p) => { p.steps += 1; return p.steps < 60; } } },
  handles: true,
  panels: [
    { x: [-3, 3], y: [-2.5, 2.5], xlabel: "w₁", ylabel: "w₂", title: "The path on the level lines of the loss" },
    { x: [0, 60], y: [1e-6, 1e3], xlabel: "step", ylabel: "loss", logy: true, title: "The loss after each step" },
  ],
  compute,
  draw([plane, curve], { curvature }, { path, losses }) {
    const A = hessian(curvature, 1);
    plane.contour((a, b) => value(A, [a, b]), [0.05, 0.5, 1.5, 4, 8, 14, 22].map((v) => (v * curvature) / 10));
    plane.line(path, 0);
    plane.points(path.slice(1), 0, { r: 2.5 });
    plane.handle("Start", ["w1", "w2"]);
    curve.line(losses.map((loss, t) => [t, loss]), 1);
  },
  say({ rate, steps }, { losses, bound }) {
    const format = window.explorables.format;
    const where = rate < bound ? "below" : rate > bound ? "above" : "at";
    const moves = losses.at(-1) <= losses[0] ? "falls" : "rises";
    return `The rate is ${where} the bound ${format(bound)}. The loss ${moves} from ${format(losses[0])} to ${format(losses.at(-1))} in ${steps} steps.`;
  },
};
}
