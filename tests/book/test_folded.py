"""Checks fold into a line, and a note's box takes its verdict from the cell: on small pages that are built."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
CONF = """
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_nb", "folded"]
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "dollarmath"]
"""
BOX = ':::{note-claim} K084\n"One adds the gradient." --- It has to be *subtracted*.\n\nTwice.\n:::'


def notebook(*cells):
    """Texts, and code as (tags, what it prints)."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
        else:
            tags, text = cell
            outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
            metadata = {"tags": tags}
            made.append(nbformat.v4.new_code_cell("x = 1", execution_count=1, outputs=outputs, metadata=metadata))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    return nbformat.v4.new_notebook(cells=made, metadata=kernel | {"language_info": {"name": "python"}})


def build(folder, *pages, builder="html", link=""):
    """Build pages, and one that links to them; returns the folder of what was built and the warnings."""
    source, target = folder / "source", folder / builder
    source.mkdir()
    (source / "conf.py").write_text(CONF.format(extensions=str(ROOT / "book" / "_extensions")), encoding="utf-8")
    names = [f"page{place}" for place in range(len(pages))]
    toc = "\n".join(["```{toctree}", *names, "```"])
    (source / "index.md").write_text(f"# First\n\n{link}\n\n{toc}\n", encoding="utf-8")
    for name, cells in zip(names, pages):
        nbformat.write(notebook("# Page", *cells), source / f"{name}.ipynb")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return target, re.sub(r"\x1b\[\d*(;\d+)*m", "", done.stderr)


def page(folder, name="page0"):
    return BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_a_check_is_a_line_that_opens_and_a_box_takes_its_verdict(tmp_path):
    lines = "✓ both: equal to 1e-7 (2 numbers)\n✗ wrong: the loss rises\n"
    cells = [BOX, (["K084", "check"], lines), ([], "seen\n")]
    folder, warnings = build(tmp_path, cells, link="[](#claim-K084) [there](#claim-K084)")
    soup = page(folder)
    assert warnings == ""
    check = soup.select_one("details.check")
    assert [line.get_text() for line in check.select("summary .check-line")] == lines.splitlines()
    assert "x = 1" in check.get_text() and not check.has_attr("open")
    assert soup.find(id="claim-K084").get_text() == "✗ wrong: the loss rises"
    assert len(soup.select("details")) == 1 and "seen" in soup.get_text()
    box = soup.select_one(".note-claim.verdict-wrong#note-K084")
    words = " ".join(box.get_text().split())
    assert words == "Note: “One adds the gradient.” ✗ wrong — It has to be subtracted. Twice. See the check."
    assert box.select_one("a")["href"] == "#claim-K084"
    links = page(folder, "index").select("a[href='page0.html#claim-K084']")
    assert [link.get_text() for link in links] == ["the check", "there"]


def test_several_claims_of_a_cell_have_their_own_lines(tmp_path):
    cell = (["K084", "K085", "check"], "✗ wrong: a\n✓ fine\n✓ true with a condition: b\n")
    folder, warnings = build(tmp_path, [BOX, cell, BOX.replace("K084", "K085")])
    soup = page(folder)
    assert warnings == ""
    assert soup.find(id="claim-K084").get_text() == "✗ wrong: a"
    assert soup.find(id="claim-K085").get_text() == "✓ true with a condition: b"
    assert soup.select_one(".verdict-true-with-a-condition")["id"] == "note-K085"


def test_other_builders_show_the_lines_as_text(tmp_path):
    folder, warnings = build(tmp_path, [BOX, (["K084", "check"], "✗ wrong: the loss rises\n")], builder="text")
    text = (folder / "page0.txt").read_text(encoding="utf-8")
    assert warnings == ""
    assert "✗ wrong: the loss rises" in text and "**✗ wrong** — It has to be" in text
    assert "x = 1" not in text


AMISS = [
    ([BOX], "no cell tagged K084 and check decides the note"),
    ([BOX, (["K084"], "✗ wrong: a\n")], "no cell tagged K084 and check decides the note"),
    ([BOX, (["K084", "check"], "✓ both: equal\n")], "tagged K084 and prints 0 verdicts"),
    ([(["check"], "✗ wrong: a\n")], "tagged with no claim and prints 1 verdicts"),
    ([(["K084", "check"], "✗ wrong: a\n✓ true: a\n")], "tagged K084 and prints 2 verdicts"),
    ([(["check"], "")], "prints no line that begins with"),
    ([(["check"], "done\n")], "prints no line that begins with"),
    ([':::{note-claim} K84\n"So." --- Not so.\n:::'], "expected the id of a claim"),
    ([":::{note-claim} K084\nSo it is not.\n:::"], 'expected "what the note says"'),
    ([':::{note-claim} K084\n"So." --- Not so:\n\n- a list\n:::'], "nothing but paragraphs"),
]


def test_what_is_amiss_is_a_warning(tmp_path):
    _, warnings = build(tmp_path, *(cells for cells, _ in AMISS))
    for place, (_, words) in enumerate(AMISS):
        assert any(f"page{place}.ipynb" in line and words in line for line in warnings.splitlines()), words
