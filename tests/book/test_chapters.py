"""Every chapter in the table of contents: executed, in step with its source, in shape, its claims decided."""

from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml

from tests.book import checks

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
FILES = [chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]
SLUGS = [Path(file).name for file in FILES if file.startswith("book/notebooks/")]
NOTEBOOKS = {slug: nbformat.read(ROOT / "book" / "notebooks" / f"{slug}.ipynb", as_version=4) for slug in SLUGS}
CLAIMS = yaml.safe_load((ROOT / "book" / "claims.yml").read_text(encoding="utf-8"))
UNCOMPARED_AT_MOST = 6  # a chapter's quiz, and its players and sliders: elements that hold pictures

each_chapter = pytest.mark.parametrize("slug", SLUGS)


@each_chapter
def test_executed_in_order_without_error(slug):
    assert checks.execution_problems(NOTEBOOKS[slug]) == []


@each_chapter
def test_equals_its_source(slug):
    source = jupytext.read(ROOT / "book" / "chapters" / f"{slug}.md")
    assert checks.sync_problems(source, NOTEBOOKS[slug]) == []


@each_chapter
def test_shape(slug):
    assert checks.shape_problems(NOTEBOOKS[slug]) == []


@each_chapter
def test_few_cells_are_left_uncompared(slug):
    assert checks.uncompared(NOTEBOOKS[slug]) <= UNCOMPARED_AT_MOST


@each_chapter
def test_no_absolute_path(slug):
    assert checks.path_problems(NOTEBOOKS[slug]) == []


def test_every_claim_is_decided():
    assert checks.claim_problems(CLAIMS, NOTEBOOKS) == []


def test_no_chapter_is_left_out_of_the_table_of_contents():
    sources = {path.stem for path in (ROOT / "book" / "chapters").glob("*.md")}
    twins = {path.stem for path in (ROOT / "book" / "notebooks").glob("*.ipynb")}
    assert sources == twins == set(SLUGS)
