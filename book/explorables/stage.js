// The stage of the live figures: panels with scales and axes, marks, handles, controls. What a figure computes and draws
// stands in its own script, window.explorables[name] = {panels, controls, actions, start, compute, draw, say}.
// Classic script, no request, no dependency: it has to work from a file.
{
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 400, HEIGHT = 320, MARGIN = { left: 58, right: 14, top: 12, bottom: 48 };
const still = matchMedia("(prefers-reduced-motion: reduce)");

window.explorables ??= {};

function element(name, attributes = {}, parent = null, text = null) {
  const svg = ["svg", "g", "path", "line", "circle", "rect", "text", "title", "defs", "clipPath"].includes(name);
  const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  parent?.append(made);
  return made;
}

const format = (value) => (value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3
  ? value.toExponential(2).replace("e+", "e") : String(+value.toPrecision(3))).replaceAll("-", "−");

// A function from data to pixels and back, and the places of its ticks.
function scale([low, high], [start, end], log) {
  const forth = log ? Math.log10 : (v) => v, back = log ? (v) => 10 ** v : (v) => v;
  const a = forth(low), b = forth(high);
  const to = (v) => start + ((forth(log ? Math.max(v, 1e-300) : v) - a) / (b - a)) * (end - start);
  const step = log ? Math.max(1, Math.ceil((b - a) / 5)) : niceStep((b - a) / 5);
  const ticks = [];
  for (let v = Math.ceil(a / step - 1e-9) * step; v <= b + 1e-9 * (b - a); v += step) ticks.push(back(Math.abs(v) < 1e-12 ? 0 : v));
  return { to, from: (p) => back(a + ((p - start) / (end - start)) * (b - a)), ticks, low, high, log };
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((n) => n * power >= rough);
}

const superscript = (n) => [...String(n)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[+c])).join("");

class Panel {
  constructor(stage, place, { x, y, xlabel, ylabel, logx, logy, title, equal, bare, margin }) {
    this.stage = stage;
    this.margin = { ...(bare ? { left: 3, right: 3, top: 3, bottom: 3 } : MARGIN), ...margin };
    this.handles = {};
    const id = `${stage.id}-${place}`;
    this.svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": title ?? ylabel ?? "" }, stage.drawing);
    const clip = element("clipPath", { id }, element("defs", {}, this.svg));
    const { left, right, top, bottom } = this.margin;
    const inner = { x: left, y: top, width: WIDTH - left - right, height: HEIGHT - top - bottom };
    element("rect", inner, clip);
    this.axes = element("g", { class: "axes", "aria-hidden": "true" }, this.svg);
    if (!bare) element("rect", { ...inner, class: "frame" }, this.svg);
    this.marks = element("g", { "clip-path": `url(#${id})`, "aria-hidden": "true" }, this.svg);
    this.front = element("g", {}, this.svg);
    Object.assign(this, { xlabel, ylabel, logx, logy, equal, bare });
    this.zoom(x, y);
  }

  zoom(x, y) {  // the window of data that is seen; "equal" widens it until both units are equally long
    const { left, right, top } = this.margin, bottom = HEIGHT - this.margin.bottom;
    if (this.equal) {
      const unit = Math.max((x[1] - x[0]) / (WIDTH - left - right), (y[1] - y[0]) / (bottom - top));
      const widen = ([low, high], pixels) => [-1, 1].map((side) => (low + high + side * unit * pixels) / 2);
      [x, y] = [widen(x, WIDTH - left - right), widen(y, bottom - top)];
    }
    this.x = scale(x, [left, WIDTH - right], this.logx);
    this.y = scale(y, [bottom, top], this.logy);
    this.axes.replaceChildren();
    this.kept = null;
    if (this.bare) return;
    const words = (s, v) => (s.log ? `10${superscript(Math.round(Math.log10(v)))}` : format(v));
    for (const v of this.x.ticks) {
      element("line", { x1: this.x.to(v), x2: this.x.to(v), y1: bottom, y2: bottom + 5 }, this.axes);
      element("text", { x: this.x.to(v), y: bottom + 19, "text-anchor": "middle" }, this.axes, words(this.x, v));
    }
    for (const v of this.y.ticks) {
      element("line", { x1: left - 5, x2: left, y1: this.y.to(v), y2: this.y.to(v) }, this.axes);
      element("text", { x: left - 8, y: this.y.to(v) + 4, "text-anchor": "end" }, this.axes, words(this.y, v));
    }
    const middle = (top + bottom) / 2;
    element("text", { x: (left + WIDTH - right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, this.axes, this.xlabel ?? "");
    element("text", { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` }, this.axes, this.ylabel ?? "");
  }

  clear() { this.marks.replaceChildren(); }

  path(points, closed = false) {
    const far = (v) => Math.min(Math.max(v, -9999), 9999).toFixed(2);
    let pen = "M", out = "";
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = "M"; continue; }
      out += `${pen}${far(this.x.to(x))} ${far(this.y.to(y))}`;
      pen = "L";
    }
    return out + (closed ? "Z" : "");
  }

  line(points, color = 0, more = {}) {
    return element("path", { d: this.path(points), class: `line color-${color}`, ...more }, this.marks);
  }

  area(points, color = 0, more = {}) {
    return element("path", { d: this.path(points, true), class: `area color-${color}`, ...more }, this.marks);
  }

  arrow([x0, y0], [x1, y1], color = 0, more = {}) {
    this.line([[x0, y0], [x1, y1]], color, more);
    const [dx, dy] = [this.x.to(x1) - this.x.to(x0), this.y.to(y1) - this.y.to(y0)], length = Math.hypot(dx, dy);
    if (!(length > 1)) return;
    const part = Math.min(9 / length, 1);  // how much of it is the head
    const corner = (side) => `L${this.x.to(x1) - part * (dx + side * 0.45 * dy)} ${this.y.to(y1) - part * (dy - side * 0.45 * dx)}`;
    element("path", { d: `M${this.x.to(x1)} ${this.y.to(y1)}${corner(1)}${corner(-1)}Z`, class: `head color-${color}` }, this.marks);
  }

  points(points, color = 0, { shape = "circle", r = 4 } = {}) {
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const [cx, cy] = [this.x.to(x), this.y.to(y)];
      if (shape === "square") element("rect", { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r, class: `mark color-${color}` }, this.marks);
      else element("circle", { cx, cy, r, class: `mark color-${color}${shape === "ring" ? " ring" : ""}` }, this.marks);
    }
  }

  words(x, y, text, more = {}) {
    return element("text", { x: this.x.to(x), y: this.y.to(y), class: "words", ...more }, this.marks, text);
  }

  // An image of equal cells that fill the panel, rows from the bottom up: values from -1 (color 1) to 1 (color 0), in shades.
  cells(rows, shades = 8) {
    const [width, height] = [(this.x.to(this.x.high) - this.x.to(this.x.low)) / rows[0].length, (this.y.to(this.y.low) - this.y.to(this.y.high)) / rows.length];
    const shade = (v) => Math.max(-shades, Math.min(Math.round(v * shades), shades)), d = {};
    rows.forEach((row, i) => {
      for (let j = 0, end; j < row.length; j = end) {  // neighbors of one shade are one rectangle
        const k = shade(row[j]);
        for (end = j + 1; end < row.length && shade(row[end]) === k;) end++;
        d[k] = `${d[k] ?? ""}M${this.x.to(this.x.low) + j * width} ${this.y.to(this.y.low) - (i + 1) * height}h${(end - j) * width}v${height}h${(j - end) * width}Z`;
      }
    });
    for (const [k, path] of Object.entries(d)) element("path", { d: path, class: `cell color-${k < 0 ? 1 : 0}`, "fill-opacity": (0.6 * Math.abs(k)) / shades }, this.marks);
  }

  // A broad line that is not seen, to be clicked or tapped; a control has to offer the same to the keys.
  target(points, choose, width = 26) {
    const made = element("path", { d: this.path(points), class: "target", "stroke-width": width }, this.marks);
    made.addEventListener("click", () => {
      choose(this.stage.parameters);
      this.stage.stop();
      this.stage.redraw();
    });
  }

  // Level lines of a function, by marching squares on n x n cells. With the same key as before they are those of before.
  contour(fun, levels, color = "faint", n = 60, key = null) {
    if (key !== null && this.kept?.key === key) return this.marks.append(...this.kept.lines);
    const lines = [];
    const xs = Array.from({ length: n + 1 }, (_, i) => this.x.low + ((this.x.high - this.x.low) * i) / n);
    const ys = Array.from({ length: n + 1 }, (_, i) => this.y.low + ((this.y.high - this.y.low) * i) / n);
    const values = ys.map((y) => xs.map((x) => fun(x, y)));
    for (const level of levels) {
      let d = "";
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        const [row, next] = [values[i], values[i + 1]], above = (row[j] > level) + (row[j + 1] > level) + (next[j] > level) + (next[j + 1] > level);
        if (above % 4 === 0) continue;  // most cells
        const corners = [[xs[j], ys[i], values[i][j]], [xs[j + 1], ys[i], values[i][j + 1]],
          [xs[j + 1], ys[i + 1], values[i + 1][j + 1]], [xs[j], ys[i + 1], values[i + 1][j]]];
        const cuts = [];
        for (let k = 0; k < 4; k++) {
          const [a, b] = [corners[k], corners[(k + 1) % 4]];
          if (a[2] > level === b[2] > level) continue;
          const t = (level - a[2]) / (b[2] - a[2]);
          cuts.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
        }
        for (let k = 0; k + 1 < cuts.length; k += 2) d += this.path([cuts[k], cuts[k + 1]]);
      }
      lines.push(element("path", { d, class: `line color-${color}` }, this.marks));
    }
    this.kept = { key, lines };
  }

  // A point that is dragged, or moved by the arrow keys, with the names of the parameters that are its coordinates.
  // Without a name the coordinate does not move, and is that of the place.
  handle(label, [xname, yname], place = [0, 0]) {
    const p = this.stage.parameters;
    let dot = this.handles[label];
    if (!dot) {
      dot = this.handles[label] = element("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": label }, this.front);
      element("circle", { r: 22, class: "target" }, dot);
      element("circle", { r: 9, class: "knob" }, dot);
      this.listen(dot, xname, yname);
    }
    const inside = (v, s) => s.to(Math.min(Math.max(v, s.low), s.high));
    dot.setAttribute("transform", `translate(${inside(p[xname] ?? place[0], this.x)} ${inside(p[yname] ?? place[1], this.y)})`);
    const named = [xname, yname].filter(Boolean);
    dot.setAttribute("aria-valuenow", p[named[0]]);
    dot.setAttribute("aria-valuetext", named.map((name) => `${name} ${format(p[name])}`).join(", "));
  }

  listen(dot, xname, yname) {
    const move = (x, y) => {
      const inside = (v, s) => Math.min(Math.max(v, s.low), s.high);
      if (xname) this.stage.parameters[xname] = +inside(x, this.x).toPrecision(4);
      if (yname) this.stage.parameters[yname] = +inside(y, this.y).toPrecision(4);
      this.stage.stop();
      this.stage.redraw();
    };
    dot.addEventListener("pointerdown", (event) => {
      dot.setPointerCapture(event.pointerId);
      event.preventDefault();
      dot.focus();
    });
    dot.addEventListener("pointermove", (event) => {
      if (!dot.hasPointerCapture(event.pointerId)) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      move(this.x.from(at.x), this.y.from(at.y));
    });
    dot.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const p = this.stage.parameters, step = (event.shiftKey ? 10 : 1) / 100;
      const [right, up] = xname && yname ? way : [way[0] + way[1], way[0] + way[1]];  // on a rail all keys go along it
      move((p[xname] ?? 0) + right * step * (this.x.high - this.x.low), (p[yname] ?? 0) + up * step * (this.y.high - this.y.low));
    });
  }
}

class Stage {
  constructor(figure, script, id) {
    Object.assign(this, { script, id });
    const given = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    this.start = { ...script.start, ...given };
    this.parameters = structuredClone(this.start);
    this.root = element("div", { class: "stage" });
    this.drawing = element("div", { class: "panels" }, this.root);
    this.panels = script.panels.map((options, place) => new Panel(this, place, options));
    this.fields = element("div", { class: "fields" }, this.root);
    this.inputs = Object.entries(script.controls ?? {}).map(([name, options]) => this.control(name, options));
    this.buttons = Object.entries(script.actions ?? {}).map(([name, action]) => this.button(name, action));
    if (this.inputs.length || this.buttons.length || script.handles) this.button("Reset", { reset: true });
    this.says = element("p", { class: "says", role: "status" }, this.root);
    this.redraw();
    figure.querySelector(".fallback")?.remove();
    figure.append(this.root);  // last: if anything above throws, the picture stays
  }

  // A control shows and sets the parameter of its name, or what its get(parameters) and set(parameters, value) say.
  control(name, { label, min, max, step, options, checkbox, get = (p) => p[name], set = (p, value) => { p[name] = value; } }) {
    const box = element("label", {}, this.fields), kind = options ? "select" : "input";
    element("span", {}, box, label);
    const field = element(kind, options ? {} : checkbox ? { type: "checkbox" } : { type: "range", min, max, step }, box);
    for (const option of options ?? []) element("option", { value: option }, field, option);
    const shown = options || checkbox ? null : element("output", {}, box);
    field.addEventListener("input", () => {
      set(this.parameters, checkbox ? field.checked : options ? field.value : +field.value);
      this.stop();
      this.redraw();
    });
    return () => {
      const value = get(this.parameters);
      if (checkbox) field.checked = value;
      else field.value = value;
      if (shown) shown.textContent = format(value);
    };
  }

  // {change(parameters)} once, or {step(parameters) -> whether to go on} many times a second; {reset} back to the start.
  button(name, { change, step, reset }) {
    const made = element("button", { type: "button" }, this.fields, name);
    made.addEventListener("click", () => {
      const running = this.running === name;
      this.stop();
      if (running) return;
      if (reset) this.parameters = structuredClone(this.start);
      if (change) change(this.parameters);
      if (step) this.play(name, step, made);
      this.redraw();
    });
  }

  play(name, step, button) {
    if (still.matches) {  // no motion: the end at once
      for (let i = 0; i < 10000 && step(this.parameters); i++);
      return;
    }
    this.running = name;
    button.textContent = "Pause";
    this.ended = () => { button.textContent = name; };
    const frame = () => {
      if (this.running !== name) return;
      if (!step(this.parameters)) this.stop();
      this.redraw();
      if (this.running === name) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.running = null;
    this.ended?.();
    this.ended = null;
  }

  redraw() {
    const result = this.script.compute(this.parameters);
    for (const panel of this.panels) panel.clear();
    this.script.draw(this.panels, this.parameters, result);
    for (const show of this.inputs) show();
    const words = this.script.say?.(this.parameters, result) ?? "";
    clearTimeout(this.waiting);  // a screen reader hears where a movement ended, not every place on the way
    if (!this.says.textContent) this.says.textContent = words;
    this.says.setAttribute("aria-live", this.running ? "off" : "polite");
    if (this.running) this.says.textContent = words;
    else this.waiting = setTimeout(() => { this.says.textContent = words; }, 120);
  }
}

window.explorables.format = format;

addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".explorable").forEach((figure, place) => {
    try {
      new Stage(figure, window.explorables[figure.dataset.name], `stage-${place}`);
    } catch (error) {
      reportError(error);  // the picture stays, and so do the other figures
    }
  });
});
}
