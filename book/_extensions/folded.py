"""Checks and claims on a page: what a cell says stands in one line, its code opens below it.

A code cell with the tag ``check`` becomes a line that shows what the cell printed and can be opened to show the code.
Where the cell also has the tag of a claim, such as ``K084``, its verdict is the target ``claim-K084``. The directive
``note-claim`` puts a claim of the notes that is not plainly true in a box:

    :::{note-claim} K084
    "The update adds the learning rate times the gradient." --- With a plus sign the loss climbs.
    :::

The quotation comes first, the reason after the dashes. Between them the box shows the verdict that the cell with the
claim's tag printed on this page; without such a cell the build fails.
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from companion.checking import MARKS

LOGGER = logging.getLogger(__name__)
CLAIM = re.compile(r"K\d{3}")
VERDICT = re.compile(rf"[{''.join(set(MARKS.values()))}] ({'|'.join(MARKS)}): .+")  # each word ends at the colon
QUOTED = re.compile(r'(".+?")\s+---\s+(.+)', re.DOTALL)


class Check(nodes.General, nodes.Element):
    """The lines of a check, and the code below them."""


class CheckLines(nodes.TextElement):
    """What a check printed, each line an inline node."""

    child_text_separator = "\n"


class NoteClaim(nodes.General, nodes.Element):
    """A claim of the notes, until the verdict on it is known."""


def spoken(mark, words):
    """A mark and what follows it; the mark carries the color."""
    kinds = {"✓": "holds", "≈": "imprecise", "✗": "wrong"}
    return [nodes.inline("", mark, classes=["check-mark", kinds[mark]]), nodes.Text(f" {words}")]


class FoldChecks(SphinxTransform):
    """Put the printed lines above the code, and name the verdicts among them."""

    default_priority = 400  # before Sphinx collects the labels of a page

    def apply(self):
        found = {}
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and "check" in cell["cell_metadata"].get("tags", []):
                found |= self.fold(cell)
        for box in list(self.document.findall(NoteClaim)):
            box.replace_self(self.box(box, found))

    def fold(self, cell):
        """Fold one cell; returns the verdict and the place of each claim that it decides."""
        cell.attributes.pop("hide_mode", None)
        lines, claims = self.lines(cell), [tag for tag in cell["cell_metadata"]["tags"] if CLAIM.fullmatch(tag)]
        verdicts = [line for line in lines if VERDICT.fullmatch(line.astext())]
        if not lines:
            LOGGER.warning("a cell tagged check prints no line that begins with ✓, ≈ or ✗", location=cell)
        if len(verdicts) != len(claims):
            words = f"a cell is tagged {', '.join(claims) or 'with no claim'} and prints {len(verdicts)} verdicts"
            LOGGER.warning(words, location=cell)
        for claim, line in zip(claims, verdicts):
            self.name(line, f"claim-{claim}")
        cell.children = [Check("", CheckLines("", "", *lines), *cell.children)]
        cell[0].parent = cell
        return {claim: (VERDICT.fullmatch(line.astext())[1], line["ids"][0]) for claim, line in zip(claims, verdicts)}

    def lines(self, cell):
        """The printed lines, taken out of the cell's outputs."""
        lines = []
        for output in [part for part in cell if part.get("nb_element") == "cell_code_output"]:
            for text in [part for part in output if isinstance(part, nodes.literal_block)]:
                lines += [line for line in text.astext().splitlines() if line.strip()]
                output.remove(text)
            if not output.children:
                cell.remove(output)
        return [
            nodes.inline("", "", *spoken(line[0], line[1:].strip()), classes=["check-line"])
            for line in lines
            if line[0] in MARKS.values()
        ]

    def name(self, node, name):
        node["ids"].append(name)
        node["names"].append(nodes.fully_normalize_name(name))
        self.document.note_explicit_target(node, node)

    def box(self, note, found):
        """The box of a claim: what the note says, the verdict, the reason, and the way to the cell."""
        claim, (said, *reason) = note["claim"], note.children
        if claim not in found:
            LOGGER.warning(f"no cell tagged {claim} and check decides the note on this page", location=note)
            return []
        verdict, place = found[claim]
        said.insert(0, nodes.strong("", "Note:", classes=["note-label"]))
        said.insert(1, nodes.Text(" "))
        decision = nodes.strong("", "", *spoken(MARKS[verdict], verdict), classes=["note-verdict"])
        reason[0][:0] = [decision, nodes.Text(" \N{EM DASH} ")]
        reason[-1] += [
            nodes.Text(" "),
            nodes.reference("", "See the check.", refid=place, internal=True, classes=["note-check"]),
        ]
        kind = "verdict-" + verdict.replace(" ", "-")
        box = nodes.container("", said, *reason, classes=["note-claim", kind])
        self.name(box, f"note-{claim}")
        return box


class NoteClaimDirective(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self):
        claim, text = self.arguments[0], "\n".join(self.content)
        match = QUOTED.fullmatch(text.strip())
        if not CLAIM.fullmatch(claim):
            raise self.error(f"note-claim {claim}: expected the id of a claim, K and three digits")
        if not match:
            raise self.error(f'note-claim {claim}: expected "what the note says" --- and the reason')
        note = NoteClaim(claim=claim)
        for part in match.groups():
            note += self.parse_text_to_nodes(part)
        self.set_source_info(note)
        if not all(isinstance(part, nodes.paragraph) for part in note):
            raise self.error(f"note-claim {claim}: expected nothing but paragraphs")
        return [note]


class LinesAsText(SphinxPostTransform):
    """What a check printed, where nothing can be opened."""

    default_priority = 200

    def run(self, **kwargs):
        if self.app.builder.format != "html":
            for check in list(self.document.findall(Check)):
                lines = [nodes.paragraph("", "", line) for line in check[0]]
                check.replace_self(lines)


def label_claims(app, doctree):
    """Links without words of their own, ``[](#claim-K084)``, get some."""
    labels = app.env.get_domain("std").labels
    for line in doctree.findall(nodes.inline):
        for name in line["names"] if "check-line" in line["classes"] else ():
            labels[name] = app.env.docname, line["ids"][0], "the check"


def visit_check(self, node):
    self.body.append('<details class="check">')


def depart_check(self, node):
    self.body.append("</details>\n")


def visit_lines(self, node):
    node[1:] = [part for line in node[1:] for part in (nodes.Text("\n"), line)]  # read aloud apart
    self.body.append('<summary><span class="check-lines">')


def depart_lines(self, node):
    self.body.append("</span></summary>\n")


def setup(app):
    app.add_node(Check, html=(visit_check, depart_check))
    app.add_node(CheckLines, html=(visit_lines, depart_lines))
    app.add_directive("note-claim", NoteClaimDirective)
    app.add_transform(FoldChecks)
    app.add_post_transform(LinesAsText)
    app.connect("doctree-read", label_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
