// Padding, stride and dilation: which inputs each output of a convolution reads, along one axis and along two.
{
function compute({ n, kernel, stride, padding, dilation, place }) {
  const span = dilation * (kernel - 1) + 1, room = n + 2 * padding - span;
  const size = room < 0 ? 0 : Math.floor(room / stride) + 1;
  // For each output the places it reads, counted from the first input; those below 0 and from n on are padding.
  const reads = Array.from({ length: size }, (_, m) => Array.from({ length: kernel }, (_, k) => m * stride - padding + k * dilation));
  const seen = new Set(reads.flat());
  const unread = Array.from({ length: n }, (_, i) => i).filter((i) => !seen.has(i));
  const cut = size ? room % stride : 0;  // cells at the right end, padding among them, that no window reaches
  const at = Math.min(place, Math.max(size * size - 1, 0));
  return { span, room, size, reads, unread, cut, row: size ? Math.floor(at / size) : 0, column: size ? at % size : 0 };
}

const CENTER = { "text-anchor": "middle", dy: "0.35em" };
const whole = { bare: true, x: [0, 400], y: [320, 0], margin: { left: 0, right: 0, top: 0, bottom: 0 } };
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const square = (x, y, width) => [[x, y], [x + width, y], [x + width, y + width], [x, y + width]];
const box = (panel, x, y, width, color, style) => panel.area(square(x, y, width), color, { style });
const WHITE = "fill-opacity: 0; stroke: var(--faint)", PADDED = `${WHITE}; stroke-dasharray: 3 2`, READ = "fill-opacity: 0.5", SEEN = "fill-opacity: 0.12; stroke: var(--faint)", LOST = "fill-opacity: 0.2; stroke: var(--faint)";
const TOP = 96, BOTTOM = 214;  // of the two rows of cells along one axis

function drawAxis(panel, { n, kernel, padding, dilation, stride }, { size, reads, unread, span, room, column }) {
  const total = n + 2 * padding, width = Math.min(388 / total, 34), left = (400 - total * width) / 2;
  const middle = (i) => left + (i + padding + 0.5) * width, over = (m) => middle(reads[m][0]) + ((span - 1) * width) / 2;
  const side = Math.min(width * Math.min(stride, 1.15), width), mine = reads[column] ?? [];
  reads.forEach((places, m) => {
    if (m !== column) for (const i of places) panel.line([[over(m), TOP + side], [middle(i), BOTTOM]], "faint", { style: "stroke-width: 0.8" });
  });
  for (const i of mine) panel.line([[over(column), TOP + side], [middle(i), BOTTOM]], 3, { style: "stroke-width: 2.5" });
  for (let i = -padding; i < n + padding; i++) {
    const pad = i < 0 || i >= n, x = middle(i) - width / 2;
    box(panel, x, BOTTOM, width, mine.includes(i) ? 3 : +unread.includes(i), mine.includes(i) ? READ : pad ? PADDED : unread.includes(i) ? LOST : SEEN);
    if (unread.includes(i)) for (const [y0, y1] of [[0.2, 0.8], [0.8, 0.2]]) panel.line([[x + width * 0.2, BOTTOM + width * y0], [x + width * 0.8, BOTTOM + width * y1]], 1);
    else panel.words(middle(i), BOTTOM + width / 2, pad ? "0" : i + 1, { ...CENTER, class: "words small", style: "stroke: none" });
  }
  reads.forEach((_, m) => {
    box(panel, over(m) - side / 2, TOP, side, m === column ? 3 : 0, m === column ? READ : SEEN);
    panel.words(over(m), TOP + side / 2, m + 1, { ...CENTER, class: "words small", style: "stroke: none" });
    panel.target([[over(m), TOP + side / 2], [over(m) + 0.1, TOP + side / 2]], (p) => { p.place = size * Math.floor(Math.min(p.place, size * size - 1) / size) + m; }, Math.min(width * stride, 44));
  });
  panel.words(200, 22, `output size = ⌊(${n} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}⌋ + 1`, CENTER);
  panel.words(200, 44, size ? `= ⌊${room} / ${stride}⌋ + 1 = ${size}` : "the kernel is longer than what it slides over", { ...CENTER, class: "words color-3", style: "font-weight: bold" });
  panel.words(200, TOP - 18, count(size, "output"), CENTER);
  panel.words(200, BOTTOM + width + 18, `${n} inputs${padding ? `, ${padding} ${padding === 1 ? "zero" : "zeros"} at each end` : ""}${unread.length ? "; × is read by no output" : ""}`, CENTER);
}

function drawPlane(panel, { n, padding }, { size, reads, unread, row, column }) {
  const total = n + 2 * padding, width = 252 / total, left = 4, top = 40;
  const rows = new Set(reads[row]), columns = new Set(reads[column]), lost = new Set(unread);
  for (let i = 0; i < total; i++) for (let j = 0; j < total; j++) {
    const [r, c] = [i - padding, j - padding], pad = Math.min(r, c) < 0 || Math.max(r, c) >= n, read = rows.has(r) && columns.has(c), cross = lost.has(r) || lost.has(c);
    box(panel, left + j * width, top + i * width, width, read ? 3 : +cross, read ? READ : pad ? PADDED : cross ? LOST : SEEN);
  }
  if (size) {
    const [r, c] = [reads[row], reads[column]].map((places) => left + (places[0] + padding) * width), long = (reads[row].at(-1) - reads[row][0] + 1) * width;
    box(panel, c, r + top - left, long, 3, "fill: none; stroke-width: 2.5");
  }
  const small = Math.min(width, 128 / Math.max(size, 1)), start = 268, high = top + (252 - small * size) / 2;
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) {
    const here = i === row && j === column;
    box(panel, start + j * small, high + i * small, small, here ? 3 : 0, here ? READ : SEEN);
    panel.target([[start + j * small, high + (i + 0.5) * small], [start + (j + 1) * small, high + (i + 0.5) * small]], (p) => { p.place = size * i + j; }, small);
  }
  panel.words(left + 126, 22, `along two axes: ${n} × ${n}${padding ? `, padded ${total} × ${total}` : ""}`, CENTER);
  panel.words(start + (small * size) / 2 || start, high - 16, `${size} × ${size}`, { ...CENTER, "text-anchor": size > 2 ? "middle" : "start" });
}

window.explorables.geometry = {
  start: { n: 8, kernel: 3, stride: 2, padding: 0, dilation: 1, place: 4 },
  controls: {
    n: { label: "Inputs", min: 4, max: 12, step: 1 },
    kernel: { label: "Kernel", min: 1, max: 5, step: 1 },
    padding: { label: "Padding", min: 0, max: 4, step: 1 },
    stride: { label: "Stride", min: 1, max: 4, step: 1 },
    dilation: { label: "Dilation", min: 1, max: 3, step: 1 },
  },
  actions: {
    "Next output": { change: (p) => { const { size } = compute(p); p.place = size ? (Math.min(p.place, size * size - 1) + 1) % (size * size) : 0; } },
  },
  panels: [{ ...whole, title: "Along one axis: the inputs that each output reads" }, { ...whole, title: "Along two axes" }],
  compute,
  draw([axis, plane], p, result) {
    drawAxis(axis, p, result);
    drawPlane(plane, p, result);
  },
  say({ n, padding, dilation }, { size, span, unread, cut, reads, column }) {
    if (!size) return `The kernel spans ${span} cells, and there are only ${n + 2 * padding}: no output.`;
    const list = unread.map((i) => i + 1).join(", ").replace(/, (\d+)$/, " and $1");
    const zeros = reads[column].filter((i) => i < 0 || i >= n).length;
    return `Output ${column + 1} reads ${count(reads[column].length, "cell")}${dilation > 1 ? ` out of a span of ${span}` : ""}${zeros ? `, ${zeros} of padding` : ""}. `
      + `${size === n ? "The size stays the same." : `${count(n, "input")} become ${size}.`} `
      + `${unread.length ? `Input${unread.length > 1 ? `s ${list} are` : ` ${list} is`} read by no output.` : "Every input is read."}${cut ? ` The last window ends ${count(cut, "cell")} before the right end.` : ""}`;
  },
};
}
