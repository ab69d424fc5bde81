"""What a page shows, its cells reach; the signs within it are flipped one by one."""

import ast
from pathlib import Path

import jupytext
import nbformat
import pytest

from tools import contents, flips

ROOT = Path(__file__).resolve().parents[2]
PAGES = [file.removeprefix("book/notebooks/") for file in contents.files() if file.startswith("book/notebooks/")]
SOURCE = '''"""A module, with an é."""
def f(x, y):
    "−1"
    total = x - y  # é
    total += (
        x
        + 1)
    return -total
class A:
    def g(self, x):
        return x * 2
'''


@pytest.mark.parametrize("page", PAGES)
def test_the_cells_of_a_page_reach_what_it_shows(page):
    assert flips.unreached(jupytext.read(ROOT / "book" / "chapters" / f"{page}.md")) == []


def test_flips_each_sign_once():
    found = dict(flips.flips(SOURCE, ["f"]))
    assert len(flips.flips(SOURCE, ["f"])) == 4 and sorted(found) == [4, 5, 6, 8]
    assert "total = x + y  # é" in found[4] and "total -= (" in found[5]
    assert "        - 1)" in found[6] and "return +total" in found[8]
    assert all(ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE)) for changed in found.values())


def test_without_a_sign_the_result_is_negated():
    ((line, changed),) = flips.flips(SOURCE, ["A", "g"])
    assert line == 11 and "return -(x * 2)" in changed


def page(code, *tags):
    text = "```{companion} losses.regression.huber_terms\n```"
    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(code, metadata={"tags": list(tags)})]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("code", ["huber_terms(0.0)", "losses.huber(1, 2)"])
def test_finds_what_is_reached_directly_or_through_the_companion(code):
    assert flips.unreached(page(code)) == []


def test_finds_what_no_compared_cell_reaches():
    assert flips.unreached(page("losses.squared_error(1, 2)")) == ["losses.regression.huber_terms"]
    assert flips.unreached(page("losses.huber(1, 2)", flips.UNCOMPARED)) == ["losses.regression.huber_terms"]
    assert flips.unreached(page("assert losses.huber(1, 2) > 0", flips.UNCOMPARED)) == []
