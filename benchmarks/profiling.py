"""Where the companion's time goes: ``python -m benchmarks.profiling`` writes benchmarks/profile.md.

Every operation ends with ``record``, which is replaced here by one that also looks at the clock: the time since the
operation before is its forward pass, layers and bookkeeping included, and its VJPs are timed as they are called.
"""

import platform
import statistics
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
import threadpoolctl

from benchmarks import neural
from benchmarks.harness import clock
from companion import autograd, optim
from companion.nn.functional.patches import add_windows, pad, windows

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

        def timed_record(name, out, inputs, vjps, *rest, **keywords):
            timed = tuple(self.timed(vjp, name, "backward") for vjp in vjps)
            result = record(name, out, inputs, timed, *rest, **keywords)
            self.lap(name, "forward")
            return result

        return timed_record


def profiled(case, runs=5):
    """The stopwatch of the fastest of some runs of the companion's side of a case, after one that is not counted."""
    arguments = next(iter(case.setup()))
    case.companion(*arguments)
    return min((watched(case.companion, arguments) for _ in range(runs)), key=lambda watch: sum(watch.seconds.values()))


def modules_that_record():
    """Every module of the companion that has imported ``record``."""
    modules = [module for name, module in sys.modules.items() if name.startswith("companion")]
    return [module for module in modules if vars(module).get("record") is autograd.record]


def watched(function, arguments):
    watch = Stopwatch()
    with ExitStack() as stack:
        for owner, name, replacement in (
            *((module, "record", watch.recording(autograd.record)) for module in modules_that_record()),
            (autograd.Tensor, "backward", watch.timed(autograd.Tensor.backward, GRAPH, "backward")),
            (optim.Adam, "step", watch.timed(optim.Adam.step, STEP, "forward")),
            (optim.Adam, "zero_grad", watch.timed(optim.Adam.zero_grad, STEP, "forward")),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        watch.last = time.perf_counter()
        function(*arguments)
    vjps = sum(value for (name, column), value in watch.seconds.items() if column == "backward" and name != GRAPH)
    watch.seconds[GRAPH, "backward"] -= vjps
    return watch


def convolution_parts(case, runs=9):
    """What :func:`companion.nn.functional.conv2d` consists of, each part by itself on the arrays of a case."""
    layer, x, g = next(iter(case.setup()))
    kernel, ones, pads = layer.kernel_size, (1, 1), tuple((p, p) for p in layer.padding)
    n, f = g.shape[:2]
    padded, g, filters = pad(x.data, pads), g.data.reshape(n, f, -1), layer.weight.data.reshape(f, -1)
    columns = windows(padded, kernel, ones, ones).reshape(n, filters.shape[1], -1)
    patches = (filters.T @ g).reshape(n, -1, *kernel, *x.shape[2:])
    parts = {
        "pad the images": lambda: pad(x.data, pads),
        "copy the patches into columns": lambda: windows(padded, kernel, ones, ones).reshape(columns.shape),
        "product: outputs": lambda: filters @ columns,
        "product: gradient of the patches": lambda: filters.T @ g,
        "add the patches back": lambda: add_windows(patches, padded.shape, ones),
        "product: gradient of the weights": lambda: (g @ columns.swapaxes(1, 2)).sum(axis=0),
    }
    text = "\n| inside conv2d | microseconds |\n|---|--:|\n"
    for name, part in parts.items():
        median = statistics.median(clock(part, ()) for _ in range(runs))
        text += f"| {name} | {1e6 * median:,.0f} |\n"
    return text


def table(case, watch):
    """Microseconds per step, the slowest operation first."""
    steps = watch.calls[GRAPH, "backward"]
    total = sum(watch.seconds.values())
    text = f"\n## {case.name}\n\nMicroseconds per step, {1e6 * total / steps:,.0f} in all.\n\n"
    text += "| operation | forward | backward | share |\n|---|--:|--:|--:|\n"
    rows = {name: [watch.seconds[name, column] for column in COLUMNS] for name, _ in list(watch.seconds)}
    for name, seconds in sorted(rows.items(), key=lambda row: -sum(row[1])):
        cells = [f"{1e6 * value / steps:,.0f}" for value in seconds]
        text += f"| {name} | {' | '.join(cells)} | {100 * sum(seconds) / total:.0f} % |\n"
    return text


def main():
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, one thread"
    text = f"""# Where the time goes

Written by `make bench`: the companion's side of three benchmarks, by the names that the operations are recorded under,
in the fastest of five runs ({versions}). Forward includes the layers around an operation.
"""
    with threadpoolctl.threadpool_limits(1):
        for case in (case for word in WORDS for case in neural.CASES if word in case.name):
            text += table(case, profiled(case)) + (
                convolution_parts(case) if case.name.startswith("convolution") else ""
            )
    PROFILE.write_text(text + NOTES, encoding="utf-8")
    print(text + NOTES, end="")


NOTES = """
## Reading

- Half of the large convolution is its three matrix products, which no NumPy code makes faster; the other half memory:
  the patches, nine overlapping copies of the images, go into columns and, dearer, back, through arrays made anew.
- The MLP's arrays are so small that its time is calls: about ten operations forward and their VJPs, and Adam's dozen
  array expressions for each of four parameters. The products in ``linear`` are a fifth of it.
- In the CNN the images of 8 by 8 pixels still outweigh the calls: convolution, normalization and pooling, in this
  order, take four fifths, and of pooling the larger part is the search for the winners, which only a gradient asks for.
"""

if __name__ == "__main__":
    main()
