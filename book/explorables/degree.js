// Polynomials of degree 1 to 12 through thirteen training points, with a ridge, and the errors on both sets of points.
{
const X = Array.from({ length: 13 }, (_, i) => i / 6 - 1);
const Y = [0.07, -0.58, -1.01, -1.05, -0.5, -0.3, 0.06, 0.64, 0.65, 1.57, 0.68, 0.67, 0.78];
const NEW = [[-0.93, -0.73], [-0.75, -0.9], [-0.6, -0.96], [-0.42, -0.74], [-0.25, -1.03], [-0.1, -0.19], [0.07, 0.41],
  [0.27, 1.01], [0.42, 0.46], [0.58, 1.35], [0.76, 1.33], [0.91, 0.56]];  // the points of validation
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
const dot = (a, b, from = 0) => a.reduce((sum, ai, i) => (i < from ? sum : sum + ai * b[i]), 0);

// Least squares by Householder's reflections: every column in turn is mirrored onto an axis, and y with it.
function leastSquares(columns, y) {
  const A = columns.map((column) => [...column]), b = [...y], d = A.length;
  const mirror = (v, u, from) => {
    const factor = (2 * dot(u, v, from)) / dot(u, u, from);
    for (let i = from; i < v.length; i++) v[i] -= factor * u[i];
  };
  for (let j = 0; j < d; j++) {
    const u = [...A[j]];
    u[j] += (u[j] < 0 ? -1 : 1) * Math.sqrt(dot(u, u, j));
    for (const v of [...A.slice(j), b]) mirror(v, u, j);
  }
  const w = Array(d).fill(0);
  for (let j = d - 1; j >= 0; j--) w[j] = (b[j] - w.reduce((sum, wk, k) => (k > j ? sum + A[k][j] * wk : sum), 0)) / A[j][j];
  return w;
}

// The ridge is least squares with one more sample for each weight: √α where its monomial stands, and the target 0.
function fit(y, degree, alpha) {
  const powers = Array.from({ length: degree }, (_, k) => X.map((x) => x ** (k + 1)));
  const means = powers.map(mean), height = mean(y), extra = alpha > 0 ? degree : 0;  // centering frees the intercept
  const rows = (v, k) => [...v, ...Array.from({ length: extra }, (_, j) => (j === k ? Math.sqrt(alpha) : 0))];
  const w = leastSquares(powers.map((column, k) => rows(column.map((v) => v - means[k]), k)), rows(y.map((v) => v - height), -1));
  const b = height - dot(w, means);
  return { w, b, at: (x) => b + x * w.reduceRight((sum, wk) => sum * x + wk, 0) };
}

function compute(p) {
  const { degree, alpha } = p, y = X.map((_, i) => p[`y${i + 1}`]);
  const fits = Array.from({ length: 12 }, (_, k) => fit(y, k + 1, alpha)), present = fits[degree - 1];
  const error = (points) => fits.map(({ at }) => Math.sqrt(mean(points.map(([x, v]) => (at(x) - v) ** 2))));
  const training = error(X.map((x, i) => [x, y[i]])), validation = error(NEW);
  const curve = Array.from({ length: 241 }, (_, i) => -1.05 + (2.1 * i) / 240).map((x) => [x, present.at(x)]);
  return { w: present.w, b: present.b, curve, training, validation, best: 1 + validation.indexOf(Math.min(...validation)) };
}

window.explorables.degree = {
  start: { degree: 11, alpha: 0, ...Object.fromEntries(Y.map((y, i) => [`y${i + 1}`, y])) },
  controls: {
    degree: { label: "Degree", min: 1, max: 12, step: 1 },
    alpha: { label: "log₁₀ α (left: α = 0)", min: -6.5, max: 1.5, step: 0.25,
      get: (p) => (p.alpha > 0 ? Math.log10(p.alpha) : -6.5), set: (p, v) => { p.alpha = v > -6.5 ? 10 ** v : 0; } },
  },
  handles: true,
  panels: [
    { x: [-1.08, 1.08], y: [-2.4, 2.4], xlabel: "x", ylabel: "y", title: "The polynomial, training points and validation points" },
    { x: [0.5, 12.5], y: [0.03, 10], logy: true, xlabel: "degree", ylabel: "root mean squared error", title: "Both errors over the degree" },
  ],
  compute,
  draw([plane, errors], { degree }, { curve, training, validation }) {
    plane.points(NEW, 1, { shape: "square" });
    plane.line(curve, 0);
    X.forEach((x, i) => {
      plane.handle(`Training point ${i + 1}`, [null, `y${i + 1}`], [x, 0]);
      plane.handles[`Training point ${i + 1}`].querySelector(".target").setAttribute("r", 12);  // neighbors are 25 away
    });
    errors.line([[degree, 0.01], [degree, 20]], "faint", { "stroke-dasharray": "6 4" });
    for (const [values, color, shape, dash, name, y] of [[validation, 1, "square", "7 4", "validation", 6.6], [training, 0, "circle", "", "training", 4.2]]) {
      const over = values.map((v, k) => [k + 1, Math.max(v, 1e-9)]), look = { "stroke-dasharray": dash };
      errors.line(over, color, look);
      errors.points(over, color, { shape, r: 3 });
      errors.points([over[degree - 1]], color, { shape, r: 6 });
      errors.line([[0.8, y], [1.8, y]], color, look);
      errors.points([[1.3, y]], color, { shape, r: 3 });
      errors.words(2, y * 0.92, name, { class: `words color-${color}` });
    }
  },
  say({ degree, alpha }, { training, validation, best }) {
    const { format } = window.explorables, k = degree - 1, ridge = alpha > 0 ? `the ridge α = ${format(alpha)}` : "no ridge";
    const exact = training[k] < 1e-6 ? "the curve goes through all training points" : `the error on the training points is ${format(training[k])}`;
    const end = degree === best ? "the smallest of all degrees" : `at degree ${best} it is smallest, ${format(validation[best - 1])}`;
    return `With degree ${degree} and ${ridge} ${exact}. On the validation points the error is ${format(validation[k])}: ${end}.`;
  },
};
}
