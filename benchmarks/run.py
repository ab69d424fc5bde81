"""The companion beside its references: equal work, equal answers, how much slower?

``python benchmarks/run.py`` times every case, the two sides in turn within one process, checks that both reached the
same objective, and writes benchmarks/results.md. A case is one entry of ``CASES``.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
import threadpoolctl
from sklearn import linear_model as reference
from sklearn.metrics import log_loss

from companion import linear_model
from companion.datasets import load_digits, make_logistic, make_sparse_regression

RESULTS = Path(__file__).with_name("results.md")
AGREEMENT = 1e-6  # the largest relative difference of the two objectives


@dataclass(frozen=True)
class Case:
    """One comparison. ``companion`` and ``reference`` take what ``setup`` returns and give what ``objective`` takes
    first, before the same data; only they are timed. The ratio of the times should not exceed ``target``."""

    name: str
    setup: Callable
    companion: Callable
    reference: Callable
    objective: Callable
    target: float


def regression(correlation=0.0, n=5_000, d=500, seed=0):
    """20 of d features matter, anywhere among them; neighbors in a hidden order have the given correlation."""
    rng = np.random.default_rng(seed)
    X, _, coef = make_sparse_regression(n, d, 20, random_state=rng)
    for j in range(1, d if correlation else 0):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    hidden = rng.permutation(d)
    X, coef = np.ascontiguousarray(X[:, hidden]), rng.permutation(coef)
    return X, X @ coef + rng.standard_normal(n)


def binary():
    rng = np.random.default_rng(0)
    return make_logistic(20_000, rng.normal(size=50), 0.5, random_state=rng)


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


def squares(model, X, y):
    return ((y - model.predict(X)) ** 2).sum()


def ridge(model, X, y):
    return squares(model, X, y) + model.alpha * (model.coef_**2).sum()


def lasso(model, X, y):
    return squares(model, X, y) / (2 * len(y)) + model.alpha * np.abs(model.coef_).sum()


def logistic(model, X, y):
    return model.C * log_loss(y, model.predict_proba(X), normalize=False) + 0.5 * (model.coef_**2).sum()


def pair(name, setup, objective, target, estimator, **arguments):
    """A case in which both sides are estimators of one name and take the same arguments."""
    ours, theirs = (getattr(module, estimator) for module in (linear_model, reference))
    fits = (lambda X, y, make=make: make(**arguments).fit(X, y) for make in (ours, theirs))
    return Case(name, setup, *fits, objective, target)


CASES = [
    pair("least squares, n=20,000 d=200", lambda: regression(0.5, 20_000, 200), squares, 1.5, "LinearRegression"),
    pair("ridge, n=20,000 d=200", lambda: regression(0.5, 20_000, 200), ridge, 1.5, "Ridge", alpha=10.0),
    pair("lasso, n=5,000 d=500, alpha=0.1", regression, lasso, 2.0, "Lasso", alpha=0.1, tol=1e-8),
    pair("lasso, the same, alpha=0.01", regression, lasso, 2.0, "Lasso", alpha=0.01, tol=1e-8),
    pair("lasso, correlated 0.9, alpha=0.01", lambda: regression(0.9), lasso, 2.0, "Lasso", alpha=0.01, tol=1e-8),
    pair("logistic, n=20,000 d=50", binary, logistic, 1.5, "LogisticRegression", tol=1e-6),
    pair("multinomial logistic, digits", digits, logistic, 1.5, "LogisticRegression", tol=1e-6, max_iter=1000),
]


def clock(fit, data):
    start = time.perf_counter()
    fit(*data)
    return time.perf_counter() - start


def measure(case, runs):
    """A row of the table: both medians over interleaved runs, after one run of each that is only checked."""
    data = case.setup()
    sides = (case.companion, case.reference)
    values = [float(case.objective(side(*data), *data)) for side in sides]
    times = [[clock(side, data) for side in sides] for _ in range(runs)]
    ours, theirs = (statistics.median(side) for side in zip(*times))
    difference = abs(values[0] - values[1]) / max(abs(values[0]), abs(values[1]))
    return {"case": case, "ours": ours, "theirs": theirs, "values": values, "difference": difference}


def line(row):
    case, ratio = row["case"], row["ours"] / row["theirs"]
    verdict = "" if ratio <= case.target else " **missed**"
    cells = [case.name, *(f"{1e3 * row[side]:.1f}" for side in ("ours", "theirs")), f"{ratio:.2f}"]
    cells += [f"{case.target}{verdict}", *(f"{value:.8g}" for value in row["values"]), f"{row['difference']:.0e}"]
    return "| " + " | ".join(cells) + " |"


def heading(runs):
    pools = sorted({f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpoolctl.threadpool_info()})
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scikit-learn {sklearn.__version__}"
    return f"""# Benchmarks

Written by `make bench`. Medians of {runs} runs of each side, taken in turn in one process, in milliseconds; a ratio
above 1 means that the companion is slower. Both sides get the same arguments, and their objectives must agree to
{AGREEMENT:.0e}, relatively.

{versions}; {os.cpu_count()} processors, threads: {", ".join(pools)}.

| case | companion | reference | ratio | target | objective | reference's | difference |
|---|--:|--:|--:|--:|--:|--:|--:|
"""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only cases whose name contains one of these; nothing is written then")
    parser.add_argument("--runs", type=int, default=9, help="of each side, 5 at least")
    parser.add_argument("--threads", type=int, help="for the linear algebra; as many as there are processors without")
    options = parser.parse_args(arguments)
    if options.runs < 5:
        parser.error("--runs: 5 at least")
    cases = [case for case in CASES if not options.words or any(word in case.name for word in options.words)]
    with threadpoolctl.threadpool_limits(options.threads):
        text = heading(options.runs)
        print(text, end="")
        rows = []
        for case in cases:
            rows.append(measure(case, options.runs))
            print(line(rows[-1]), flush=True)
    if not options.words:
        RESULTS.write_text(text + "\n".join(map(line, rows)) + "\n" + NOTES, encoding="utf-8")
    apart = [row["case"].name for row in rows if not row["difference"] <= AGREEMENT]
    return f"objectives differ: {'; '.join(apart)}" if apart else 0


NOTES = """
Notes

- Least squares: the companion takes the singular values of the triangular factor of (X y), scikit-learn those of X.
- Lasso: both stop by the duality gap, at 1e-8 of the sum of squares; scikit-learn asks for small steps besides. The
  companion passes over the columns in blocks of 32, two matrix products each, which costs about as much as a compiled
  loop; per pass it pays for every coordinate that moves with about two microseconds of interpreter. Correlated columns
  take many passes: after d / 40 of them it forms X'X, whose passes do not touch the samples.
- The targets are for a machine with nothing else to do.
"""

if __name__ == "__main__":
    sys.exit(main())
