"""What a chapter's notebook must satisfy: each function returns the problems found, in words, so that a test
can plant one."""

import itertools
import re
import statistics

from tools import reading

ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:root|home|tmp|usr|opt|Users|var)/\w")
UNCOMPARED = "nbval-ignore-output"
HEAD = re.compile(r"(?:\([\w-]+\)=\n)*# .+\n\n(`{3,}|:{3,})\{sitting\}\n:needs: \S.*\n:then: \S.*\n\1(?:\n|$)")
WORDS_AT_MOST = 2500
SECONDS_AT_MOST = 25


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def execution_problems(notebook):
    """Cells never run, run out of order, or ended in an error or a warning: nbval would compare nothing there."""
    problems = []
    for place, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != place:
            problems.append(f"code cell {place} has execution count {cell.execution_count}, expected {place}")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"code cell {place} stores the error {output.ename}")
            if output.get("name") == "stderr":
                problems.append(f"code cell {place} stores text on stderr: {output.text[:80]!r}")
    return problems


def sync_problems(source, notebook):
    """Differences between the cells of a chapter's source and those of its executed twin."""
    if len(source.cells) != len(notebook.cells):
        return [f"the source has {len(source.cells)} cells, the notebook {len(notebook.cells)}"]
    problems = []
    for place, (ours, theirs) in enumerate(zip(source.cells, notebook.cells), start=1):
        if (ours.cell_type, ours.source) != (theirs.cell_type, theirs.source):
            problems.append(f"cell {place} differs from its source: {theirs.source[:60]!r}")
        elif ours.cell_type == "code" and ours.metadata != {
            k: v for k, v in theirs.metadata.items() if k != "execution"
        }:
            problems.append(f"the metadata of cell {place} differ from its source: {theirs.source[:60]!r}")
    return problems


def shape_problems(notebook):
    """Departures from the anatomy of a chapter: long cells, code after code, uncompared cells without reason."""
    problems, cells = [], notebook.cells
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    if statistics.median(lengths) > 6:
        problems.append(f"the median code cell has {statistics.median(lengths)} lines, at most 6 are wanted")
    problems += [f"a code cell has {length} lines, at most 25 are wanted" for length in lengths if length > 25]
    for before, cell in itertools.pairwise(cells):
        if before.cell_type == cell.cell_type == "code":
            problems.append(f"no text before the code cell {cell.source[:60]!r}")
    for cell in code_cells(notebook):
        if UNCOMPARED in tags(cell) and not re.search(r"#.*not compared", cell.source):
            problems.append(f"an uncompared cell without its reason: {cell.source[:60]!r}")
    return problems


def uncompared(notebooks):
    """The share of the cells that nbval does not compare."""
    return statistics.mean(UNCOMPARED in tags(cell) for notebook in notebooks for cell in code_cells(notebook))


def head_problems(notebook):
    """A page that does not begin with its title and what the reader is in for, or is more than one sitting."""
    problems, count = [], reading.words(notebook)
    if not HEAD.match(notebook.cells[0].source):
        problems.append("the page does not begin with its title and the directive sitting: needs, then")
    if count > WORDS_AT_MOST:
        problems.append(f"the page has {count} words, at most {WORDS_AT_MOST} are wanted")
    return problems


def time_problems(notebooks):
    """Pages that do not say how long they ran, and chapters that run too long, in seconds of the processor."""
    problems, total = [], {}
    for page, notebook in notebooks.items():
        slug = page.split("/")[0]
        if "seconds" not in notebook.metadata:
            problems.append(f"{page} does not say how long it ran: run make notebooks")
        total[slug] = total.get(slug, 0) + notebook.metadata.get("seconds", 0)
    return problems + [
        f"{slug} runs for {seconds:.1f} s, at most {SECONDS_AT_MOST} are wanted"
        for slug, seconds in total.items()
        if seconds > SECONDS_AT_MOST
    ]


def path_problems(notebook):
    """Absolute paths anywhere in a notebook's cells or outputs."""
    text = [cell.source for cell in notebook.cells]
    for cell in code_cells(notebook):
        for output in cell.outputs:
            text.append(output.get("text", ""))
            text += [str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
    return [f"an absolute path: {match[0]!r}" for part in text for match in ABSOLUTE_PATH.finditer(part)]


def claim_problems(claims, notebooks):
    """Claims of the chapters at hand that nothing decides, and cells that decide a claim nobody made.

    Parameters
    ----------
    claims : list of dict
        The records of ``book/claims.yml``.
    notebooks : dict of str to notebook
        The executed pages by their name, chapter first: ``05-losses/1-numbers``.
    """
    known, problems = {claim["id"] for claim in claims}, []
    chapters = {}
    for page, notebook in notebooks.items():
        chapters.setdefault(page.split("/")[0], []).extend(notebook.cells)
    owed = {slug: [claim for claim in claims if claim["chapter"] == slug] for slug in chapters}
    for slug, cells in chapters.items():
        code = [cell for cell in cells if cell.cell_type == "code"]
        deciding = {tag: cell for cell in code for tag in tags(cell) if re.fullmatch(r"K\d{3}", tag)}
        problems += [f"{slug}: a cell is tagged {tag}, an unknown claim" for tag in sorted(set(deciding) - known)]
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        for claim in owed[slug]:
            name, title = claim["id"], f"{claim['id']}, {claim['verdict']}"
            if name not in deciding:
                problems.append(f"{slug}: no cell decides {name}")
            elif not re.search(r"\bassert\b|assert_", deciding[name].source):
                problems.append(f"{slug}: the cell of {name} asserts nothing")
            if f":name: claim-{name}\n" not in text:
                problems.append(f"{slug}: no verdict box named claim-{name}")
            elif not re.search(rf"\{{admonition\}} From the notes: {re.escape(title)}\n", text):
                problems.append(f"{slug}: the box of {name} does not carry its verdict, {claim['verdict']!r}")
    return problems
