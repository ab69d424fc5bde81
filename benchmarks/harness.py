"""What a comparison is, how it is timed, and how its row of the table is written."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """One comparison: equal work on both sides, and equal answers.

    ``setup`` makes two tuples of arguments, one for ``companion`` and one for ``reference``; only these two are timed.
    ``answer`` takes what one of them returned, before its arguments, and gives an array, or several, to be ``compared``
    (in words): they may differ by ``agreement``, relatively to the largest element. The ratio of the times should not
    exceed ``target``.
    """

    name: str
    setup: Callable
    companion: Callable
    reference: Callable
    answer: Callable
    compared: str
    target: float
    agreement: float = 1e-6


def difference(ours, theirs):
    """The largest difference of two arrays, or of two lists of them, each relative to its largest element."""
    if isinstance(ours, (list, tuple)):
        return float(np.max([difference(a, b) for a, b in zip(ours, theirs, strict=True)]))  # nan if one is
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        return np.inf
    scale = max(np.abs(ours).max(), np.abs(theirs).max())
    return float(np.abs(ours - theirs).max() / scale) if scale else 0.0


def clock(run, arguments):
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start


def measure(case, runs):
    """A row of the table: both medians over interleaved runs, after one run of each that is only checked."""
    sides = list(zip((case.companion, case.reference), case.setup()))
    apart = difference(*[case.answer(run(*arguments), *arguments) for run, arguments in sides])
    times = [[clock(*side) for side in sides] for _ in range(runs)]
    ours, theirs = (statistics.median(side) for side in zip(*times))
    return {"case": case, "ours": ours, "theirs": theirs, "difference": apart}


def agrees(row):
    return row["difference"] <= row["case"].agreement  # not a number does not


HEAD = """| case | companion | reference | ratio | target | compared | difference | allowed |
|---|--:|--:|--:|--:|---|--:|--:|
"""


def line(row):
    case, ratio = row["case"], row["ours"] / row["theirs"]
    verdict = "" if ratio <= case.target else " **missed**"
    cells = [case.name, *(f"{1e3 * row[side]:.2f}" for side in ("ours", "theirs")), f"{ratio:.2f}"]
    cells += [f"{case.target}{verdict}", case.compared, f"{row['difference']:.0e}", f"{case.agreement:.0e}"]
    return "| " + " | ".join(cells) + " |\n"
