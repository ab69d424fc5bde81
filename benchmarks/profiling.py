"""Where the companion's time goes: ``python -m benchmarks.profiling`` writes benchmarks/profile.md.

Every operation ends with ``record``, which is replaced here by one that also looks at the clock: the time since the
operation before is its forward pass, layers and bookkeeping included, and its VJPs are timed as they are called.
"""

import platform
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
import threadpoolctl

from benchmarks import neural
from companion import autograd, optim
from companion.nn import functional

PROFILE = Path(__file__).with_name("profile.md")
COLUMNS = "forward", "backward"
GRAPH = "(graph and leaves)"  # what backward does besides calling VJPs
STEP = "(optimizer)"
WORDS = "convolution 3x3", "MLP 64-64-10", "CNN"  # cases of benchmarks/neural.py


class Stopwatch:
    """Seconds and calls, by name of an operation and direction."""

    def __init__(self):
        self.seconds, self.calls, self.last = defaultdict(float), defaultdict(int), time.perf_counter()

    def lap(self, *key, start=None):
        """Book the time since ``start``, or since the last lap."""
        now = time.perf_counter()
        self.seconds[key] += now - (self.last if start is None else start)
        self.calls[key] += 1
        self.last = now

    def timed(self, function, *key):
        """A function whose calls are booked."""

        def run(*arguments, **keywords):
            start = time.perf_counter()
            result = function(*arguments, **keywords)
            self.lap(*key, start=start)
            return result

        return run

    def recording(self, record):
        """``record`` that books the forward pass up to it, and the VJPs when they are called."""

        def timed_record(name, out, inputs, vjps, args=()):
            result = record(name, out, inputs, tuple(self.timed(vjp, name, "backward") for vjp in vjps), args)
            self.lap(name, "forward")
            return result

        return timed_record


def profiled(case):
    """A stopwatch after one run of the companion's side of a case, which was run once before."""
    arguments = next(iter(case.setup()))
    case.companion(*arguments)
    watch = Stopwatch()
    with ExitStack() as stack:
        for owner, name, replacement in (
            (autograd, "record", watch.recording(autograd.record)),
            (functional, "record", watch.recording(functional.record)),
            (autograd.Tensor, "backward", watch.timed(autograd.Tensor.backward, GRAPH, "backward")),
            (optim.Adam, "step", watch.timed(optim.Adam.step, STEP, "forward")),
            (optim.Adam, "zero_grad", watch.timed(optim.Adam.zero_grad, STEP, "forward")),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        watch.last = time.perf_counter()
        case.companion(*arguments)
    vjps = sum(value for (name, column), value in watch.seconds.items() if column == "backward" and name != GRAPH)
    watch.seconds[GRAPH, "backward"] -= vjps
    return watch


def table(case, watch):
    """Microseconds per step, the slowest operation first."""
    steps = watch.calls[GRAPH, "backward"]
    total = sum(watch.seconds.values())
    text = f"\n## {case.name}\n\n{1e6 * total / steps:,.0f} microseconds per step, {steps:,} steps.\n\n"
    text += "| operation | forward | backward | share |\n|---|--:|--:|--:|\n"
    rows = {name: [watch.seconds[name, column] for column in COLUMNS] for name, _ in list(watch.seconds)}
    for name, seconds in sorted(rows.items(), key=lambda row: -sum(row[1])):
        cells = [f"{1e6 * value / steps:,.0f}" for value in seconds]
        text += f"| {name} | {' | '.join(cells)} | {100 * sum(seconds) / total:.0f} % |\n"
    return text


def main():
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, one thread"
    text = f"""# Where the time goes

Written by `make bench`: microseconds per step of the companion's side of three benchmarks, by the names that the
operations are recorded under ({versions}). Forward includes the layers around an operation.
"""
    with threadpoolctl.threadpool_limits(1):
        for case in (case for word in WORDS for case in neural.CASES if word in case.name):
            text += table(case, profiled(case))
    PROFILE.write_text(text + NOTES, encoding="utf-8")
    print(text + NOTES, end="")


NOTES = """
## Reading

"""

if __name__ == "__main__":
    main()
