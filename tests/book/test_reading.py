"""The head of a page: the words that count, the minutes, and the place in the chapter."""

import nbformat
import pytest

from tools import reading

TEXT = """(sec-here)=
# Two words

```{sitting}
:needs: nothing that counts
:then: nothing that counts
```

% a remark
A {term}`first word` of {term}`three <second>`, $x = 1$ and `code`; see [the page](a.md), twice-told.

```{math}
:label: eq-one
x = \\text{not a word}
```

::::{grid} 2
:::{note} Its title
:name: claim

In a box: 1 colon.
:::
::::

```{companion} losses.huber
```

```python
no = words
```
$$
none
$$
The end.
"""


def test_words_are_those_of_sentences():
    found = reading.WORD.findall(reading.prose(TEXT))
    assert found[:2] == ["Two", "words"]
    assert " ".join(found[2:12]) == "A first word of three and see the page twice-told"
    assert found[12:] == ["2", "Its", "title", "In", "a", "box", "1", "colon", "The", "end"]


def cell(lines=1, **metadata):
    return nbformat.v4.new_code_cell("\n".join(lines * ["x = 1"]), metadata=metadata)


def test_minutes_grow_with_words_pictures_and_visible_code():
    page = nbformat.v4.new_notebook()
    page.cells = [nbformat.v4.new_markdown_cell(1300 * "word ")]
    assert reading.words(page) == 1300 and reading.minutes(page) == 10
    page.cells += 10 * [cell(mystnb={"figure": {"name": "a"}}, tags=["hide-input"])]
    assert reading.minutes(page) == 15
    page.cells += [cell(50), cell(50), cell(100, tags=["check"])]
    assert reading.minutes(page) == 20
    assert reading.minutes(nbformat.v4.new_notebook()) == 5


def test_the_place_of_a_page():
    written = {"05-losses": ["1-numbers", "2-classes"], "12-cnn": ["1-convolution"]}
    assert reading.place("book/notebooks/05-losses/2-classes", written) == ("Losses", 2, 2)
    with pytest.raises(ValueError, match="no page book/notebooks/12-cnn/2-lenet"):
        reading.place("book/notebooks/12-cnn/2-lenet", written)
