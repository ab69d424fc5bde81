// A kernel of 3 x 3 weights slides over an image of 7 x 7 pixels: nine products, their sum, one number of the output.
{
const N = 7, K = 3, M = N - K + 1, LAST = M * M - 1;
const KERNELS = {
  "vertical edges": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  "horizontal edges": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  blur: Array(9).fill(1 / 9),
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  identity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
};
const OWN = "your own", MEANINGS = {
  "vertical edges": "This kernel answers where pixels grow (blue) or shrink (orange) from left to right.",
  "horizontal edges": "This kernel answers where pixels grow (blue) or shrink (orange) from top to bottom.",
  blur: "This kernel averages nine pixels.",
  sharpen: "This kernel lifts a pixel above its four neighbors.",
  identity: "This kernel copies the pixel in the middle.",
  [OWN]: "These weights are your own.",
};
const SEVEN = [
  0, 0, 0, 0, 0, 0, 0,
  0, 9, 9, 9, 9, 9, 0,
  0, 0, 0, 0, 4, 9, 0,
  0, 0, 0, 0, 9, 4, 0,
  0, 0, 0, 6, 9, 0, 0,
  0, 0, 0, 9, 4, 0, 0,
  0, 0, 0, 9, 0, 0, 0,
];
const nameOf = (weights) => Object.keys(KERNELS).find((name) => KERNELS[name].every((w, i) => w === weights[i])) ?? OWN;

function compute({ image, weights, place }) {
  const under = (at) => weights.map((_, k) => N * (Math.floor(at / M) + Math.floor(k / K)) + (at % M) + (k % K));
  const productsAt = (at) => under(at).map((pixel, k) => weights[k] * image[pixel]);
  const output = Array.from({ length: M * M }, (_, at) => productsAt(at).reduce((sum, v) => sum + v, 0));
  return { window: under(place), products: productsAt(place), sum: output[place], output };
}

const show = (v) => String(+v.toFixed(Math.abs(v) < 10 ? 2 : 1)).replace("-", "−");
const IMAGE = [6, 34, 38], KERNEL = [288, 34, 36], PRODUCTS = [288, 172, 36], OUTPUT = [82, 34, 50];  // left, top, size of a cell
const centered = { "text-anchor": "middle", dy: "0.35em" };
const square = (x, y, width) => [[x, y], [x + width, y], [x + width, y + width], [x, y + width]];
const corner = ([left, top, size], columns, i) => [left + size * (i % columns), top + size * Math.floor(i / columns)];

function grid(panel, place, columns, values, largest) {
  values.forEach((v, i) => {
    const [x, y] = corner(place, columns, i), size = place[2], opacity = v === null ? 0 : (0.5 * Math.abs(v)) / largest;
    panel.area(square(x, y, size), v < 0 ? 1 : 0, { style: `fill-opacity: ${opacity}; stroke: var(--faint); stroke-width: 0.7` });
    if (v !== null) panel.words(x + size / 2, y + size / 2, show(v), { ...centered, style: "stroke: none" });
  });
}

// Cells that can be pressed: by pointer, or by Enter and the space bar; the arrow keys go from one to the next.
function buttons(panel, key, place, columns, values, label, press) {
  const made = (panel[key] ??= values.map((_, i) => {
    const [x, y] = corner(place, columns, i), rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const set = { x, y, width: place[2], height: place[2], fill: "transparent", role: "button", tabindex: i ? -1 : 0, style: "cursor: pointer" };
    for (const [name, value] of Object.entries(set)) rect.setAttribute(name, value);
    const act = () => { press(panel.stage.parameters, i); panel.stage.stop(); panel.stage.redraw(); };
    rect.addEventListener("click", act);
    rect.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      if (!way && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (!way) return act();
      rect.setAttribute("tabindex", -1);
      const next = panel[key][i + way] ?? rect;
      next.setAttribute("tabindex", 0);
      next.focus();
    });
    return panel.front.appendChild(rect);
  }));
  made.forEach((rect, i) => rect.setAttribute("aria-label", `${label}, row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}: ${show(values[i])}`));
}

function heading(panel, [left, top, size], columns, text, color = "ink") {
  panel.words(left + (columns * size) / 2, top - 14, text, { ...centered, class: `words color-${color}` });
}

const whole = { bare: true, x: [0, 400], y: [320, 0], margin: { left: 0, right: 0, top: 0, bottom: 0 } };

window.explorables.convolve = {
  start: { image: SEVEN, weights: KERNELS["vertical edges"], place: 13, wait: 0 },
  controls: {
    kernel: { label: "Kernel", options: [...Object.keys(KERNELS), OWN], get: (p) => nameOf(p.weights), set: (p, name) => { p.weights = [...KERNELS[name] ?? p.weights]; } },
    place: { label: "Window at", min: 0, max: LAST, step: 1 },
  },
  actions: {
    Play: {
      change: (p) => { Object.assign(p, { place: 0, wait: 0 }); },
      step: (p) => {
        p.wait = (p.wait + 1) % 20;  // three places a second
        p.place += p.wait === 0;
        return p.place < LAST;
      },
    },
    Clear: { change: (p) => { p.image = Array(N * N).fill(0); } },
  },
  panels: [{ ...whole, title: "The image, the kernel and their products" }, { ...whole, title: "The output" }],
  compute,
  draw([left, right], { image, weights, place }, { window: under, products, sum, output }) {
    heading(left, IMAGE, N, "image: press to paint");
    grid(left, IMAGE, N, image, 9);
    under.forEach((pixel, k) => {
      const [x, y] = corner(IMAGE, N, pixel), size = IMAGE[2];
      left.words(x + size - 3, y + size - 4, `×${show(weights[k])}`, { "text-anchor": "end", style: "font-size: 10px; stroke: none" });
    });
    left.area(square(...corner(IMAGE, N, under[0]), K * IMAGE[2]), 3, { style: "fill: none; stroke-width: 3.5" });
    buttons(left, "pixels", IMAGE, N, image, "Pixel", (p, i) => { p.image = p.image.map((v, j) => (j === i ? 9 * (v === 0) : v)); });

    heading(left, KERNEL, K, "kernel: press", 3);
    grid(left, KERNEL, K, weights, Math.max(...weights.map(Math.abs), 1));
    left.area(square(KERNEL[0], KERNEL[1], K * KERNEL[2]), 3, { style: "fill: none; stroke-width: 2" });
    buttons(left, "weights", KERNEL, K, weights, "Weight", (p, i) => { p.weights = p.weights.map((w, j) => (j === i ? (w >= 2 ? -2 : Math.floor(w) + 1) : w)); });

    heading(left, PRODUCTS, K, "products");
    grid(left, PRODUCTS, K, products, Math.max(...products.map(Math.abs), 1));
    left.words(PRODUCTS[0] + 54, 298, `sum ${show(sum)}`, { ...centered, style: "font-weight: bold" });

    heading(right, OUTPUT, M, "output: one sum for each place of the window");
    grid(right, OUTPUT, M, output.map((v, at) => (at <= place ? v : null)), Math.max(...output.map(Math.abs), 1));
    right.area(square(...corner(OUTPUT, M, place), OUTPUT[2]), 3, { style: "fill: none; stroke-width: 3.5" });
    const middle = OUTPUT[2] / 2;
    output.forEach((_, at) => {
      const [x, y] = corner(OUTPUT, M, at);
      right.target([[x + 4, y + middle], [x + OUTPUT[2] - 4, y + middle]], (p) => { p.place = at; }, 42);
    });
  },
  say({ place, weights }, { products, sum }) {
    const where = `Row ${Math.floor(place / M) + 1}, column ${(place % M) + 1} of the output`;
    const terms = products.filter((v) => v !== 0).map(show).join(" + ").replaceAll("+ −", "− ");
    return `${where}: ${terms || "nine products of 0"}${/ /.test(terms) ? ` = ${show(sum)}` : ""}. ${MEANINGS[nameOf(weights)]}`;
  },
};
}
