"""No page has a result that was typed by hand; a planted one is found."""

from pathlib import Path

import nbformat
import pytest
import yaml

from tests.book import numbers
from tools import contents

ROOT = Path(__file__).resolve().parents[2]
PAGES = [file.removeprefix("book/notebooks/") for file in contents.files() if file.startswith("book/notebooks/")]
GIVEN = yaml.safe_load((ROOT / "book" / "given.yml").read_text(encoding="utf-8")) or {}
CODE = "n = 1_500\nrate = 0.25\nassert abs(rate - 4.6) > 1"


@pytest.mark.parametrize("page", PAGES)
def test_every_number_is_computed_or_given(page):
    notebook = nbformat.read(ROOT / "book" / "notebooks" / f"{page}.ipynb", as_version=4)
    found = numbers.problems({page: notebook}, {page: GIVEN.get(page)})
    assert not found, "\n".join(found)


def test_what_is_given_belongs_to_a_page():
    assert sorted(set(GIVEN) - set(PAGES)) == []


def page(text):
    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(CODE)]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The machine has 0.99, a logistic regression 0.97, by five-fold cross-validation.", ["0.99", "0.97"]),
        ("The loss falls at all rates from 0.01 to 3.", ["0.01"]),
        ("And LeNet? It reads six in ten.", ["six in ten"]),
        ("It reads Nine of ten digits.", ["Nine of ten"]),
        ("A doctor measured each of 442 people.", ["442"]),
        (r"It pays $-\log 0.01 \approx 4.6$. At $p = 1 - 10^{-6}$ it would pay 13.8: more.", ["13.8", "4.6"]),
        ("A dense layer has 614,656, and a bias.", ["614,656"]),
        ("```{math}\n:label: eq-a\na = 0.57\n```", ["0.57"]),
        ("$$\na = 0.57\n$$", ["0.57"]),
        (r"A share of $12\,\%$ and $34\%$.", ["34"]),
        ("A loss of −13 is 27 % less.", ["−13", "27"]),
        ("It happened in 2012.", ["2012"]),
        ('```{explorable} bowl\n:start: {"rate": 0.47}\n:caption: It stops at 0.47.\n:alt: At 0.48.\n```', ["0.47"]),
        (':::{note-claim} K196\n"They do badly." --- One has 0.99.\n:::', ["0.99"]),
        ("| team | error |\n|---|---|\n| first | 0.153 |", ["0.153"]),
        ("- A [link with 77](page77.md) and 3.5 times.", ["77", "3.5"]),
    ],
)
def test_finds_a_result_that_was_typed(text, expected):
    assert [number for number, _ in numbers.unproved(page(text))] == expected
    found = numbers.problems({"small": page(text)}, {})
    assert all(f"small: {number!r} is neither glued nor given" in line for number, line in zip(expected, found))
    assert numbers.problems({"small": page(text)}, {"small": dict.fromkeys(expected, "from the paper")}) == []


@pytest.mark.parametrize(
    "text",
    [
        "Ten steps, 12 units, or 3 of 4.",
        "With 1,500 samples and a rate of 0.25, or 25 percent, or 25 %.",
        "An image of 28 × 28 or 224×224 pixels in float32, L2, im2col; 5-fold.",
        "In chapter 04, figures 17 and 18.",
        "Proved by Hochreiter 1991 (1994); {cite:p}`lecun1998gradient` in 1998.",
        "It falls to {glue:text}`loss:.2f`, as {ref}`there <sec-99>` and `x = 0.123` say.",
        "(sec-442)=\n## 13. A title\n\n1. one\n25. two",
        "Half the way, $0.5$ of $x_{13}$ and $10^{-16}$, see [there](../05-losses/1-numbers.ipynb).",
        "```python\nx = 0.123\n```\n<!-- 0.77 -->\n:::{admonition} Title\n:name: box-33\nText.\n:::",
        "One of ten features, and one of twenty points.",
    ],
)
def test_leaves_what_nobody_computes(text):
    assert numbers.unproved(page(text)) == []


def test_what_is_asserted_or_compared_is_no_setting():
    assert numbers.settings([nbformat.v4.new_code_cell(CODE + "\nif n > 99: f(0.5)")]) == {1500.0, 0.25, 0.5}


def test_a_caption_of_a_figure_is_prose():
    notebook = page("Text.")
    notebook.cells[1].metadata["mystnb"] = {"figure": {"name": "fig-99", "caption": "The loss is 0.77."}}
    assert [number for number, _ in numbers.unproved(notebook)] == ["0.77"]


def test_a_reason_must_be_one_and_must_be_needed():
    text = "Each of 442 people."
    assert numbers.problems({"small": page(text)}, {"small": {"442": " "}}) == [
        "small: '442' is given without a reason"
    ]
    given = {"small": {"442": "people", "77": "more"}, "gone": {}}
    assert numbers.problems({"small": page(text)}, given) == [
        "gone: given.yml has no such page",
        "small: '77' is given, but not needed",
    ]
