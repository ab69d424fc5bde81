"""Every page in the table of contents: executed, in step with its source, in shape, its claims decided."""

from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml

from tests.book import checks, claims
from tools import contents, notebooks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [file.removeprefix("book/notebooks/") for file in contents.files() if file.startswith("book/notebooks/")]
NOTEBOOKS = {page: nbformat.read(ROOT / "book" / "notebooks" / f"{page}.ipynb", as_version=4) for page in PAGES}
CLAIMS = yaml.safe_load((ROOT / "book" / "claims.yml").read_text(encoding="utf-8"))
UNCOMPARED_AT_MOST = 0.03  # of all cells: times, and what a digit more or less changes

each_page = pytest.mark.parametrize("page", PAGES)


@each_page
def test_executed_in_order_without_error(page):
    assert checks.execution_problems(NOTEBOOKS[page]) == []


@each_page
def test_equals_its_source(page):
    source = jupytext.read(ROOT / "book" / "chapters" / f"{page}.md")
    assert checks.sync_problems(source, NOTEBOOKS[page]) == []


@each_page
def test_was_executed_on_this_companion_and_this_lock(page):
    source, twin = notebooks.CHAPTERS / f"{page}.md", notebooks.NOTEBOOKS / f"{page}.ipynb"
    assert notebooks.stored_digest(twin) == notebooks.digest(source), f"run make notebooks CHAPTERS={page}"


@each_page
def test_results_are_glued_by_the_companion(page):
    """myst_nb stores all digits, which differ between machines, and NumPy's numbers as words."""
    assert "from myst_nb" not in (notebooks.CHAPTERS / f"{page}.md").read_text(encoding="utf-8")


@each_page
def test_shape(page):
    assert checks.shape_problems(NOTEBOOKS[page]) == []


@each_page
def test_is_one_sitting(page):
    assert checks.head_problems(NOTEBOOKS[page]) == []


@each_page
def test_a_page_runs_in_half_a_minute(page):
    assert checks.time_problems(page, NOTEBOOKS[page]) == []


def test_few_cells_are_left_uncompared():
    assert checks.uncompared(NOTEBOOKS.values()) <= UNCOMPARED_AT_MOST


@each_page
def test_no_absolute_path(page):
    assert checks.path_problems(NOTEBOOKS[page]) == []


@each_page
def test_a_check_says_what_held(page):
    assert checks.check_problems(NOTEBOOKS[page]) == []


@each_page
def test_most_cells_show_something(page):
    assert checks.silent_problems(NOTEBOOKS[page]) == []


@each_page
def test_no_id_of_a_claim_in_a_sentence(page):
    assert claims.id_problems(NOTEBOOKS[page]) == []


@pytest.mark.parametrize("chapter", contents.chapters())
def test_every_claim_of_a_chapter_is_decided(chapter):
    pages = {page: notebook for page, notebook in NOTEBOOKS.items() if page.split("/")[0] == chapter}
    assert claims.claim_problems(CLAIMS, pages) == []


def test_no_page_is_left_out_of_the_table_of_contents():
    twins = ROOT / "book" / "notebooks"
    executed = {str(path.relative_to(twins).with_suffix("")) for path in twins.rglob("*.ipynb")}
    assert set(notebooks.pages()) == executed == set(PAGES)


def test_the_table_of_contents_is_in_reading_order():
    assert sorted(PAGES) == PAGES
