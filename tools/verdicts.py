"""Make the page of verdicts from the ledger of claims and the table of contents.

``python -m tools.verdicts`` writes ``book/verdicts.md``; ``--check`` writes nothing and exits with 1 if the page
differs, or if a cell of an executed page printed another verdict than the ledger's. The ledger is checked first:
whatever is wrong with it is raised as a ``ValueError`` that names every problem.
"""

import argparse
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import nbformat
import yaml

from companion.checking import MARKS
from tools import contents

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ["id", "notes", "claim", "verdict", "why", "chapter"]
NOTES = "ABCDE"

VERDICTS = {
    "true": "It holds as stated.",
    "true with a condition": "It holds once a condition is added, and the condition is named.",
    "imprecise": "Its core is right, but its words would teach something false.",
    "wrong": "It is false as stated, and the correct statement stands beside it.",
}
VERDICT = re.compile(rf"[{''.join(set(MARKS.values()))}] ({'|'.join(VERDICTS)}): .+")  # as a cell prints it
# Where the script puts the two filters; without it there are none, and every claim stands on the page.
FILTERS = """```{raw} html
<div class="verdict-filters"></div>
<script defer src="../_static/verdicts.js"></script>
```
"""


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


def printed(notebook):
    """The verdicts that the cells of an executed page printed, each claim with its verdict.

    A cell that decides claims carries their ids and ``check`` as tags, and prints one verdict for each, in their order.

    Raises
    ------
    ValueError
        If a cell does not print as many verdicts as it has ids, or two cells decide one claim.
    """
    found = {}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        claims = [tag for tag in tags if re.fullmatch(r"K\d{3}", tag)]
        if cell.cell_type == "code" and claims and "check" in tags:
            text = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
            verdicts = [match[1] for match in map(VERDICT.fullmatch, text.splitlines()) if match]
            if len(verdicts) != len(claims):
                raise ValueError(f"the cell of {', '.join(claims)} prints {len(verdicts)} verdicts")
            if twice := [claim for claim in claims if claim in found]:
                raise ValueError(f"{twice[0]} is decided twice")
            found |= dict(zip(claims, verdicts))
    return found


def evidence_problems(claims, notebooks):
    """Where the ledger says otherwise than the cells, in words.

    Parameters
    ----------
    claims : list of dict
        The records of the ledger.
    notebooks : dict of str to notebook
        The executed pages by their name.
    """
    ledger, problems = {claim["id"]: claim["verdict"] for claim in claims}, []
    for page, notebook in notebooks.items():
        try:
            verdicts = printed(notebook)
        except ValueError as problem:
            problems.append(f"{page}: {problem}")
            continue
        for claim, verdict in verdicts.items():
            if claim not in ledger:
                problems.append(f"{page}: a cell decides {claim}, an unknown claim")
            elif verdict != ledger[claim]:
                problems.append(f"{page}: {claim} is found {verdict!r}, the ledger says {ledger[claim]!r}")
    return problems


def entry(claim, written):
    """One claim: the statement, then the verdict and the reason, the id last."""
    name, verdict = claim["id"], claim["verdict"]
    kind = verdict.replace(" ", "-") if written else "open"
    decision = f"**{MARKS[verdict]} {verdict}**" if written else f"**expected: {verdict}**"
    sets = f"set{'s' * (len(claim['notes']) > 1)} {', '.join(claim['notes'])}"
    check = f"[See the check](#claim-{name}) · " if written else ""
    lines = [claim["claim"], "", f"{decision} --- {claim['why']}", "", f"{check}{name}, {sets}"]
    return "\n".join([f":::{{container}} verdict verdict-{kind}", *lines, ":::\n"])


def section(slug, claims, written):
    """A chapter's heading and its claims."""
    title = f"## {slug[:2]} {contents.TITLES[slug]}\n"
    where = [] if written else ["The chapter is not written yet: these claims are open, their verdicts expected.\n"]
    return "\n".join([title, *where, *(entry(claim, written) for claim in claims)])


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
    meanings = [f"{MARKS[verdict]} {verdict} ({counts[verdict]})\n: {text}\n" for verdict, text in VERDICTS.items()]
    owed = {slug: [claim for claim in claims if claim["chapter"] == slug] for slug in contents.TITLES}
    order = sorted(contents.TITLES, key=lambda slug: (slug not in slugs, slug))  # what is decided comes first
    sections = [section(slug, owed[slug], slug in slugs) for slug in order if owed[slug]]
    return "\n".join(
        [
            "# Verdicts\n",
            "This course grew from five sets of study notes, called A to E. Whatever they state that can be checked "
            f"was collected as a claim, {len(claims)} in all. A verdict says whether the claim holds. It counts only "
            "once a cell of a chapter computes it, each time the chapter runs. So far "
            f"{len(decided)} claims are decided; the other {len(claims) - len(decided)} wait for their chapter and "
            "show the verdict that is expected.\n",
            "A verdict is one of four, here with the number of claims that have it so far:\n",
            *meanings,
            FILTERS,
            *sections,
        ]
    )


def executed_pages(root):
    """The executed notebook of each page in the table of contents."""
    files = [file for file in contents.files(root / "_toc.yml") if file.startswith(contents.NOTEBOOKS)]
    return {
        file.removeprefix(contents.NOTEBOOKS): nbformat.read(root / f"{file}.ipynb", as_version=4) for file in files
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description="Make book/verdicts.md from the ledger of claims.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if anything is out of step")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds book/ and _toc.yml")
    args = parser.parse_args(argv)
    target, claims = args.root / "book" / "verdicts.md", load_claims(args.root / "book" / "claims.yml")
    text = page(claims, written_chapters(args.root / "_toc.yml"))
    if not args.check:
        target.write_text(text, encoding="utf-8", newline="\n")
        return 0
    problems = evidence_problems(claims, executed_pages(args.root))
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        problems.append("book/verdicts.md is out of date: run python -m tools.verdicts")
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
