"""The companion beside its references: equal work, equal answers, how much slower?

``python -m benchmarks.run`` times every case, the two sides in turn within one process, checks that both reached the
same answer, and writes benchmarks/results.md. The cases are in benchmarks/linear_models.py and benchmarks/neural.py.
"""

import argparse
import os
import platform
import sys
from pathlib import Path

import numpy as np
import sklearn
import threadpoolctl
import torch

from benchmarks import linear_models, neural
from benchmarks.harness import HEAD, agrees, line, measure

RESULTS = Path(__file__).with_name("results.md")
TABLES = {"Linear models, beside scikit-learn": linear_models.CASES, "The neural engine, beside torch": neural.CASES}


def heading(runs):
    pools = {f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpoolctl.threadpool_info()}
    threads = ", ".join([*sorted(pools), f"torch {torch.get_num_threads()}"])
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scikit-learn {sklearn.__version__}"
    versions += f", torch {torch.__version__}"
    return f"""# Benchmarks

Written by `make bench`. Medians of {runs} runs of each side, taken in turn in one process, in milliseconds; a ratio
above 1 means that the companion is slower. Both sides get the same data, arguments and initial weights, and what is
compared may differ by no more than what is allowed, relatively to its largest element.

{versions}; {os.cpu_count()} processors, threads: {threads}.
"""


def show(text):
    print(text, end="", flush=True)
    return text


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only cases whose name contains one of these; nothing is written then")
    parser.add_argument("--runs", type=int, default=9, help="of each side, 5 at least")
    parser.add_argument("--threads", type=int, default=1, help="of each side")
    options = parser.parse_args(arguments)
    if options.runs < 5:
        parser.error("--runs: 5 at least")
    torch.set_num_threads(options.threads)
    apart = []
    with threadpoolctl.threadpool_limits(options.threads):
        text = show(heading(options.runs))
        for title, cases in TABLES.items():
            text += show(f"\n## {title}\n\n{HEAD}")
            for case in cases:
                if not options.words or any(word in case.name for word in options.words):
                    row = measure(case, options.runs)
                    text += show(line(row))
                    apart += [] if agrees(row) else [case.name]
    if not options.words:
        RESULTS.write_text(text + NOTES, encoding="utf-8")
    return f"answers differ: {'; '.join(apart)}" if apart else 0


NOTES = """
## Notes

- Least squares: the companion takes the singular values of the triangular factor of (X y), scikit-learn those of X.
- Lasso: both stop by the duality gap, at 1e-8 of the sum of squares; scikit-learn asks for small steps besides. The
  companion computes products of the few features that matter only, and ends with a linear system once their signs are
  known; with correlated features, or many more features than samples, this spares hundreds of passes. Where features
  are independent and half of them matter (alpha=0.01), a compiled loop needs but ten passes: less than the products.
- The engine: single precision is torch's home, with kernels that read every array once; NumPy reads and writes it once
  per operation, which is what layer normalization and softmax show. A convolution in double precision, pooling, and
  everything that consists of many small operations are faster here: on small arrays the cost is in the calls.
- Training begins from the same weights with the same batches; in double precision the losses agree to all digits but
  the last few, so both sides did the same work.
- The targets are for a machine with nothing else to do.
"""

if __name__ == "__main__":
    sys.exit(main())
