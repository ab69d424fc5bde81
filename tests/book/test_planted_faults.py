"""A fault planted in a small notebook is found; without it there is nothing to find."""

import copy
import os
import re
import subprocess
import sys

import jupytext
import nbformat
import pytest

from tests.book import checks, claims
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

```{code-cell} ipython3
from companion.checking import agree, verdict

third = sum([0, 0, 1]) / 3
print(f"{third:.3f}")
```

:::{note-claim} K001
"One third is 0.33." --- To two places. The third place is a 3, too.
:::

```{code-cell} ipython3
:tags: [K001, check]

agree("a third, and what is left of one", third, 1 - 2 / 3)
verdict("K001", "one third differs from 0.33 by more than 0.003", holds=third == 0.33, core=third > 0.33)
```
"""
CLAIMS = [
    {"id": "K001", "verdict": "imprecise", "chapter": "small"},
    {"id": "K002", "verdict": "true", "chapter": "other"},
]


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
        "-p",
        "nbval.plugin",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "small.ipynb",
    ]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def test_the_sound_chapter_passes(source, notebook, tmp_path):
    assert nbval(notebook, tmp_path).returncode == 0
    assert checks.execution_problems(notebook) == []
    assert checks.sync_problems(source, notebook) == []
    assert claims.claim_problems(CLAIMS, {"small/1-page": notebook}) == []
    assert claims.id_problems(notebook) == checks.check_problems(notebook) == checks.silent_problems(notebook) == []
    assert checks.shape_problems(notebook) == []
    assert checks.head_problems(notebook) == []
    assert checks.time_problems("small", notebook) == []


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
    notebook.metadata.seconds = 25.1
    assert len(checks.time_problems("small", notebook)) == 1
    del notebook.metadata["seconds"]
    assert len(checks.time_problems("small", notebook)) == 1


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
    text, code = notebook.cells[:2]
    if edit == "text":
        text.source += "\nOne more sentence."
    elif edit == "code":
        code.source = code.source.replace("[0, 0, 1]", "[0, 1, 0]")
    elif edit == "tag":
        code.metadata["tags"] = ["K001", "nbval-ignore-output"]
    else:
        notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    assert len(checks.sync_problems(source, notebook)) == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (":tags: [K001, check]\n", ":tags: [check]\n", "a cell is tagged [] and decides ['K001']"),
        (":tags: [K001, check]\n", ":tags: [check]\n", "small: no cells decide K001"),
        ("[K001, check]", "[K001]", "the cell of K001 is not tagged check"),
        ("[K001, check]", "[K999, check]", "a cell on K999, an unknown claim"),
        ("[K001, check]", "[K002, check]", "a cell on K002, a claim of other"),
        ('verdict("K001"', 'verdict("K002"', "a cell is tagged ['K001'] and decides ['K002']"),
        ("{note-claim} K001", "{note-claim} K999", "a box on K999, an unknown claim"),
        ("{note-claim} K001", "{note-claim} K002", "a box on K002, a claim of other"),
        (":::{note-claim} K001\n", ":::{note}\n", "small: no boxes on K001, imprecise"),
        (":::\n", ":::\n:::{note-claim} K001\n:::\n", "small: 2 boxes on K001, imprecise"),
        ("holds=third == 0.33", "holds=False", "K001: holds=False is a literal"),
        ("holds=third == 0.33", "holds=not True", "K001: holds=not True is a literal"),
        ("holds=third == 0.33", "holds=1 / 3 == 0.33", "K001: holds=1 / 3 == 0.33 is a literal"),
        ("holds=third == 0.33", "holds=np.bool_(0)", "K001: holds=np.bool_(0) is a literal"),
        ("holds=third == 0.33", "holds=[False, True]", "K001: holds=[False, True] is a literal"),
        ("core=third > 0.33", "core=True", "K001: core=True is a literal"),
        ("core=third > 0.33", "with_condition=bool(1)", "K001: with_condition=bool(1) is a literal"),
    ],
)
def test_finds_a_claim_that_is_not_decided_as_it_should(notebook, old, new, problem):
    edited = jupytext.reads(SOURCE.replace(old, new, 1), fmt="md:myst")
    assert SOURCE.count(old) >= 1
    for cell, executed in zip(edited.cells, notebook.cells):
        if cell.cell_type == "code":
            cell.outputs = executed.outputs
    assert any(problem in found for found in claims.claim_problems(CLAIMS, {"small/1-page": edited}))


@pytest.mark.parametrize(
    ("source", "literal"),
    [
        ("right = True\nverdict('K001', 'so', holds=right)", True),
        ("right, wrong = True, False\nverdict('K001', 'so', holds=wrong, core=right)", True),
        ("x = 1\nright = x > 0\nverdict('K001', 'so', holds=right)", True),
        ("holds('so', True)", True),
        ("verdict('K001', 'so', holds=x.mean() > 0, with_condition=None)", False),
        ("x = 1\nfor _ in range(3):\n    x = 2 * x\nverdict('K001', 'so', holds=x > 4)", False),
        ("x = 1\nx *= 2\nverdict('K001', 'so', holds=x > 4)", False),
        ("values = []\nvalues.append(f(1))\nverdict('K001', 'so', holds=values[0] > 1)", False),
        ("verdict('K001', 'so', holds=losses.hinge([1], [2.0])[0] == 0)", False),
        ("for x in values:\n    right = x > 0\nverdict('K001', 'so', holds=right)", False),
        ("with f() as x:\n    verdict('K001', 'so', holds=x)", False),
        ("holds('so', np.all(x > 0))", False),
    ],
)
def test_tells_a_literal_from_what_was_computed(source, literal):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    assert bool(claims.literal_problems(notebook)) == literal


def test_finds_a_verdict_that_is_not_the_ledgers(notebook):
    changed = [CLAIMS[0] | {"verdict": "wrong"}, CLAIMS[1]]
    found = claims.claim_problems(changed, {"small/1-page": notebook})
    assert found == ["small/1-page: K001 is found 'imprecise', the ledger says 'wrong'"]
    plain = [CLAIMS[0] | {"verdict": "true"}, CLAIMS[1]]
    assert len(claims.claim_problems(plain, {"small/1-page": notebook})) == 2  # and a box that nobody needs


def test_finds_a_claim_that_two_pages_decide(notebook):
    found = claims.claim_problems(CLAIMS, {"small/1-page": notebook, "small/2-page": notebook})
    assert found == ["small: 2 cells decide K001", "small: 2 boxes on K001, imprecise"]


def test_finds_a_box_on_another_page_than_its_cell(notebook):
    text, code = copy.deepcopy(notebook), copy.deepcopy(notebook)
    text.cells, code.cells = text.cells[:3], [code.cells[0], *code.cells[3:]]
    found = claims.claim_problems(CLAIMS, {"small/1-page": text, "small/2-page": code})
    assert found == ["small/1-page: a box on K001 without its cell"]


@pytest.mark.parametrize("lines", ["", "✓ fine\n", "✓ true: a\n✗ wrong: b\n", "imprecise: no mark\n"])
def test_finds_a_cell_that_prints_another_number_of_verdicts(notebook, lines):
    checks.code_cells(notebook)[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=lines)]
    found = claims.claim_problems(CLAIMS, {"small/1-page": notebook})
    assert len(found) == 1 and re.search(r"the cell of K001 prints [02] verdicts", found[0])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("As K001 says.", 1),
        ("(K001)", 1),
        ("### From the notes: K001, true", 1),
        ("[here](#claim-K001)", 0),
        (":::{note-claim} K001\n:::", 0),
        ("The K2 and the OK1234.", 0),
    ],
)
def test_finds_an_id_in_a_sentence(notebook, text, count):
    notebook.cells[0].source = text
    assert len(claims.id_problems(notebook)) == count


def test_finds_an_id_in_an_output_and_in_a_caption(notebook):
    cell = checks.code_cells(notebook)[0]
    cell.outputs[0].text += "K001 is true\n"
    cell.metadata["mystnb"] = {"figure": {"caption": "What K001 says."}}
    assert len(claims.id_problems(notebook)) == 2


@pytest.mark.parametrize("lines", ["", "\n", "✓ fine\nand more\n", "fine\n", "✓\n"])
def test_finds_a_check_that_does_not_say_what_held(notebook, lines):
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=lines)] if lines else []
    checks.code_cells(notebook)[1].outputs = outputs
    assert len(checks.check_problems(notebook)) == 1


@pytest.mark.parametrize("code", ["assert third > 0.3", "np.testing.assert_allclose(third, 1 / 3)"])
def test_finds_a_cell_that_asserts_in_silence(notebook, code):
    cell = checks.code_cells(notebook)[0]
    cell.source = code
    assert checks.check_problems(notebook) == []  # it prints
    glued = {"application/papermill.record/text/plain": "0.333"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=glued)]
    assert len(checks.check_problems(notebook)) == 1


@pytest.mark.parametrize(
    ("silent", "hidden", "count"), [(0, 3, 0), (1, 0, 1), (1, 3, 1), (2, 0, 1)], ids=lambda value: str(value)
)
def test_finds_a_page_whose_cells_show_nothing(notebook, silent, hidden, count):
    quiet = nbformat.v4.new_code_cell("import numpy as np")
    folded = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["hide-input"]})
    notebook.cells += [*(copy.deepcopy(quiet) for _ in range(silent)), *([folded] * hidden)]
    assert len(checks.silent_problems(notebook)) == count
    loud = checks.code_cells(notebook)[0]
    notebook.cells += [copy.deepcopy(loud) for _ in range(2 * silent)]
    assert checks.silent_problems(notebook) == []  # a third is allowed


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
    (chapters / "05-losses" / "1-small.md").write_text(SOURCE.replace("{third:.3f}", "{third:.2f}"), encoding="utf-8")
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
    chapter.write_text(SOURCE.replace("third = ", "from companion import losses\nthird = "), encoding="utf-8")
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
