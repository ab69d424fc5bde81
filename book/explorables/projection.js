// Least squares on three samples, twice: a line through points, and a foot of a perpendicular in the space of the samples.
{
const X = [-1, 0, 2];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const along = (...terms) => [0, 1, 2].map((i) => terms.reduce((sum, [factor, v]) => sum + factor * v[i], 0));

// Two directions in the plane of the columns (1, 1, 1) and X, and the one at right angles to it.
const unit = (v) => v.map((vi) => vi / Math.sqrt(dot(v, v)));
const ONES = [1, 1, 1];
const E1 = unit(ONES), E2 = unit(along([1, X], [-dot(X, E1), E1]));
const E3 = [E1[2] * E2[1] - E1[1] * E2[2], E1[0] * E2[2] - E1[2] * E2[0], E1[1] * E2[0] - E1[0] * E2[1]];

function compute({ y1, y2, y3, slope, intercept }) {
  const y = [y1, y2, y3];
  const xmean = dot(X, ONES) / 3, ymean = dot(y, ONES) / 3;
  const centered = X.map((x) => x - xmean);
  const w = dot(centered, y) / dot(centered, X), b = ymean - w * xmean;
  const line = (slope, intercept) => {
    const fitted = X.map((x) => slope * x + intercept), residual = y.map((yi, i) => yi - fitted[i]);
    return { fitted, residual, rss: dot(residual, residual), products: [dot(ONES, residual), dot(X, residual)] };
  };
  const best = line(w, b), moved = line(w + slope, b + intercept);
  const apart = along([1, moved.fitted], [-1, best.fitted]);
  return { y, w, b, best, moved, apart: dot(apart, apart), height: dot(y, E3) };
}

// The plane is drawn as a floor, turned by the angle and seen from a little above.
function view(turn) {
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const [high, low] = [Math.cos(0.5), Math.sin(0.5)];
  const flat = (a, b, c) => [a * cos - b * sin, c * high + (a * sin + b * cos) * low];
  return { flat, see: (v) => flat(dot(v, E1), dot(v, E2), dot(v, E3)) };
}

function drawSpace(space, turn, { y, best, moved, height }, changed) {
  const { flat, see } = view(turn), origin = [0, 0, 0];
  const label = (v, text, more = {}, [dx, dy] = see(v)) => {  // beyond the tip, as seen from the origin
    const [x, y] = see(v), far = 0.17 / (Math.hypot(dx, dy) || 1), anchor = Math.abs(dx) * far < 0.08 ? "middle" : dx > 0 ? "start" : "end";
    space.words(x + far * dx, y + far * dy - 0.05, text, { "text-anchor": anchor, ...more });
  };
  space.area([[-1.8, -1.8], [1.8, -1.8], [1.8, 1.8], [-1.8, 1.8]].map(([a, b]) => flat(a, b, 0)), "faint");
  for (const i of [0, 1, 2]) {
    const axis = [0, 1, 2].map((k) => (k === i ? 1.8 : 0));
    space.line([origin, axis].map(see), "faint", { "stroke-dasharray": "2 3" });
    label(axis, `sample ${i + 1}`, { class: "words small" });
  }
  for (const [column, name] of [[ONES, "1"], [X, "x"]]) {
    space.arrow(see(origin), see(column), 2);
    label(column, name, { class: "words color-2" });
  }
  space.line([best.fitted, y].map(see), 1, { "stroke-dasharray": "6 4" });
  if (changed) {
    space.line([best.fitted, moved.fitted].map(see), 3);
    space.line([moved.fitted, y].map(see), 3, { "stroke-dasharray": "6 4" });
  }
  const length = Math.sqrt(dot(best.fitted, best.fitted));
  const side = length > 0.3 ? along([-0.2 / length, best.fitted]) : along([0.2, E2]);
  const up = along([0.2 * (Math.sign(height) || 1), E3]);
  space.line([along([1, best.fitted], [1, side]), along([1, best.fitted], [1, side], [1, up]), along([1, best.fitted], [1, up])].map(see), "ink");
  space.arrow(see(origin), see(best.fitted), 0);
  space.arrow(see(origin), see(y), "ink");
  label(y, "y");
  label(best.fitted, "ŷ", { class: "words color-0" });
  if (Math.abs(height) > 0.4) label(along([0.5, y], [0.5, best.fitted]), "y − ŷ", { class: "words small color-1" }, [see(y)[0], 0]);
  if (changed) space.points([see(moved.fitted)], 3, { shape: "square" });
}

window.explorables.projection = {
  start: { y1: -0.6, y2: 1.4, y3: 1.2, slope: 0, intercept: 0, turn: 80 },
  controls: {
    slope: { label: "Change the slope by", min: -1, max: 1, step: 0.05 },
    intercept: { label: "Change the intercept by", min: -1, max: 1, step: 0.05 },
    turn: { label: "Turn the plane", min: -180, max: 180, step: 2 },
  },
  handles: true,
  panels: [
    { x: [-1.5, 2.5], y: [-2, 2], xlabel: "x", ylabel: "y", title: "Three samples and the line of least squares" },
    { x: [-2.6, 2.6], y: [-1.9, 2.2], equal: true, bare: true, title: "The vector y and its foot on the plane of the columns" },
  ],
  compute,
  draw([plane, space], { slope, intercept, turn }, result) {
    const { y, w, b, best, moved } = result, changed = slope !== 0 || intercept !== 0;
    const ends = [-3, 4], drop = ({ fitted }, color) => X.forEach((x, i) => {
      plane.line([[x, y[i]], [x, fitted[i]]], color, { "stroke-dasharray": "6 4" });
    });
    if (!changed) drop(best, 1);
    plane.line(ends.map((x) => [x, w * x + b]), 0);
    if (changed) {
      plane.line(ends.map((x) => [x, (w + slope) * x + b + intercept]), 3);
      plane.points(X.map((x, i) => [x, moved.fitted[i]]), 3, { shape: "square" });
      drop(moved, 3);
    }
    plane.points(X.map((x, i) => [x, best.fitted[i]]), 0);
    X.forEach((x, i) => plane.handle(`Sample ${i + 1}`, [null, `y${i + 1}`], [x, 0]));
    drawSpace(space, turn, result, changed);
  },
  say({ slope, intercept }, { best, moved, apart }) {
    const { format } = window.explorables, round = (v) => format(Math.abs(v) < 1e-9 ? 0 : v);
    if (slope === 0 && intercept === 0) return `The residual y − ŷ has the sum of squares ${round(best.rss)}. Its products `
      + `with the columns 1 and x are ${best.products.map(round).join(" and ")}: it stands at a right angle to their plane.`;
    return `The changed line has the sum of squares ${round(moved.rss)} = ${round(best.rss)} + ${round(apart)}: the smallest one plus `
      + `the squared distance in the plane. The products with 1 and x are ${moved.products.map(round).join(" and ")}.`;
  },
};
}
