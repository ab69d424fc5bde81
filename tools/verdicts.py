"""Make the page of verdicts from the ledger of claims and the table of contents.

``python tools/verdicts.py`` writes ``book/verdicts.md``; ``--check`` writes nothing and exits with 1 if the page
differs. The ledger is checked first: whatever is wrong with it is raised as a ``ValueError`` that names every
problem.
"""

import argparse
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import yaml

from tools import contents

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ["id", "notes", "claim", "verdict", "why", "chapter"]
NOTES = "ABCDE"

# verdict: (badge of sphinx-design, what it means)
VERDICTS = {
    "true": ("bdg-success", "It holds as stated."),
    "true with a condition": ("bdg-info", "It holds once a condition is added, and the condition is named."),
    "imprecise": ("bdg-warning", "Its core is right, but its words would teach something false."),
    "wrong": ("bdg-danger", "It is false as stated, and the correct statement stands beside it."),
}


def record_problems(record):
    """What is wrong with one record of the ledger, in words."""
    if not isinstance(record, dict) or list(record) != FIELDS:
        return [f"a record has the fields {list(record)}, expected {FIELDS} in this order"]
    name, problems = record["id"], []
    if not re.fullmatch(r"K\d{3}", str(name)):
        problems.append(f"the id {name!r} is not K and three digits")
    notes = record["notes"]
    if not isinstance(notes, list) or not notes or notes != sorted(set(notes) & set(NOTES)):
        problems.append(f"{name}: notes is {notes!r}, expected a sorted list of letters from {NOTES}")
    if record["verdict"] is True:
        problems.append(f'{name}: the verdict is a truth value of YAML; write "true" in quotes')
    elif record["verdict"] not in VERDICTS:
        problems.append(f"{name}: unknown verdict {record['verdict']!r}, expected one of {list(VERDICTS)}")
    if record["chapter"] not in contents.TITLES:
        problems.append(f"{name}: unknown chapter {record['chapter']!r}, expected one of {list(contents.TITLES)}")
    for field in ("claim", "why"):
        text = record[field]
        if not isinstance(text, str) or not text.strip().endswith("."):
            problems.append(f"{name}: {field} is not a sentence that ends with a period")
        elif text.count("$") % 2:
            problems.append(f"{name}: {field} opens a formula that it does not close")
    return problems


def ledger_problems(claims):
    """What is wrong with the whole ledger, in words: its records, ids given twice, ids out of order."""
    if not isinstance(claims, list) or not claims:
        return ["the ledger is not a list of records"]
    problems = [problem for record in claims for problem in record_problems(record)]
    if problems:
        return problems
    ids = [record["id"] for record in claims]
    problems += [f"the id {name} is given {times} times" for name, times in Counter(ids).items() if times > 1]
    for before, after in pairwise(ids):
        if after < before:
            problems.append(f"{after} comes right after {before}: out of order")
    return problems


def load_claims(path):
    """Read and check the ledger.

    Raises
    ------
    ValueError
        With every problem of the ledger on a line of its own.
    """
    claims = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    problems = ledger_problems(claims)
    if problems:
        raise ValueError(f"{path}:\n" + "\n".join(problems))
    return claims


def written_chapters(path):
    """The slugs of the chapters in the table of contents, in its order.

    Raises
    ------
    ValueError
        If the table of contents has a chapter that this tool does not know.
    """
    slugs = list(contents.chapters(path))
    unknown = [slug for slug in slugs if slug not in contents.TITLES]
    if unknown:
        raise ValueError(f"{path}: unknown chapters {unknown}, expected some of {list(contents.TITLES)}")
    return slugs


def notes_in_words(notes):
    """``["A", "C"]`` becomes ``Sets A and C``."""
    if len(notes) == 1:
        return f"Set {notes[0]}"
    return f"Sets {', '.join(notes[:-1])} and {notes[-1]}"


def entry(claim, written):
    """One claim as a definition: its id and verdict, then the statement, then the reason."""
    name, (badge, _) = claim["id"], VERDICTS[claim["verdict"]]
    if written:
        term = f"[{name}](#claim-{name}) {{{badge}}}`{claim['verdict']}`"
    else:
        term = f"{name} · expected: {claim['verdict']}"
    return f"{term}\n: *{notes_in_words(claim['notes'])}:* {claim['claim']}\n\n  {claim['why']}\n"


def section(slug, claims, written):
    """A chapter's heading, where it stands, and its claims."""
    title = f"## {slug[:2]} {contents.TITLES[slug]}\n"
    if written:
        where = "Decided in the chapter; each id leads to the cell.\n"
    else:
        where = "Still open: the chapter is not written yet.\n"
    return "\n".join([title, where, *(entry(claim, written) for claim in claims)])


def page(claims, slugs):
    """The page of verdicts.

    Parameters
    ----------
    claims : list of dict
        The records of the ledger, checked.
    slugs : list of str
        The chapters in the table of contents; only they decide anything.
    """
    decided = [claim for claim in claims if claim["chapter"] in slugs]
    counts = Counter(claim["verdict"] for claim in decided)
    meanings = [
        f"{{{badge}}}`{verdict}` ({counts[verdict]})\n: {text}\n" for verdict, (badge, text) in VERDICTS.items()
    ]
    owed = {slug: [claim for claim in claims if claim["chapter"] == slug] for slug in contents.TITLES}
    order = sorted(contents.TITLES, key=lambda slug: (slug not in slugs, slug))  # what is decided comes first
    sections = [section(slug, owed[slug], slug in slugs) for slug in order if owed[slug]]
    return "\n".join(
        [
            "# Verdicts\n",
            "This course grew from five sets of study notes, called A to E. Whatever they state that can be checked "
            f"was collected as a claim, {len(claims)} in all. A verdict says whether the claim holds, and it counts "
            "only once a cell of a chapter, tagged with the claim's id, asserts it each time the chapter runs. So far "
            f"{len(decided)} claims are decided; the other {len(claims) - len(decided)} wait for their chapter and "
            "show the verdict that is expected.\n",
            "A verdict is one of four, here with the number of claims that have it so far:\n",
            *meanings,
            *sections,
        ]
    )


def main(argv=None):
    parser = argparse.ArgumentParser(description="Make book/verdicts.md from the ledger of claims.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the page is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds book/ and _toc.yml")
    args = parser.parse_args(argv)
    target = args.root / "book" / "verdicts.md"
    text = page(load_claims(args.root / "book" / "claims.yml"), written_chapters(args.root / "_toc.yml"))
    if not args.check:
        target.write_text(text, encoding="utf-8", newline="\n")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        print("book/verdicts.md is out of date: run python tools/verdicts.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
