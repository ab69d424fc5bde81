"""A fault planted in a small notebook is found; without it there is nothing to find."""

import copy
import os
import subprocess
import sys

import jupytext
import nbformat
import pytest

from tests.book import checks
from tools import notebooks as tool

SOURCE = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3 (ipykernel), language: python, name: python3}
---

# A chapter in small

```{sitting}
:needs: a fraction
:then: divide
```

:::{admonition} From the notes: K001, true
:class: claim
:name: claim-K001
One third is a bit more than 0.33.
:::

```{code-cell} ipython3
:tags: [K001]

assert 1 / 3 > 0.33
print(f"{1 / 3:.3f}")
```
"""
CLAIMS = [{"id": "K001", "verdict": "true", "chapter": "small"}]


@pytest.fixture(scope="module")
def source():
    return jupytext.reads(SOURCE, fmt="md:myst")


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chapter")
    (folder / "small.md").write_text(SOURCE, encoding="utf-8")
    tool.execute(folder / "small.md", folder / "small.ipynb")
    return nbformat.read(folder / "small.ipynb", as_version=4)


@pytest.fixture
def notebook(executed):
    return copy.deepcopy(executed)


def nbval(notebook, folder):
    """The outcome of ``pytest --nbval`` on a notebook, with the flags of ``make test``."""
    nbformat.write(notebook, folder / "small.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "small.ipynb",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTEST_ADDOPTS": ""})


def test_the_sound_chapter_passes(source, notebook, tmp_path):
    assert nbval(notebook, tmp_path).returncode == 0
    assert checks.execution_problems(notebook) == []
    assert checks.sync_problems(source, notebook) == []
    assert checks.claim_problems(CLAIMS, {"small": notebook}) == []
    assert checks.shape_problems(notebook) == []
    assert checks.head_problems(notebook) == []
    assert checks.time_problems({"small": notebook}) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (":then: divide\n", ""),
        (":needs: a fraction\n", ":needs:\n"),
        ("# A chapter", "A chapter"),
        ("# A", "Also:\n\n# A"),
    ],
)
def test_finds_a_page_without_its_head(notebook, old, new):
    notebook.cells[0].source = notebook.cells[0].source.replace(old, new)
    assert len(checks.head_problems(notebook)) == 1


def test_finds_a_page_of_too_many_words_and_a_chapter_of_too_many_seconds(notebook):
    notebook.cells[0].source += "\n\n" + 2490 * "word "
    assert len(checks.head_problems(notebook)) == 1
    notebook.metadata.seconds = 15.0
    assert len(checks.time_problems({"small/1-a": notebook, "small/2-b": notebook, "other": notebook})) == 1
    del notebook.metadata["seconds"]
    assert len(checks.time_problems({"small/1-a": notebook})) == 1


def test_finds_a_changed_digit(notebook, tmp_path):
    output = checks.code_cells(notebook)[0].outputs[0]
    output.text = output.text.replace("0.333", "0.334")
    result = nbval(notebook, tmp_path)
    assert result.returncode == 1 and "0.334" in result.stdout


def test_finds_a_cell_that_was_never_executed(notebook):
    cell = checks.code_cells(notebook)[0]
    cell.execution_count, cell.outputs = None, []
    assert checks.execution_problems(notebook) == ["code cell 1 has execution count None, expected 1"]


def test_finds_an_error_and_a_warning(notebook):
    cell = checks.code_cells(notebook)[0]
    cell.outputs = [
        nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[]),
        nbformat.v4.new_output("stream", name="stderr", text="RuntimeWarning: overflow"),
    ]
    assert len(checks.execution_problems(notebook)) == 2


@pytest.mark.parametrize("edit", ["text", "code", "tag", "cell"])
def test_finds_a_notebook_edited_by_hand(source, notebook, edit):
    text, code = notebook.cells
    if edit == "text":
        text.source += "\nOne more sentence."
    elif edit == "code":
        code.source = code.source.replace("1 / 3", "2 / 6")
    elif edit == "tag":
        code.metadata["tags"] = ["K001", "nbval-ignore-output"]
    else:
        notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    assert len(checks.sync_problems(source, notebook)) == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", "no cell decides K001"),
        ("K001", "K999", "a cell is tagged K999, an unknown claim"),
    ],
)
def test_finds_a_claim_without_a_cell_and_a_cell_without_a_claim(notebook, old, new, problem):
    cell = checks.code_cells(notebook)[0]
    cell.metadata["tags"] = [new] if new else []
    assert f"small: {problem}" in checks.claim_problems(CLAIMS, {"small": notebook})


def test_finds_a_cell_that_asserts_nothing(notebook):
    checks.code_cells(notebook)[0].source = "print('certainly')"
    assert checks.claim_problems(CLAIMS, {"small": notebook}) == ["small: the cell of K001 asserts nothing"]


def test_finds_a_box_with_another_verdict(notebook):
    claims = [CLAIMS[0] | {"verdict": "wrong"}]
    assert checks.claim_problems(claims, {"small": notebook}) == [
        "small: the box of K001 does not carry its verdict, 'wrong'"
    ]


def test_an_absolute_path_in_an_output(notebook):
    checks.code_cells(notebook)[0].outputs[0].text = f"saved {os.sep}home{os.sep}reader/plot.png"
    assert len(checks.path_problems(notebook)) == 1


def test_an_uncompared_cell_without_a_reason(notebook):
    checks.code_cells(notebook)[0].metadata["tags"] = [checks.UNCOMPARED]
    assert len(checks.shape_problems(notebook)) == 1
    checks.code_cells(notebook)[0].source += "\n# random element ids: not compared"
    assert checks.shape_problems(notebook) == []


def test_a_second_call_executes_nothing_and_a_changed_source_does(tmp_path, monkeypatch, capsys):
    chapters, notebooks = tmp_path / "chapters", tmp_path / "notebooks"
    (chapters / "05-losses").mkdir(parents=True)
    (chapters / "05-losses" / "1-small.md").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(tool, "CHAPTERS", chapters)
    monkeypatch.setattr(tool, "NOTEBOOKS", notebooks)
    tool.main([])
    twin = notebooks / "05-losses" / "1-small.ipynb"
    first, stored = nbformat.read(twin, as_version=4), twin.read_bytes()
    assert 0 < first.metadata.pop("seconds") < 60  # a measurement
    tool.main([])
    assert twin.read_bytes() == stored
    assert capsys.readouterr().out.count("executed 05-losses/1-small") == 1
    twin.unlink()
    tool.main(["05-losses"])
    second = nbformat.read(twin, as_version=4)
    del second.metadata["seconds"]
    assert second == first  # nothing else changes from run to run
    stored = twin.read_bytes()
    (chapters / "05-losses" / "1-small.md").write_text(SOURCE.replace("1 / 3", "2 / 3"), encoding="utf-8")
    tool.main([])
    assert twin.read_bytes() != stored


def test_a_changed_companion_module_or_lock_changes_the_digest(tmp_path, monkeypatch):
    companion = tmp_path / "companion"
    companion.mkdir()
    (companion / "losses.py").write_text("from companion.numerics import sigmoid\n")
    (companion / "numerics.py").write_text("def sigmoid(z): ...\n")
    (companion / "unused.py").write_text("")
    (companion / "book.mplstyle").write_text("")
    monkeypatch.setattr(tool, "COMPANION", companion)
    monkeypatch.setattr(tool, "LOOK", companion / "book.mplstyle")
    lock = tmp_path / "requirements.txt"
    lock.write_text("numpy==2.4.6\n")
    monkeypatch.setattr(tool, "LOCK", lock)
    chapter = tmp_path / "small.md"
    chapter.write_text(SOURCE.replace("assert", "from companion import losses\nassert"), encoding="utf-8")
    before = tool.digest(chapter)
    (companion / "unused.py").write_text("x = 1\n")
    assert tool.digest(chapter) == before
    (companion / "numerics.py").write_text("def sigmoid(z): return z\n")
    assert tool.digest(chapter) != before
    before = tool.digest(chapter)
    lock.write_text("numpy==2.4.7\n")
    assert tool.digest(chapter) != before


def test_a_page_that_does_not_exist_is_named(capsys):
    with pytest.raises(SystemExit):
        tool.main(["05-lose"])
    assert "no such chapter or page: 05-lose" in capsys.readouterr().err
