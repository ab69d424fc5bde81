// What becomes of a signal through fifty layers, and of its gradient on the way back: x ← [x +] W h([normalize] x).
{
const DEPTH = 50, SAMPLES = 16, EPS = 1e-5;

// Normal numbers by the place k of the first of two uniform ones, which mulberry32 makes: any program can repeat them.
function uniform(seed, k) {
  let t = (seed + Math.imul(k + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), 1 | t);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const normal = (seed, k) => Math.sqrt(-2 * Math.log(1 - uniform(seed, 2 * k))) * Math.cos(2 * Math.PI * uniform(seed, 2 * k + 1));
const normals = (seed, count) => Float64Array.from({ length: count }, (_, k) => normal(seed, k));

// The inputs, the error signals at the end, and the weights of all layers before they are scaled.
let kept = {};
function draws(width, seed) {
  if (kept.width === width && kept.seed === seed) return kept;
  const all = normals(seed, 2 * SAMPLES * width + DEPTH * width * width), many = SAMPLES * width;
  const weights = Array.from({ length: DEPTH }, (_, l) => all.subarray(2 * many + l * width * width, 2 * many + (l + 1) * width * width));
  kept = { width, seed, x: all.subarray(0, many), delta: all.subarray(many, 2 * many), weights };
  return kept;
}

// An activation, and its slope from its value.
const H = {
  tanh: [Math.tanh, (a) => 1 - a * a],
  ReLU: [(z) => Math.max(z, 0), (a) => +(a > 0)],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (a) => a * (1 - a)],
};

// Each row less its mean, divided by its standard deviation; and the gradient back through that.
function normalize(x, n) {
  const out = x.slice(), scales = [];
  for (let r = 0; r < x.length; r += n) {
    let [mean, variance] = [0, 0];
    for (let i = r; i < r + n; i++) mean += x[i] / n;
    for (let i = r; i < r + n; i++) variance += (x[i] - mean) ** 2 / n;
    scales.push(1 / Math.sqrt(variance + EPS));
    for (let i = r; i < r + n; i++) out[i] = (x[i] - mean) * scales.at(-1);
  }
  return [out, scales];
}
function normalizeBack(g, s, scales, n) {
  return g.map((gi, i) => {
    const r = i - (i % n);
    let [mean, along] = [0, 0];
    for (let j = r; j < r + n; j++) { mean += g[j] / n; along += (g[j] * s[j]) / n; }
    return scales[r / n] * (gi - mean - s[i] * along);
  });
}

// Rows of x times W transposed, or times W, with every weight scaled.
function times(x, W, n, scale, back) {
  const out = new Float64Array(x.length), [across, down] = back ? [n, 1] : [1, n];
  for (let r = 0; r < x.length; r += n) for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += W[i * down + j * across] * x[r + j];
    out[r + i] = scale * sum;
  }
  return out;
}

const size = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

function compute(p) {
  const { activation, gain, width, residual, norm, seed } = p;
  const n = +width, scale = gain / Math.sqrt(n), [h, slope] = H[activation], { x: start, delta: end, weights } = draws(n, seed);
  const values = [size(start)], tape = [];
  let x = start;
  for (const W of weights) {
    const [s, scales] = norm ? normalize(x, n) : [x], a = s.map(h), out = times(a, W, n, scale, false);
    tape.push({ s, scales, a });
    x = residual ? out.map((v, i) => v + x[i]) : out;
    values.push(size(x));
  }
  const signals = [size(end)];
  let delta = end;
  for (let l = DEPTH - 1; l >= 0; l--) {
    const { s, scales, a } = tape[l], g = times(delta, weights[l], n, scale, true).map((v, i) => v * slope(a[i]));
    const back = norm ? normalizeBack(g, s, scales, n) : g;
    delta = residual ? back.map((v, i) => v + delta[i]) : back;
    signals.unshift(size(delta));
  }
  const forward = values[DEPTH] / values[0], backward = signals[0] / signals[DEPTH];
  return { values: values.map((v) => v / values[0]), signals: signals.map((v) => v / signals[DEPTH]), forward, backward, law: law(p) };
}

// The same with infinitely many units: mean squares, with each z normal; averages over z on a fine grid without 0.
const GRID = Array.from({ length: 800 }, (_, i) => (i - 399.5) / 50), BELL = GRID.map((z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / 50);
function law({ activation, gain, residual, norm }) {
  const [h, slope] = H[activation], values = [1], signals = [1], factors = [];
  for (let l = 0; l < DEPTH; l++) {
    const q = values[l], root = norm ? 1 : Math.sqrt(q);
    let [square, squaredSlope] = [0, 0];
    GRID.forEach((z, i) => {
      const a = h(root * z);
      square += BELL[i] * a * a;
      squaredSlope += BELL[i] * slope(a) ** 2;
    });
    values.push((residual ? q : 0) + gain * gain * square);
    factors.push((residual ? 1 : 0) + (gain * gain * squaredSlope) / (norm ? q : 1));
  }
  for (const factor of factors.reverse()) signals.unshift(signals[0] * factor);
  return [values, signals].map((squares) => squares.map(Math.sqrt));
}

const Y = [1e-10, 1e10];
function drawScale(panel, sizes, expected, color, words) {
  panel.line([[0, 1], [DEPTH, 1]], "faint");
  panel.line(sizes.map((v, l) => [l, v]), color, { style: "stroke-width: 2.5" });
  panel.line(expected.map((v, l) => [l, v]), "ink", { "stroke-dasharray": "6 4" });
  panel.words(DEPTH / 2, 1e-9, "dashed: infinitely many units", { "text-anchor": "middle" });
  panel.words(DEPTH / 2, 1e8, words, { "text-anchor": "middle", class: `words color-${color}`, dy: "-0.4em" });
}

window.explorables.signals = {
  start: { activation: "ReLU", gain: 1, width: "32", residual: false, norm: false, seed: 1 },
  controls: {
    activation: { label: "Activation", options: Object.keys(H) },
    width: { label: "Width", options: ["8", "16", "32", "64"] },
    gain: { label: "Gain of the weights", min: 0.1, max: 3, step: 0.05 },
    residual: { label: "Residual", checkbox: true },
    norm: { label: "Layer norm", checkbox: true },
  },
  actions: { "New weights": { change: (p) => { p.seed += 1; } } },
  panels: [
    { x: [0, DEPTH], y: Y, logy: true, xlabel: "layer", ylabel: "scale of the values", title: "The values on their way forward" },
    { x: [0, DEPTH], y: Y, logy: true, xlabel: "layer", ylabel: "scale of the error signals", title: "The error signals on their way back" },
  ],
  compute,
  draw([left, right], p, { values, signals, law: expected }) {
    drawScale(left, values, expected[0], 0, "forward →");
    drawScale(right, signals, expected[1], 1, "← backward");
  },
  say(p, { forward, backward }) {
    const { format } = window.explorables, each = (v) => format(v ** (1 / DEPTH)), word = (v) => (v < 1e-3 ? "vanish" : v > 1e3 ? "explode" : "keep their scale");
    return `Values ${word(forward)}: times ${each(forward)} per layer, ${format(forward)} through fifty. `
      + `Error signals ${word(backward)}: times ${each(backward)} per layer, ${format(backward)} through fifty.`;
  },
};
}
