// A network with one hidden layer on two classes of points, trained by full-batch gradient descent.
{
function generator(seed) {  // mulberry32, and pairs of normal numbers from it
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

function points(place) {  // 50 of each class, in turn
  const { uniform, normal } = generator(7);
  return Array.from({ length: 100 }, (_, n) => [place(n % 2, Math.floor(n / 2) / 49, uniform, normal), n % 2]);
}

const DATA = {
  "two moons": points((y, t, _, normal) => {
    const [c, s] = [Math.cos(Math.PI * t), Math.sin(Math.PI * t)], noise = () => 0.12 * normal();
    return y ? [0.9 * (0.5 - c) + noise(), 0.9 * (0.25 - s) + noise()] : [0.9 * (c - 0.5) + noise(), 0.9 * (s - 0.25) + noise()];
  }),
  spiral: points((y, t, _, normal) => {
    const [radius, angle] = [0.12 + t, 5.8 * t + Math.PI * y];
    return [radius * Math.cos(angle) + 0.03 * normal(), radius * Math.sin(angle) + 0.03 * normal()];
  }),
  XOR: points((y, t, uniform) => {
    const side = uniform() < 0.5 ? -1 : 1, away = () => 0.1 + 1.0 * uniform();
    return [side * away(), side * away() * (y ? -1 : 1)];
  }),
};

// The parameters in a row, as in companion.neural_network layer by layer: weights row by row, then biases.
function begin(width, seed) {
  const { normal } = generator(seed);
  const [W, v] = [2 * width, width].map((count) => Array.from({ length: count }, normal));
  return [...W, ...Array(width).fill(0), ...v.map((x) => x * Math.sqrt(2 / width)), 0];
}

const H = { tanh: [Math.tanh, (z, a) => 1 - a * a], ReLU: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)] };

function forward(w, width, h, x1, x2, z, a) {
  let score = w[4 * width];
  for (let i = 0; i < width; i++) {
    z[i] = w[2 * i] * x1 + w[2 * i + 1] * x2 + w[2 * width + i];
    a[i] = h(z[i]);
    score += w[3 * width + i] * a[i];
  }
  return score;
}

// The mean cross-entropy of all points, and its gradient.
function backward(w, width, activation, data) {
  const [h, slope] = H[activation], gradient = Array(w.length).fill(0), z = [], a = [];
  let [loss, correct] = [0, 0];
  for (const [[x1, x2], y] of data) {
    const score = forward(w, width, h, x1, x2, z, a), margin = y ? -score : score;
    loss += (Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)))) / data.length;
    correct += margin < 0;
    const delta = (1 / (1 + Math.exp(-score)) - y) / data.length;
    for (let i = 0; i < width; i++) {
      const behind = delta * w[3 * width + i] * slope(z[i], a[i]);
      gradient[2 * i] += behind * x1;
      gradient[2 * i + 1] += behind * x2;
      gradient[2 * width + i] += behind;
      gradient[3 * width + i] += delta * a[i];
    }
    gradient[4 * width] += delta;
  }
  return { loss, correct, gradient };
}

const LAST = 2000, X = [-1.514, 1.514], Y = [-1.2, 1.2], COLUMNS = 54, ROWS = 43;
const middles = ([low, high], n) => Array.from({ length: n }, (_, i) => low + ((high - low) * (i + 0.5)) / n);
const key = ({ data, width, activation, seed }) => [data, width, activation, seed].join();
// A run belongs to its settings: other settings begin anew.
const running = (p) => (p.run?.key === key(p) ? p.run : { key: key(p), weights: begin(+p.width, p.seed), losses: [] });

function compute(p) {
  const { weights, losses } = running(p), width = +p.width;
  const { loss, correct, gradient } = backward(weights, width, p.activation, DATA[p.data]);
  const [h] = H[p.activation], columns = middles(X, COLUMNS), z = [], a = [];
  const probabilities = middles(Y, ROWS).map((x2) => columns.map((x1) => 1 / (1 + Math.exp(-forward(weights, width, h, x1, x2, z, a)))));
  const folds = Array.from({ length: width }, (_, i) => {  // two points of the line on which z of a hidden unit is 0
    const [u, v, b] = [weights[2 * i], weights[2 * i + 1], weights[2 * width + i]], far = -b / (u * u + v * v), long = 4 / Math.hypot(u, v);
    return [-long, long].map((t) => [far * u - t * v, far * v + t * u]);
  });
  return { weights, folds, losses: [...losses, loss], loss, correct, gradient, probabilities, data: DATA[p.data] };
}

function step(p) {
  const { weights, losses } = running(p);
  const { loss, gradient } = backward(weights, +p.width, p.activation, DATA[p.data]);
  p.run = { key: key(p), weights: weights.map((w, i) => w - p.rate * gradient[i]), losses: [...losses, loss] };
}

const several = (p, times) => { for (let t = 0; t < times; t++) step(p); };
const start = { data: "two moons", width: 4, activation: "tanh", rate: 1, seed: 1, run: null };
several(start, 170);

window.explorables.playground = {
  start,
  controls: {
    data: { label: "Points", options: Object.keys(DATA) },
    width: { label: "Hidden units", options: [1, 2, 4, 8] },
    activation: { label: "Activation", options: Object.keys(H) },
    rate: { label: "Learning rate", min: 0.05, max: 5, step: 0.05 },
  },
  actions: {
    Train: { step: (p) => { several(p, 4); return p.run.losses.length < LAST; } },
    Step: { change: step },
    "New weights": { change: (p) => { p.seed += 1; } },
  },
  panels: [
    { x: X, y: Y, xlabel: "x₁", ylabel: "x₂", title: "The points, on what the network says of each place" },
    { x: [0, 200], y: [1e-3, 3], xlabel: "step", ylabel: "loss", logy: true, title: "The loss before each step" },
  ],
  compute,
  draw([plane, curve], p, { losses, folds, probabilities, data }) {
    plane.cells(probabilities.map((row) => row.map((v) => 2 * v - 1)));
    for (const fold of folds) plane.line(fold, "ink", { "stroke-dasharray": "5 4", style: "stroke-width: 1.2" });
    for (const y of [0, 1]) plane.points(data.filter((d) => d[1] === y).map((d) => d[0]), y ? 0 : 1, { shape: y ? "circle" : "square", r: y ? 4 : 3.5 });
    curve.zoom([0, [200, 500, 1000, LAST].find((end) => losses.length <= end) ?? losses.length], [1e-3, 3]);
    curve.line(losses.map((loss, t) => [t, loss]), 3);
  },
  say(p, { loss, losses, correct, data }) {
    return `After ${losses.length - 1} steps the loss is ${window.explorables.format(loss)}, and ${correct} of ${data.length} points are on the right side.`;
  },
};
}
