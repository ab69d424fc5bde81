"""The ledger of claims is sound, its page is in step with it, and each kind of fault in it is named."""

from pathlib import Path

import nbformat
import pytest
import yaml

from tools import verdicts

ROOT = Path(__file__).resolve().parents[2]
TOC = "parts: [{chapters: [{file: book/notebooks/08-svm/1-margin}]}]"


@pytest.fixture
def claims():
    return [
        {"id": "K001", "notes": ["A"], "claim": "One.", "verdict": "true", "why": "So.", "chapter": "04-linear-models"},
        {"id": "K002", "notes": ["B", "C"], "claim": "Two.", "verdict": "wrong", "why": "No.", "chapter": "08-svm"},
    ]


def test_the_page_is_in_step_with_the_ledger():
    assert verdicts.main(["--check"]) == 0


def test_check_tells_a_page_that_was_edited(tmp_path, claims, capsys):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "claims.yml").write_text(yaml.safe_dump(claims, sort_keys=False), encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "book" / "notebooks" / "08-svm").mkdir(parents=True)
    nbformat.write(executed(["K002", "check"], "✗ wrong: two"), tmp_path / "book/notebooks/08-svm/1-margin.ipynb")
    assert verdicts.main(["--root", str(tmp_path)]) == 0
    assert verdicts.main(["--check", "--root", str(tmp_path)]) == 0
    page = tmp_path / "book" / "verdicts.md"
    page.write_text(page.read_text(encoding="utf-8").replace("wrong", "true"), encoding="utf-8")
    assert verdicts.main(["--check", "--root", str(tmp_path)]) == 1
    assert "out of date" in capsys.readouterr().err


def test_only_chapters_in_the_table_of_contents_decide(claims):
    page = verdicts.page(claims, ["08-svm"])
    assert ":::{container} verdict verdict-wrong\nTwo.\n\n**✗ wrong** --- No.\n\n[See the check](#claim-K002)" in page
    assert ":::{container} verdict verdict-open\nOne.\n\n**expected: true** --- So.\n\nK001, set A\n:::" in page
    assert "So far 1 claims are decided; the other 1 wait" in page
    assert page.index("K002") < page.index("K001")


def executed(tags, *lines):
    """A page with one cell, which printed some lines."""
    output = nbformat.v4.new_output("stream", name="stdout", text="".join(f"{line}\n" for line in lines))
    cell = nbformat.v4.new_code_cell("...", metadata={"tags": tags}, outputs=[output])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Text."), cell])


def test_verdicts_are_read_from_what_a_cell_printed():
    page = executed(["K002", "K001", "check"], "✗ wrong: a", "✓ both: equal to 1e-7", "✓ true with a condition: b: c")
    assert verdicts.printed(page) == {"K002": "wrong", "K001": "true with a condition"}
    assert verdicts.printed(executed(["check"], "✓ true: a")) == {}


def test_a_claim_that_two_cells_decide_is_told(claims):
    page = executed(["K002", "check"], "✗ wrong: two")
    page.cells.append(page.cells[1])
    assert verdicts.evidence_problems(claims, {"p": page}) == ["p: K002 is decided twice"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (executed(["K002", "check"], "✓ true: two"), ["p: K002 is found 'true', the ledger says 'wrong'"]),
        (executed(["K002", "check"], "✗ wrong two"), ["p: the cell of K002 prints 0 verdicts"]),
        (executed(["K002", "check"], "✗ wrong: two", "✗ wrong: two"), ["p: the cell of K002 prints 2 verdicts"]),
        (executed(["K003", "check"], "✗ wrong: three"), ["p: a cell decides K003, an unknown claim"]),
        (executed(["K002", "check"], "✗ wrong: two"), []),
    ],
)
def test_a_cell_that_finds_otherwise_than_the_ledger_is_told(claims, page, words):
    assert verdicts.evidence_problems(claims, {"p": page}) == words


def test_check_tells_a_page_that_found_otherwise(tmp_path, claims, capsys):
    folder = tmp_path / "book" / "notebooks" / "08-svm"
    folder.mkdir(parents=True)
    (tmp_path / "book" / "claims.yml").write_text(yaml.safe_dump(claims, sort_keys=False), encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    nbformat.write(executed(["K002", "check"], "≈ imprecise: two"), folder / "1-margin.ipynb")
    assert verdicts.main(["--root", str(tmp_path)]) == 0
    assert verdicts.main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "08-svm/1-margin: K002 is found 'imprecise', the ledger says 'wrong'\n"


def test_a_sound_ledger_has_no_problems(claims):
    assert verdicts.ledger_problems(claims) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "K2"}, "'K2' is not K and three digits"),
        ({"notes": ["F"]}, "K002: notes is ['F']"),
        ({"notes": ["C", "B"]}, "K002: notes is ['C', 'B']"),
        ({"verdict": True}, 'write "true" in quotes'),
        ({"verdict": "false"}, "K002: unknown verdict 'false'"),
        ({"chapter": "svm"}, "K002: unknown chapter 'svm'"),
        ({"claim": "Two"}, "K002: claim is not a sentence"),
        ({"why": "Because $x."}, "K002: why opens a formula"),
        ({"more": 1}, "expected ['id', 'notes'"),
        ({"id": "K001"}, "the id K001 is given 2 times"),
        ({"id": "K000"}, "K000 comes right after K001: out of order"),
    ],
)
def test_each_fault_of_a_record_is_named(claims, change, words):
    claims[1] |= change
    problems = verdicts.ledger_problems(claims)
    assert len(problems) == 1 and words in problems[0]


def test_a_faulty_ledger_is_refused(tmp_path):
    (tmp_path / "claims.yml").write_text("id: K001", encoding="utf-8")
    with pytest.raises(ValueError, match="not a list of records"):
        verdicts.load_claims(tmp_path / "claims.yml")


def test_an_unknown_chapter_in_the_table_of_contents_is_refused(tmp_path):
    (tmp_path / "toc.yml").write_text("parts: [{chapters: [{file: book/notebooks/04-other/1-page}]}]", encoding="utf-8")
    with pytest.raises(ValueError, match="04-other"):
        verdicts.written_chapters(tmp_path / "toc.yml")
