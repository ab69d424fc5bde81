"""Stored pictures that show other numbers than their cells are found; other bytes of the same numbers are not."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import notebooks as tool

SANITIZE = Path(__file__).with_name("pictures.cfg")
SOURCE = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3 (ipykernel), language: python, name: python3}
---

```{code-cell} ipython3
import matplotlib.pyplot as plt
import numpy as np
from companion import plotting
plotting.use_style()
x = np.linspace(0, 1, 50)
```

```{code-cell} ipython3
plt.subplots(figsize=(3, 2))[1].plot(x, x**2)
plt.show()
```

```{code-cell} ipython3
plt.subplots(figsize=(3, 2))[1].plot(x, x**3)
plt.show()
```

```{code-cell} ipython3
plt.subplots(figsize=(3, 2))[1].set(ylim=(0, 1))
plt.gca().plot(x, x / 2 + 0.10)
plt.show()
```

```{code-cell} ipython3
fig, ax = plt.subplots(figsize=(3, 2))
ax.set(xlim=(0, 1))
(point,) = ax.plot([0.0], [0.0], "o")
plotting.player(fig, lambda k: point.set_xdata([0.2 * k]), 5, label="Step", alt="A point.")
```

```{code-cell} ipython3
from companion.quizzes import predict
predict("What does 2 + 2 print?", right=("4", "It does."), wrong=[("22", "That joins the digits.")])
```
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chapter")
    (folder / "small.md").write_text(SOURCE, encoding="utf-8")
    tool.execute(folder / "small.md", folder / "small.ipynb")
    return nbformat.read(folder / "small.ipynb", as_version=4)


def failing(notebook, folder):
    """The cells that nbval finds changed, with the flags of ``make test``."""
    nbformat.write(notebook, folder / "small.ipynb")
    flags = [
        "-q",
        "-rf",
        "-p",
        "nbval.plugin",
        "--nbval",
        "--nbval-current-env",
        "--nbval-sanitize-with",
        str(SANITIZE),
        "-p",
        "no:cacheprovider",
    ]
    command = [sys.executable, "-m", "pytest", *flags, "small.ipynb"]
    environment = os.environ | {
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(tool.ROOT),
    }
    environment.pop("MPLBACKEND", None)  # other tests set it
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return [int(cell) for cell in re.findall(r"^FAILED .*::Cell (\d+)", result.stdout, re.MULTILINE)]


def test_every_picture_and_question_is_compared_but_not_its_bytes(executed, tmp_path):
    notebook = copy.deepcopy(executed)
    first, other = (notebook.cells[k].outputs[0].data for k in (1, 2))
    assert re.fullmatch("<Figure: 1 axes, 1 line; [0-9a-f]{8}>", first["text/plain"])
    first["image/png"] = other["image/png"]
    player = notebook.cells[4].outputs[0].data
    assert player["text/plain"].startswith("<player of 5 frames: Step; ")
    changed = re.sub("[A-Za-z0-9+/]{100}", "A" * 100, player["text/html"])
    assert changed != player["text/html"]
    player["text/html"] = changed
    assert failing(notebook, tmp_path) == []


def test_exchanged_pictures_a_shifted_line_another_player_and_another_question_are_found(executed, tmp_path):
    notebook = copy.deepcopy(executed)
    one, two, shifted, player, question = notebook.cells[1:]
    one.outputs, two.outputs = two.outputs, one.outputs
    shifted.source = shifted.source.replace("0.10", "0.11")
    player.source = player.source.replace("0.2 * k", "0.1 * k")
    question.outputs[0].data["text/html"] = question.outputs[0].data["text/html"].replace("joins", "adds")
    assert failing(notebook, tmp_path) == [1, 2, 3, 4, 5]
