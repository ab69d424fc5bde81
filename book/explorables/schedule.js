// The loss of a small network y = a b x while it trains: learning rate, size of the batches, schedule of the rate.
{
const STEPS = 120, ROWS = 64, BLOWN = 1e9;

function uniform(seed, k) {  // mulberry32, by the place k of the number
  let t = (seed + Math.imul(k + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), 1 | t);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const normal = (seed, k) => Math.sqrt(-2 * Math.log(1 - uniform(seed, 2 * k))) * Math.cos(2 * Math.PI * uniform(seed, 2 * k + 1));
const DATA = Array.from({ length: ROWS }, (_, i) => {
  const x = normal(1, 2 * i);
  return [x, x + 0.3 * normal(1, 2 * i + 1)];
});

// The factor of the learning rate at step t of a run.
const SCHEDULES = {
  constant: () => 1,
  steps: (t) => 0.1 ** Math.floor(t / 40),
  cosine: (t) => (1 + Math.cos((Math.PI * t) / STEPS)) / 2,
  "warm-up": (t) => 0.05 + 0.95 * Math.min(t / 20, 1),
  "warm-up, cosine": (t) => (t < 20 ? 0.05 + (0.95 * t) / 20 : (1 + Math.cos((Math.PI * (t - 20)) / (STEPS - 20))) / 2),
};

// Half the mean squared error of some rows, and its gradient.
function lossOf(a, b, rows) {
  let [loss, slope] = [0, 0];
  for (const [x, y] of rows) {
    const residual = a * b * x - y;
    loss += residual ** 2 / (2 * rows.length);
    slope += (residual * x) / rows.length;
  }
  return { loss, gradient: [slope * b, slope * a] };
}

const SECOND = DATA.reduce((sum, [x]) => sum + x * x, 0) / ROWS, BEST = DATA.reduce((sum, [x, y]) => sum + x * y, 0) / (SECOND * ROWS);
const FLOOR = lossOf(BEST, 1, DATA).loss;

function compute({ rate, batch, schedule, seed }) {
  const size = batch === "all" ? ROWS : +batch;
  let [a, b] = [3, 2.5];
  const path = [[a, b]], losses = [lossOf(a, b, DATA).loss], rates = Array.from({ length: STEPS }, (_, t) => rate * SCHEDULES[schedule](t)), batches = [];
  for (let t = 0; t < STEPS && losses.at(-1) < BLOWN; t++) {
    // all rows, or rows drawn with replacement
    batches.push(Array.from({ length: size }, (_, i) => (size === ROWS ? i : Math.floor(ROWS * uniform(1000 * seed, STEPS * i + t)))));
    const { gradient } = lossOf(a, b, batches[t].map((i) => DATA[i]));
    [a, b] = [a - rates[t] * gradient[0], b - rates[t] * gradient[1]];
    path.push([a, b]);
    losses.push(lossOf(a, b, DATA).loss);
  }
  return { data: DATA, path, losses, rates, batches, floor: FLOOR, bounds: path.map(bound) };
}

// Two over the largest curvature, the largest eigenvalue of the matrix of second derivatives: with this curvature all the way,
// descent at a larger rate climbs.
function bound([a, b]) {
  const aa = SECOND * b * b, bb = SECOND * a * a, ab = SECOND * (2 * a * b - BEST);
  return 2 / ((aa + bb) / 2 + Math.hypot((aa - bb) / 2, ab));
}

// What the curve looks like, in words.
function diagnosis({ batch }, { losses, rates }) {
  const { format } = window.explorables, last = losses.slice(-20).reduce((sum, v) => sum + v - FLOOR, 0) / 20, where = `${format(last)} above the smallest`;
  if (losses.length <= STEPS) return `It diverges: after ${losses.length - 1} steps the loss is beyond all bounds.`;
  if (last < 1e-3) return `It arrives: the last 20 losses lie ${where} on average.`;
  const falls = losses.slice(-40).filter((v, t, tail) => t && v < tail[t - 1]).length;
  if (falls >= 30 && rates.at(-1) < 0.11 * rates[0]) return `It stops too early: the rate has become too small, and the loss stays ${where}.`;
  if (falls >= 30) return `It is too slow: the loss still falls, and is ${where}.`;
  return `A plateau: ${batch === "all" ? "the steps jump across the valley" : "the noise of the batches holds the loss up"}, ${where}.`;
}

window.explorables.schedule = {
  start: { rate: 0.2, batch: "4", schedule: "constant", seed: 1, steps: STEPS },
  controls: {
    rate: { label: "Learning rate", min: 0.005, max: 1.2, step: 0.005 },
    batch: { label: "Batch", options: ["1", "4", "16", "all"] },
    schedule: { label: "Schedule", options: Object.keys(SCHEDULES) },
  },
  actions: {
    Play: { change: (p) => { p.steps = 0; }, step: (p) => { p.steps += 1; return p.steps < STEPS; } },
    "New batches": { change: (p) => { p.seed += 1; } },
  },
  panels: [
    { x: [0, STEPS], y: [1e-6, 1e4], logy: true, xlabel: "step", ylabel: "loss above the smallest", title: "The loss after each step, less the smallest one" },
    { x: [0, STEPS], y: [0, 1.3], xlabel: "step", ylabel: "rate (dashed: 2 / largest curvature)", title: "The rate at each step, and two over the curvature there" },
  ],
  compute,
  draw([curve, clock], { steps }, { losses, rates, bounds }) {
    const seen = (numbers) => numbers.slice(0, steps + 1).map((v, t) => [t, v]);
    curve.line(seen(losses.map((v) => v - FLOOR)), 1);
    if (losses.length <= Math.min(steps, STEPS)) curve.words(losses.length + 1, 1e3, "← diverges", { class: "words color-1" });
    clock.line(seen(bounds), 2, { "stroke-dasharray": "6 4" });
    clock.line(seen(rates), 0, { style: "stroke-width: 2.5" });
  },
  say(p, result) {
    const { losses, rates, bounds } = result, bold = rates[0] > bounds[0];
    return `${diagnosis(p, result)} The first rate is ${bold ? "above" : "below"} two over the curvature there, ${window.explorables.format(bounds[0])}`
      + `${bold && losses.length > STEPS ? "; the curvature fell in time" : ""}.`;
  },
};
}
