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


def time_problems(page, notebook):
    """A page that does not say how long it ran, or ran too long, in seconds of the processor."""
    if "seconds" not in notebook.metadata:
        return [f"{page} does not say how long it ran: run make notebooks"]
    seconds = notebook.metadata["seconds"]
    if seconds > SECONDS_AT_MOST:
        return [f"{page} runs for {seconds:.1f} s, at most {SECONDS_AT_MOST} are wanted"]
    return []


def path_problems(notebook):
    """Absolute paths anywhere in a notebook's cells or outputs."""
    text = [cell.source for cell in notebook.cells]
    for cell in code_cells(notebook):
        for output in cell.outputs:
            text.append(output.get("text", ""))
            text += [str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
    return [f"an absolute path: {match[0]!r}" for part in text for match in ABSOLUTE_PATH.finditer(part)]


def shown(cell):
    """What a reader sees of a code cell's outputs: glued values and removed outputs are not seen."""
    if {"remove-output", "hide-output", "hide-cell", "remove-cell"} & set(tags(cell)):
        return []
    seen = [o for o in cell.outputs if o.output_type == "stream" and o.text.strip()]
    kinds = [(o, o.data) for o in cell.outputs if o.output_type in ("display_data", "execute_result")]
    return seen + [o for o, data in kinds if any(not kind.startswith("application/papermill") for kind in data)]


def check_problems(notebook):
    """Folded cells that do not say what held, and cells that assert in silence."""
    problems = []
    for cell in code_cells(notebook):
        start = repr(cell.source[:60])
        if "check" in tags(cell):
            text = "".join(output.text for output in cell.outputs if output.output_type == "stream")
            lines = [line for line in text.splitlines() if line.strip()]
            if not lines:
                problems.append(f"a check prints nothing: {start}")
            problems += [f"a check prints {line[:60]!r}" for line in lines if not re.match(r"[✓≈✗] \S", line)]
        elif not shown(cell) and re.search(r"\bassert\b|\bassert_", cell.source):
            problems.append(f"a cell asserts in silence and is not tagged check: {start}")
    return problems


def silent_problems(notebook):
    """More than a third of the visible cells show nothing; those that import count, checks do not."""
    folded = {"check", "hide-input", "hide-cell", "remove-input", "remove-cell"}
    visible = [cell for cell in code_cells(notebook) if not folded & set(tags(cell))]
    silent = sum(not shown(cell) for cell in visible)
    return [f"{silent} of {len(visible)} visible code cells show nothing"] if 3 * silent > len(visible) else []
