"""What a page carries of the glossary: the entries of its own terms, read from a glossary in small."""

import importlib.util
from pathlib import Path

import pytest
from docutils import nodes
from sphinx import addnodes

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_extensions"


@pytest.fixture(scope="module")
def extension():
    spec = importlib.util.spec_from_file_location("glosses", EXTENSIONS / "glosses.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def glossary(*pieces, terms=("weight",)):
    """A document with one entry, whose definition consists of the pieces."""
    words = [nodes.term("", word, ids=[f"term-{word}"]) for word in terms]
    definition = nodes.definition("", nodes.paragraph("", "", *pieces))
    item = nodes.definition_list_item("", *words, definition)
    return nodes.container("", addnodes.glossary("", nodes.definition_list("", item)))


def test_an_entry_is_its_chinese_name_and_its_sentence_without_the_chapter(extension):
    owner = [nodes.Text(" ("), nodes.reference("", "Chapter 04, linear models"), nodes.Text(")")]
    sentence = [nodes.Text("权重 · A number below\n"), nodes.math("", "w < 1"), nodes.Text(" & more.")]
    assert extension.entries(glossary(*sentence, *owner, terms=("weight", "coefficient"))) == {
        f"term-{word}": [
            "权重",
            'A number below <span class="math notranslate nohighlight">\\(w &lt; 1\\)</span> &amp; more.',
        ]
        for word in ("weight", "coefficient")
    }


@pytest.mark.parametrize("text", ["A number. (Chapter 04)", "权重 · no period (Chapter 04)", " · A number."])
def test_an_entry_in_another_form_is_an_error(extension, text):
    with pytest.raises(ValueError, match=r"the glossary's entry 'weight' is not: 中文 · One sentence\."):
        extension.entries(glossary(nodes.Text(text)))


def test_a_page_carries_what_it_refers_to_once_and_in_order(extension):
    def link(address, kind="std-term"):
        return nodes.reference("", "", nodes.inline("", "words", classes=["xref", "std", kind]), **address)

    page = nodes.paragraph(
        "",
        "",
        link({"refuri": "../glossary.html#term-b"}),
        link({"refuri": "../glossary.html#term-a"}),
        link({"refuri": "../glossary.html#term-b"}),
        link({"refuri": "1-numbers.html#sec-c"}, "std-ref"),
        link({"refid": "term-d"}),
    )
    assert extension.used(page) == ["term-b", "term-a"]
