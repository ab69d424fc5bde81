// Forward and backward through two inputs, two sigmoid units and two linear outputs, with the squared error of one sample.
{
const GOAL = [1, 0], NUDGE = 1e-4;

// The twelve parameters in order, each as [its name, the column of its layer, from, to]; a bias comes from nowhere.
const PLACES = [0, 1].flatMap((layer) => {
  const [from, to] = [["x₁", "x₂"], ["h₁", "h₂"], ["o₁", "o₂"]].slice(layer);
  return [...[0, 1].flatMap((i) => [0, 1].map((j) => [`${from[j]} → ${to[i]}`, layer, j, i])),
    ...[0, 1].map((i) => [`bias of ${to[i]}`, layer, null, i])];
});
const NAMES = PLACES.map(([name]) => name);

function forward(w, x) {
  const z1 = [0, 1].map((i) => w[2 * i] * x[0] + w[2 * i + 1] * x[1] + w[4 + i]);
  const a1 = z1.map((z) => 1 / (1 + Math.exp(-z)));
  const z2 = [0, 1].map((i) => w[6 + 2 * i] * a1[0] + w[7 + 2 * i] * a1[1] + w[10 + i]);
  return { z1, a1, z2, loss: (z2[0] - GOAL[0]) ** 2 + (z2[1] - GOAL[1]) ** 2 };
}

function compute({ x1, x2, weights: w, chosen, rate }) {
  const x = [x1, x2], { z1, a1, z2, loss } = forward(w, x);
  const delta2 = z2.map((z, i) => 2 * (z - GOAL[i]));
  const slopes = a1.map((a) => a * (1 - a));
  const delta1 = slopes.map((slope, j) => slope * (w[6 + j] * delta2[0] + w[8 + j] * delta2[1]));
  const outer = (delta, a) => delta.flatMap((d) => a.map((v) => d * v));
  const gradients = [...outer(delta1, x), ...delta1, ...outer(delta2, a1), ...delta2];
  const k = NAMES.indexOf(chosen);
  const change = forward(w.map((v, i) => (i === k ? v + NUDGE : v)), x).loss - loss;
  const after = w.map((v, i) => v - rate * gradients[i]);
  return { x, z1, a1, z2, loss, slopes, delta1, delta2, gradients, k, change, after, lossAfter: forward(after, x).loss };
}

const X = [40, 200, 360], Y = [236, 100];  // pixels from the lower left corner
const show = (v, digits) => (Math.abs(v) < 10 ? v.toFixed(digits).replace(/^-(0\.0*)$/, "$1") : Math.abs(v) < 1000 ? v.toPrecision(3)
  : Math.abs(v) < 1e5 ? v.toFixed(0) : v.toExponential(0).replace("e+", "e")).replace("-", "−");
const centered = { "text-anchor": "middle", dy: "0.35em" };

// The network with a number on each edge and the lines of words in each unit.
function network(panel, title, { k, numbers, digits, name, inside, below, back, color }) {
  panel.words(200, 302, title, { ...centered, class: `words color-${color}`, style: "font-weight: bold" });
  const ends = (layer, j, i) => {
    const [a, b] = [[X[layer], Y[j]], [X[layer + 1], Y[i]]], length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const at = (t) => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    return [at(33 / length), at(1 - 33 / length), at(i === j ? 0.5 : 0.39)];
  };
  const edges = PLACES.map(([, layer, j, i], place) => ({ place, bias: j === null, line: j === null ? [X[layer + 1], Y[i]] : ends(layer, j, i) }));
  for (const { place, bias, line: [start, end] } of edges) {
    if (bias) continue;
    const tint = place === k ? 3 : "faint", more = { style: `stroke-width: ${place === k ? 3 : 1}` };
    if (back) panel.arrow(end, start, tint, more);
    else panel.arrow(start, end, tint, more);
  }
  for (const { place, bias, line } of edges) {
    if (!bias) panel.words(...line[2], show(numbers[place], digits), { ...centered, class: `words color-${place === k ? 3 : color}`, style: "stroke-width: 9px" });
  }
  X.forEach((x, layer) => Y.forEach((y, i) => {
    const mine = layer && k === 6 * layer - 2 + i, lines = inside(layer, i);
    panel.points([[x, y]], mine ? 3 : "ink", { shape: "ring", r: 30 });
    panel.words(x, y + 40, name(layer, i), centered);
    lines.forEach(([text, tint], n) => panel.words(x, y + 8 * (lines.length - 1) - 16 * n, text, { ...centered, class: `words color-${tint}`, style: "stroke: none" }));
    panel.words(x, y - 40, below(layer, i), { ...centered, class: `words color-${mine ? 3 : color}` });
  }));
  for (const { place, bias, line } of edges) {
    panel.target(bias ? [line, line] : line.slice(0, 2), (p) => { p.chosen = NAMES[place]; }, bias ? 60 : 26);
  }
}

const rate = { label: "Learning rate", min: 0.02, max: 1.5, step: 0.02 };
const frame = { x: [0, 400], y: [0, 312], bare: true, margin: { left: 0, right: 0, top: 4, bottom: 4 } };

window.explorables.backprop = {
  start: { x1: 0.4, x2: -1.1, chosen: "x₁ → h₁", rate: 0.1, weights: [-0.8019, -1.3244, -0.2484, 0.4204, 0, 0, 1.136, 0.1097, -0.5526, -0.7848, 0, 0] },
  controls: {
    x1: { label: "Input x₁", min: -2, max: 2, step: 0.1 },
    x2: { label: "Input x₂", min: -2, max: 2, step: 0.1 },
    chosen: { label: "Chosen weight", options: NAMES },
    weight: { label: "Its value", min: -3, max: 3, step: 0.01, get: (p) => p.weights[NAMES.indexOf(p.chosen)], set: (p, v) => { p.weights[NAMES.indexOf(p.chosen)] = v; } },
    rate,
  },
  actions: { Step: { change: (p) => { p.weights = compute(p).after; } } },
  panels: [{ ...frame, title: "Forward: the values of the units and the weights" }, { ...frame, title: "Backward: the error signals of the units and the gradients of the weights" }],
  compute,
  draw([left, right], { weights }, { x, z1, a1, z2, loss, slopes, delta1, delta2, gradients, k }) {
    const values = [x, a1, z2], deltas = [null, delta1, delta2];
    const value = (layer, i) => [show(values[layer][i], layer ? 3 : 1), 0], name = (layer, i) => "xho"[layer] + "₁₂"[i];
    network(left, "Forward: z above the value; weights", {
      k, numbers: weights, digits: 2, color: 0, name,
      inside: (layer, i) => [...(layer === 1 ? [[show(z1[i], 3), "ink"]] : []), value(layer, i)],
      below: (layer, i) => (layer ? `bias ${show(weights[6 * layer - 2 + i], 2)}` : ""),
    });
    left.words(200, 28, "z = bias + sum of weight × value; value of h = σ(z)", centered);
    left.words(200, 9, `loss = (o₁ − 1)² + (o₂ − 0)² = ${show(loss, 3)}`, centered);
    network(right, "Backward: δ above the value; gradients", {
      k, numbers: gradients, digits: 3, color: 1, back: true, name,
      inside: (layer, i) => [...(layer ? [[show(deltas[layer][i], 3), 1]] : []), value(layer, i)],
      below: (layer, i) => (layer === 1 ? `σ′ = ${show(slopes[i], 3)}` : ""),
    });
    right.words(200, 28, "gradient of a weight = value at its start × δ at its end", centered);
    right.words(200, 9, "δ of h = σ′ × (sum of weight × δ over its two outputs)", centered);
  },
  say({ x1, x2, chosen, rate: step }, { a1, delta1, delta2, gradients, k, change, loss, lossAfter }) {
    const [, layer, j, i] = PLACES[k], delta = [delta1, delta2][layer][i];
    const came = j === null ? "1" : show([[x1, x2], a1][layer][j], layer ? 4 : 1);
    return `${chosen}: ${came} × δ ${show(delta, 4)} = gradient ${show(gradients[k], 4)}. Moved by 0.0001, it changes the loss by ${show(change * 1e4, 4)} × 0.0001. `
      + `A step at rate ${step} takes the loss from ${show(loss, 3)} to ${show(lossAfter, 3)}.`;
  },
};
}
