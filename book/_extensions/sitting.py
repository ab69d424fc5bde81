"""The directive ``sitting``: what the reader of a page is in for, in a few lines under its title.

    ```{sitting}
    :needs: [least squares](1-least-squares.ipynb), a matrix product
    :then: derive ridge regression from one idea
    ```

The place in the chapter follows from the table of contents, the minutes from the page's words, pictures and code, and
the seconds are those that its notebook recorded when it was executed. A link to a page may name its text or its twin.
"""

import math
import re
import sys
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools import reading  # noqa: E402


def facts(file, notebook):
    """The first line: "Linear models, page 2 of 4", "25 minutes to read", "runs in about 10 s"."""
    chapter, number, count = reading.place(file)
    found = [f"{chapter}, page {number} of {count}", f"{reading.minutes(notebook)} minutes to read"]
    if "seconds" in notebook.metadata:
        found.append(f"runs in about {5 * math.ceil(notebook.metadata.seconds / 5)} s")
    return found


class Sitting(SphinxDirective):
    option_spec = {"needs": directives.unchanged_required, "then": directives.unchanged_required}

    def run(self):
        missing = [key for key in self.option_spec if not self.options.get(key, "").strip()]
        if missing:
            raise self.error(f"the head of a page has no {' and no '.join(missing)}")
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        notebook = nbformat.read(self.env.doc2path(self.env.docname), as_version=4)
        try:
            found = facts(self.env.docname, notebook)
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        head = nodes.container(classes=["sitting"])
        head += nodes.paragraph("", " · ".join(found))
        head += self.line("You need:", self.options["needs"])
        head += self.line("Afterwards you can:", self.options["then"])
        return [head]

    def line(self, label, text):
        sentence = re.sub(r"\.md(?=[)#])", ".ipynb", text.strip().removesuffix(".")) + "."
        words, messages = self.state.inline_text(sentence, self.lineno)
        return nodes.paragraph("", "", nodes.strong("", label), nodes.Text(" "), *words, *messages)


def setup(app):
    app.add_directive("sitting", Sitting)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
