// The receptive field of a unit: through a stack of sliding windows down to the pixels, and over how many paths.
{
const N = 28;  // pixels along one axis
const layer = (kind, kernel, stride = 1, same = false, dilation = 1) => ({ kind, kernel, stride, same, dilation });
const STACKS = {
  "5 × 5, pool, twice": [layer("conv", 5), layer("pool", 2, 2), layer("conv", 5), layer("pool", 2, 2)],
  "3 × 3, four times": Array(4).fill(layer("conv", 3, 1, true)),
  "3 × 3 at stride 2": Array(3).fill(layer("conv", 3, 2, true)),
  "dilated 1, 2, 4": [1, 2, 4].map((dilation) => layer("conv", 3, 1, true, dilation)),
};
const OWN = "your own";
const nameOf = (layers) => Object.keys(STACKS).find((name) => JSON.stringify(STACKS[name]) === JSON.stringify(layers)) ?? OWN;

function compute(p) {
  // Level 0 are the pixels. Of each level: how many units, how many pixels one sees, how far apart two neighbors stand, and the
  // middle of the first one's window.
  const levels = [{ size: N, field: 1, jump: 1, first: 0 }];
  for (const { kernel, stride, same, dilation } of p.layers) {
    const below = levels.at(-1), reach = dilation * (kernel - 1), padding = same ? Math.floor(reach / 2) : 0;
    const size = Math.floor((below.size + 2 * padding - reach - 1) / stride) + 1;
    if (size < 1) break;
    levels.push({ size, padding, field: below.field + reach * below.jump, jump: below.jump * stride, first: below.first + (reach / 2 - padding) * below.jump });
  }
  const top = Math.min(p.layer, levels.length - 1), unit = Math.min(p.unit, levels[top].size) - 1;
  // The paths from each unit below to the chosen one, level by level downward.
  const paths = [];
  paths[top] = Array.from({ length: levels[top].size }, (_, i) => +(i === unit));
  for (let l = top; l > 0; l--) {
    const { kernel, stride, dilation } = p.layers[l - 1];
    paths[l - 1] = Array(levels[l - 1].size).fill(0);
    paths[l].forEach((count, m) => {
      for (let k = 0; k < kernel; k++) {
        const i = m * stride - levels[l].padding + k * dilation;
        if (count && i in paths[l - 1]) paths[l - 1][i] += count;
      }
    });
  }
  const middle = levels[top].first + unit * levels[top].jump, half = (levels[top].field - 1) / 2;
  return { levels, top, unit, paths, from: middle - half, to: middle + half };
}

const CENTER = { "text-anchor": "middle", dy: "0.35em" };
const whole = { bare: true, x: [0, 400], y: [320, 0], margin: { left: 0, right: 0, top: 0, bottom: 0 } };
const PITCH = 13.2, X = (pixel) => 24 + PITCH * (pixel + 0.5);
const square = (x, y, half) => [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]];

function drawCone(panel, { layers }, { levels, top, unit, paths, from, to }) {
  const center = (l, i) => X(levels[l].first + i * levels[l].jump), Y = (l) => 280 - (248 / layers.length) * l;
  const sides = paths.map((row, l) => [[row.findIndex(Boolean), -7], [row.findLastIndex(Boolean), 7]].map(([i, away]) => [center(l, i) + away, Y(l)]));
  panel.area([...sides.map(([left]) => left), ...sides.map(([, right]) => right).reverse()], 3, { class: "area soft color-3" });
  for (let l = top; l > 0; l--) {
    const { kernel, stride, dilation } = layers[l - 1];
    paths[l].forEach((count, m) => {
      for (let k = 0; k < kernel; k++) {
        const i = m * stride - levels[l].padding + k * dilation;
        if (count && i in paths[l - 1]) panel.line([[center(l, m), Y(l)], [center(l - 1, i), Y(l - 1)]], 3, { style: "stroke-width: 1" });
      }
    });
  }
  levels.forEach(({ size, jump }, l) => {
    panel.words(10, Y(l), l || "", CENTER);
    for (let i = 0; i < size; i++) {
      const inside = paths[l]?.[i] > 0, x = center(l, i);
      panel.area(square(x, Y(l), 5.4), inside ? 3 : 0, { style: `fill: ${inside ? "var(--mark)" : "var(--paper)"}; fill-opacity: 1; stroke-width: ${l === top && i === unit ? 3 : 1}` });
      if (l) panel.target([[x - 1, Y(l)], [x + 1, Y(l)]], (p) => Object.assign(p, { layer: l, unit: i + 1 }), Math.min(PITCH * jump, 40));
    }
  });
  const middle = (Math.max(from, 0) + Math.min(to, N - 1)) / 2;
  panel.words(middle < N / 2 ? 394 : 24, Y(0) + 24, `${N} pixels`, { dy: "0.35em", "text-anchor": middle < N / 2 ? "end" : "start" });
  panel.words(X(Math.min(Math.max(middle, 2), N - 3)), Y(0) + 24, `field ${levels[top].field}`, { ...CENTER, class: "words color-3", style: "font-weight: bold" });
}

function drawCounts(panel, { layers }, { levels, top, paths, from, to }) {
  const columns = [22, 92, 168, 240, 308, 372];
  const line = (y, words, more) => words.forEach((text, i) => panel.words(columns[i], y, text, { ...CENTER, ...more }));
  line(16, ["layer", "window", "stride", "units", "field", "jump"], { class: "words small" });
  layers.forEach(({ kind, kernel, stride, dilation }, k) => {
    const level = levels[k + 1], name = `${kind} ${kernel}${dilation > 1 ? `, D ${dilation}` : ""}`;
    line(38 + 21 * k, [k + 1, name, stride, level?.size ?? 0, level?.field ?? "", level?.jump ?? ""], k + 1 === top ? { class: "words color-3", style: "font-weight: bold" } : {});
  });
  const most = Math.max(...paths[0]), base = 284, high = 114;
  panel.words(200, 138, "paths from each pixel to the unit", CENTER);
  paths[0].forEach((count, i) => {
    const height = (high * count) / most, x = X(i);
    if (count) panel.area([[x - 5.4, base], [x + 5.4, base], [x + 5.4, base - height], [x - 5.4, base - height]], 3, { style: "fill-opacity: 0.6" });
  });
  panel.line([[X(-0.5), base], [X(N - 0.5), base]], "ink", { style: "stroke-width: 1" });
  panel.words(X(Math.max(from, 0)), base + 16, Math.max(from, 0) + 1, CENTER);
  if (to > from) panel.words(X(Math.min(to, N - 1)), base + 16, Math.min(to, N - 1) + 1, CENTER);
  panel.words(X(paths[0].indexOf(most)), base - high - 9, most, { ...CENTER, class: "words small" });
}

const edit = (name) => ({
  get: (p) => p.layers[compute(p).top - 1][name],
  set: (p, value) => { const at = compute(p).top - 1; p.layers = p.layers.map((l, k) => (k === at ? { ...l, [name]: value } : l)); },
});

window.explorables.window = {
  start: { layers: STACKS["5 × 5, pool, twice"], layer: 4, unit: 2 },
  controls: {
    stack: { label: "Stack", options: [...Object.keys(STACKS), OWN], get: (p) => nameOf(p.layers), set: (p, name) => { p.layers = STACKS[name] ?? p.layers; } },
    layer: { label: "Layer", min: 1, max: 4, step: 1, get: (p) => compute(p).top },
    unit: { label: "Unit", min: 1, max: N, step: 1, get: (p) => compute(p).unit + 1 },
    kernel: { label: "Its window", min: 1, max: 7, step: 1, ...edit("kernel") },
    stride: { label: "Its stride", min: 1, max: 4, step: 1, ...edit("stride") },
  },
  panels: [{ ...whole, title: "The stack along one axis, and what the chosen unit sees" }, { ...whole, title: "The layers, and the paths from each pixel" }],
  compute,
  draw([cone, counts], p, result) {
    drawCone(cone, p, result);
    drawCounts(counts, p, result);
  },
  say({ layers }, { levels, top, unit, paths, from, to }) {
    const { field, jump } = levels[top], cut = Math.max(0, -from) + Math.max(0, to - N + 1), read = paths[0].filter(Boolean).length;
    const pixels = (n) => `${n} pixel${n === 1 ? "" : "s"}`;
    const lost = layers.length >= levels.length ? ` Layer ${levels.length} does not fit: it has no units.` : "";
    return `Unit ${unit + 1} of layer ${top} has a receptive field of ${pixels(field)}${cut ? `, ${cut} beyond the border` : ""}`
      + `${read < field - cut ? `; it reads only ${read}` : ""}. Its neighbor's is ${pixels(jump)} further on.${lost}`;
  },
};
}
