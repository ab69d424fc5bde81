// A rare class: scores of negatives (upward) and positives (downward), a threshold, what it costs, and where it is cheapest.
{
const CASES = 1000, SHIFT = 1;  // scores are normal with variance 1 around -SHIFT for negatives and SHIFT for positives
const bell = (s) => Math.exp(-(s * s) / 2) / Math.sqrt(2 * Math.PI);
const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const logit = (p) => Math.log(p / (1 - p));

// The share of a normal distribution below s: a half plus bell(s) (s + s³/3 + s⁵/15 + ...), whose terms are all of one sign.
function below(s) {
  let sum = s, term = s;
  for (let n = 1; n < 200; n++) sum += term *= (s * s) / (2 * n + 1);
  return 0.5 + bell(s) * sum;
}

function outcome(t, { rate, ratio }) {
  const missed = CASES * rate * below(t - SHIFT), right = CASES * (1 - rate) * below(t + SHIFT);
  const alarms = CASES * (1 - rate) - right;
  return { missed, alarms, right, found: CASES * rate - missed, cost: alarms + ratio * missed };
}

// By Bayes' theorem the log-odds of a score are 2 SHIFT s plus those of the base rate; a weight on the positives adds its logarithm.
function compute(p) {
  const { t, rate, ratio, weighted } = p, logOdds = (s) => 2 * SHIFT * s + logit(rate), push = weighted ? Math.log(ratio) : 0;
  const best = 1 / (1 + ratio), bestScore = (logit(best) - logit(rate)) / (2 * SHIFT);
  const scores = Array.from({ length: 321 }, (_, i) => -8 + i / 20), model = (s) => sigmoid(logOdds(s) + push);
  return { ...outcome(t, p), honest: sigmoid(logOdds(t)), said: model(t), best, bestScore, bestSaid: model(bestScore),
    least: outcome(bestScore, p).cost, idle: CASES * Math.min(ratio * rate, 1 - rate),
    curve: scores.map((s) => [model(s), outcome(s, p).cost]) };
}

// One class's bell on its side of the threshold, strong where the answer is wrong.
function part(panel, [from, to], height, color, wrong) {
  const places = Array.from({ length: 121 }, (_, i) => from + ((to - from) * i) / 120);
  panel.area([[from, 0], ...places.map((s) => [s, height(s)]), [to, 0]], color, { style: `fill-opacity: ${wrong ? 0.65 : 0.15}` });
}

window.explorables.threshold = {
  start: { t: 1.1, rate: 0.1, ratio: 10, weighted: false },
  controls: {
    rate: { label: "Share of positives", min: 0.02, max: 0.5, step: 0.01 },
    ratio: { label: "Cost of a miss", min: 1, max: 30, step: 1 },
    weighted: { label: "Train with the cost as weight", checkbox: true },
  },
  actions: { "Cheapest threshold": { change: (p) => { p.t = compute(p).bestScore; } } },
  handles: true,
  panels: [
    { x: [-4, 4], y: [-0.24, 0.46], xlabel: "score", ylabel: "share of cases", title: "Negatives upward, positives downward, and a threshold" },
    { x: [0, 1], y: [0, 100], xlabel: "", ylabel: "cost of 1000 cases", title: "What every threshold costs", margin: { left: 66 } },
  ],
  compute,
  draw([plane, curve], { t, rate, ratio, weighted }, { missed, alarms, right, found, cost, said, bestSaid, idle, curve: costs }) {
    const negative = (s) => (1 - rate) * bell(s + SHIFT), positive = (s) => -rate * bell(s - SHIFT);
    part(plane, [-4, t], negative, 0, false);
    part(plane, [t, 4], negative, 0, true);
    part(plane, [-4, t], positive, 1, true);
    part(plane, [t, 4], positive, 1, false);
    plane.line([[-4, 0], [4, 0]], "ink");
    plane.line([[t, -1], [t, 1]], "ink", { "stroke-dasharray": "6 4" });
    for (const [x, y, count, name, color] of [[-3.85, 0.415, right, "right no", 0], [3.85, 0.415, alarms, "false alarms", 0],
      [-3.85, -0.225, missed, "missed", 1], [3.85, -0.225, found, "found", 1]]) {
      plane.words(x, y, `${name} ${Math.round(count)}`, { class: `words color-${color}`, "text-anchor": x < 0 ? "start" : "end" });
    }
    plane.handle("Threshold", ["t", null], [0, -0.19]);
    curve.xlabel = weighted ? "threshold on the weighted model's probability" : "threshold on the probability";
    curve.zoom([0, 1], [0, 1.6 * idle]);
    curve.line([[0, idle], [1, idle]], "faint", { "stroke-dasharray": "2 4" });
    curve.words(0.85, 1.04 * idle, ratio * rate < 1 - rate ? "always no" : "always yes", { class: "words small", "text-anchor": "end" });
    curve.line([[bestSaid, 0], [bestSaid, 2 * idle]], "faint", { "stroke-dasharray": "6 4" });
    curve.line(costs, 2);
    curve.points([[said, cost]], "ink", { r: 6 });
  },
  say({ ratio, weighted }, { missed, alarms, cost, said, honest, best, least }) {
    const { format } = window.explorables, whole = (v) => String(Math.round(v));
    const model = weighted ? `The weighted model says ${format(said)} at the threshold, where ${format(honest)} is true.`
      : `At the threshold the probability is ${format(honest)}.`;
    const p = `1 / (1 + ${ratio}) = ${format(best)}`, where = weighted ? `where it says ½ and ${p} is true` : `at ${p}, at any share of positives`;
    return `${model} In 1000 cases ${whole(missed)} misses and ${whole(alarms)} false alarms cost ${whole(cost)}. `
      + `The least is ${whole(least)}, ${where}.`;
  },
};
}
