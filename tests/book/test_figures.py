"""Every picture in a chapter has words for those who cannot see it, a name to refer to and a caption."""

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book" / "notebooks").rglob("*.ipynb"))
PICTURES = {"image/png", "image/svg+xml", "image/jpeg"}


def figure_problems(notebook):
    """Pictures without alternative text, name or caption, and figures that share a name."""
    problems, names = [], set()
    for cell in notebook.cells:
        pictures = [output for output in cell.get("outputs", []) if PICTURES & set(output.get("data", {}))]
        if not pictures:
            continue
        look = cell.metadata.get("mystnb", {})
        figure, start = look.get("figure", {}), cell.source[:60]
        words = {
            "alternative text": look.get("image", {}).get("alt"),
            "name": figure.get("name"),
            "caption": figure.get("caption"),
        }
        problems += [f"no {key}: {start!r}" for key, text in words.items() if not (text or "").strip()]
        if len(pictures) > 1:
            problems.append(f"{len(pictures)} pictures under one name: {start!r}")
        if figure.get("name") in names:
            problems.append(f"the name {figure['name']} is taken: {start!r}")
        names.add(figure.get("name"))
    return problems


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_picture_has_words_a_name_and_a_caption(path):
    assert figure_problems(nbformat.read(path, as_version=4)) == []


@pytest.fixture
def notebook():
    """Two cells that each show one picture, as they should be."""
    cells = []
    for name in ("fig-one", "fig-two"):
        cell = nbformat.v4.new_code_cell("plt.show()", execution_count=1)
        cell.metadata["mystnb"] = {
            "figure": {"name": name, "caption": "A line rises."},
            "image": {"alt": "A line that rises from left to right."},
        }
        cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"})]
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def test_sound_figures_pass(notebook):
    assert figure_problems(notebook) == []


@pytest.mark.parametrize(
    ("part", "key", "problem"),
    [
        ("image", "alt", "no alternative text"),
        ("figure", "name", "no name"),
        ("figure", "caption", "no caption"),
    ],
)
@pytest.mark.parametrize("blank", ["", "  ", None])
def test_finds_a_picture_without_words(notebook, part, key, problem, blank):
    notebook.cells[0].metadata["mystnb"][part][key] = blank
    assert figure_problems(notebook) == [f"{problem}: 'plt.show()'"]


def test_finds_a_picture_without_any_metadata(notebook):
    del notebook.cells[0].metadata["mystnb"]
    assert len(figure_problems(notebook)) == 3


def test_finds_a_name_used_twice_and_two_pictures_in_one_cell(notebook):
    notebook.cells[1].metadata["mystnb"]["figure"]["name"] = "fig-one"
    notebook.cells[0].outputs *= 2
    assert len(figure_problems(notebook)) == 2
