"""What a page glues into a sentence is a plain number, the same on every machine."""

import ast
import importlib

import numpy as np
import pytest

from companion import autograd, gluing


@pytest.fixture
def glued(monkeypatch):
    """What was given on to the book, by name."""
    stored = {}

    def display(data, raw, metadata):
        ((kind, text),) = data.items()
        assert raw and kind == metadata["scrapbook"]["mime_prefix"] + "text/plain"
        stored[metadata["scrapbook"]["name"]] = ast.literal_eval(text)

    notebook = type("Notebook", (), {"display": staticmethod(display)})
    monkeypatch.setattr(gluing, "import_module", {"IPython.display": notebook}.__getitem__)
    return stored


@pytest.mark.parametrize("value", [0.25, 1e-12, 442, "10 to 1", "it's"])
def test_the_book_finds_what_its_own_glue_would_have_stored(monkeypatch, value):
    theirs, ours = [], []
    book = importlib.import_module("myst_nb.ext.glue")
    monkeypatch.setattr(book, "ipy_display", lambda data, **options: theirs.append((data, options)))
    notebook = type("Notebook", (), {"display": staticmethod(lambda data, **options: ours.append((data, options)))})
    monkeypatch.setattr(gluing, "import_module", {"IPython.display": notebook}.__getitem__)
    book.glue("it", value, display=False)
    gluing.glue("it", value)
    assert ours == theirs


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1 / 3, 0.333333),
        (np.float64(45.160030020462905), 45.16),
        (np.float32(0.1), 0.1),
        (np.array([2.5]), 2.5),
        (autograd.Tensor(np.array(7.0)), 7.0),
        (np.int64(442), 442),
        (123456789, 123456789),
        (1234567.8, 1234570.0),
        (-1.23456789e-12, -1.23457e-12),
        (0.0, 0.0),
        ("10 to 1", "10 to 1"),
    ],
)
def test_a_result_becomes_a_plain_value(glued, value, expected):
    gluing.glue("it", value)
    assert glued == {"it": expected} and type(glued["it"]) in (int, float, str)


def test_the_last_digits_of_two_machines_do_not_show(glued):
    gluing.glue("one", 0.3439237602253803)
    gluing.glue("other", 0.3439237602253815)
    assert glued["one"] == glued["other"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32("nan")])
def test_a_number_that_is_none_is_refused(glued, value):
    with pytest.raises(ValueError, match="it is"):
        gluing.glue("it", value)
    assert glued == {}


@pytest.mark.parametrize("value", [True, np.bool_(True), None, [1.0], 1j, np.datetime64("2020-01-01")])
def test_what_is_neither_number_nor_text_is_refused(glued, value):
    with pytest.raises(TypeError, match="it: expected a number or a text, got"):
        gluing.glue("it", value)


@pytest.mark.parametrize("value", [np.ones(2), np.ones(0)])
def test_an_array_of_several_numbers_is_refused(glued, value):
    with pytest.raises((TypeError, ValueError)):
        gluing.glue("it", value)
