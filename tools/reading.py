"""How long a page is: the words of its prose, and the minutes that reading it takes."""

import re

from tools.contents import NOTEBOOKS, TITLES, chapters

WORDS_A_MINUTE = 130  # of mathematics; a novel is read twice as fast
MINUTES_A_PICTURE = 0.5  # a figure, or a function of the companion
LINES_A_MINUTE = 20  # of code
HIDDEN = {"hide-input", "remove-input", "hide-cell", "remove-cell", "check"}
WITHOUT_PROSE = {"math", "companion", "explorable", "sitting", "glue:figure", "figure", "image", "bibliography"}

FENCE = re.compile(r"\s*(`{3,}|:{3,})(?:\{([\w:-]+)\})?(.*)$")
LABEL = re.compile(r"\s*\([\w:-]+\)=\s*$|%")  # or a comment
MARKUP = [
    (re.compile(r"<!--.*?-->|\$\$.*?\$\$", re.DOTALL), " "),
    (re.compile(r"(?<![\\\w])\$[^$]+\$"), " "),
    (re.compile(r"\{[\w:-]+\}`([^`<]*)(?:<[^`]*>)?`"), r"\1"),  # a role: its words, not its target
    (re.compile(r"`[^`]+`"), " "),  # code in a line
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"<https?:[^>]*>"), " "),
]
WORD = re.compile(r"[^\W_]+(?:[-–'’.,][^\W_]+)*")


def prose(text):
    """The sentences of a Markdown cell: without code, formulas, labels, and the options of directives.

    What stands in a box counts; a directive that shows a formula, code or a picture does not.
    """
    lines, blocks, options = [], [], False  # of each open block its fence, and whether it is left out
    for line in text.splitlines():
        fence, left_out = FENCE.match(line), any(skipped for _, skipped in blocks)
        mark, name, rest = fence.groups() if fence else ("", None, "")
        if blocks and mark == blocks[-1][0] and not name and not rest.strip():
            blocks.pop()
        elif mark and not left_out:
            blocks.append((mark, name in WITHOUT_PROSE or (name is None and mark[0] == "`")))
            options = name is not None
            lines += [] if blocks[-1][1] else [rest]  # the title of a box
        elif not left_out and not (options and line.lstrip().startswith(":")):
            options = False
            lines.append("" if LABEL.match(line) else line)
    remaining = "\n".join(lines)
    for pattern, kept in MARKUP:
        remaining = pattern.sub(kept, remaining)
    return remaining


def words(notebook):
    """How many words of prose a page has."""
    return sum(len(WORD.findall(prose(cell.source))) for cell in notebook.cells if cell.cell_type == "markdown")


def minutes(notebook):
    """How long one sits over a page: its words, pictures and visible code, rounded to five minutes."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = sum(len(cell.source.splitlines()) for cell in code if not HIDDEN & set(cell.metadata.get("tags", [])))
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    pictures = len(re.findall(r"\{(?:companion|explorable|figure|image)\}", text))
    pictures += sum("figure" in cell.metadata.get("mystnb", {}) for cell in code)
    total = words(notebook) / WORDS_A_MINUTE + pictures * MINUTES_A_PICTURE + lines / LINES_A_MINUTE
    return max(5, 5 * round(total / 5))


def place(file, written=None):
    """Where a page stands: the title of its chapter, its number and how many pages the chapter has.

    Parameters
    ----------
    file : str
        As in the table of contents: ``book/notebooks/05-losses/1-numbers``.
    written : dict of str to list of str, optional
        The pages of each chapter; those of the table of contents without.

    Raises
    ------
    ValueError
        If the table of contents has no such page.
    """
    slug, _, page = file.removeprefix(NOTEBOOKS).partition("/")
    pages = (chapters() if written is None else written).get(slug, [])
    if page not in pages:
        raise ValueError(f"the table of contents has no page {file}")
    return TITLES[slug], pages.index(page) + 1, len(pages)
