// Softmax and the cross-entropy: three scores, the probabilities that they give, the target, and how the loss pulls.
{
const CLASSES = ["mild", "middle", "severe"], K = 3;
const sum = (values) => values.reduce((total, v) => total + v, 0);
const scores = (p) => [p.z1, p.z2, p.z3];

// The true class gets 1 − ε and all three share ε; with 0 log 0 = 0.
function compute(p) {
  const z = scores(p), largest = Math.max(...z), rest = sum(z.map((v) => Math.exp(v - largest)));
  const logp = z.map((v) => v - largest - Math.log(rest)), probabilities = logp.map(Math.exp);
  const target = CLASSES.map((name) => (name === p.label ? 1 - p.smoothing : 0) + p.smoothing / K);
  const entropy = -sum(target.map((q) => (q > 0 ? q * Math.log(q) : 0)));
  const cost = -sum(target.map((q, k) => (q > 0 ? q * logp[k] : 0)));
  const kl = sum(target.map((q, k) => (q > 0 ? q * (Math.log(q) - logp[k]) : 0)));
  return { probabilities, target, gradient: probabilities.map((v, k) => v - target[k]), cost, entropy, kl,
    gap: p.smoothing > 0 ? Math.log((1 - p.smoothing + p.smoothing / K) / (p.smoothing / K)) : null };
}

function step(p) {
  const { gradient } = compute(p);
  for (let k = 0; k < K; k++) p[`z${k + 1}`] -= gradient[k];
  return Math.max(...gradient.map(Math.abs)) > 0.01;
}

const bar = (panel, k, from, to, color, more) => panel.area([[k - 0.3, from], [k - 0.3, to], [k + 0.3, to], [k + 0.3, from]], color, more);

window.explorables.softmax = {
  start: { z1: 1, z2: 2, z3: -1, label: "mild", smoothing: 0 },
  controls: {
    label: { label: "True class", options: CLASSES },
    smoothing: { label: "Smoothing ε", min: 0, max: 0.5, step: 0.05 },
  },
  actions: { "One step against the gradient": { change: step }, "Step on": { step } },
  handles: true,
  panels: [
    { x: [0.4, 3.6], y: [-5, 5], xlabel: "", ylabel: "score z", title: "Three scores, and where the loss pulls them", margin: { bottom: 30 } },
    { x: [0.4, 3.6], y: [-0.14, 1.12], xlabel: "", ylabel: "probability", title: "What softmax makes of them, and the target", margin: { bottom: 30 } },
  ],
  compute,
  draw([left, right], p, { probabilities, target, gradient }) {
    const { format } = window.explorables;
    for (const panel of [left, right]) panel.axes.querySelectorAll("text[text-anchor='middle']:not([transform])").forEach((tick) => tick.remove());
    for (const panel of [left, right]) panel.line([[0, 0], [4, 0]], "faint");
    scores(p).forEach((z, i) => {
      const k = i + 1, pull = -gradient[i];
      bar(left, k, 0, z, 0, { style: "fill-opacity: 0.2" });
      left.arrow([k, z], [k, z + 2.5 * pull], 1);
      left.words(k, -4.75, CLASSES[i], { class: "words", "text-anchor": "middle" });
      left.words(k, 4.5, `pull ${format(+pull.toFixed(2))}`, { class: "words small color-1", "text-anchor": "middle" });
      left.handle(`Score of ${CLASSES[i]}`, [null, `z${k}`], [k, 0]);
      bar(right, k, 0, probabilities[i], 0, { style: "fill-opacity: 0.45" });
      right.line([[k - 0.34, target[i]], [k + 0.34, target[i]]], 1, { style: "stroke-width: 4" });
      right.words(k, Math.min(probabilities[i], 1) + 0.03, format(+probabilities[i].toFixed(3)), { class: "words", "text-anchor": "middle" });
      right.words(k, -0.1, CLASSES[i], { class: "words", "text-anchor": "middle" });
    });
  },
  say({ smoothing }, { cost, entropy, kl, gap }) {
    const { format } = window.explorables, floor = `${format(+entropy.toFixed(3))} of entropy and ${format(+kl.toFixed(3))} of KL divergence`;
    const end = smoothing > 0 ? `Best is a lead of ${format(gap)} for the true class.` : "Without smoothing a larger lead is always better.";
    return `The cross-entropy is ${format(+cost.toFixed(3))}: ${floor}. ${end}`;
  },
};
}
