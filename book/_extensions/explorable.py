"""The directive ``explorable``: a figure that computes while it is moved.

    ```{explorable} descent
    :name: fig-descent
    :start: {"rate": 0.19}
    :caption: Gradient descent on a bowl.
    :alt: A path that zigzags down to the bottom.
    ```

The mathematics and the drawing stand in ``book/explorables/descent.js``, on the shared ``stage.js``. Print, EPUB and
browsers without JavaScript show the picture of the same name. The scripts are classic ones and ask for nothing, so that
they work from a file; a page loads those that it uses.
"""

import html
import json
import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parents[1]
SCRIPTS = BOOK / "explorables"
FOLDER = "_static/explorables"
BEFORE = '<div class="explorable" data-name="{name}" role="group" aria-label="{label}">\n{data}\n'


def scripts(doctree):
    """The names of the live figures of a page, in their order."""
    return list(
        dict.fromkeys(figure["explorable"] for figure in doctree.findall(nodes.figure) if "explorable" in figure)
    )


class Explorable(SphinxDirective):
    required_arguments = 1
    option_spec = {
        "name": directives.unchanged_required,
        "start": directives.unchanged_required,
        "caption": directives.unchanged_required,
        "alt": directives.unchanged_required,
    }

    def run(self):
        name = self.arguments[0]
        missing = [key for key in ("caption", "alt") if not self.options.get(key, "").strip()]
        if missing:
            raise self.error(f"explorable {name} has no {' and no '.join(missing)}")
        for path in (SCRIPTS / f"{name}.js", SCRIPTS / f"{name}.png"):
            if not path.exists():
                raise self.error(f"there is no {path.relative_to(BOOK.parent)}")
        try:
            start = json.loads(self.options.get("start", "{}"))
        except json.JSONDecodeError as problem:
            raise self.error(f"the start of {name} is no JSON: {problem}") from problem
        return [self.figure(name, json.dumps(start).replace("<", "\\u003c"))]

    def figure(self, name, start):
        """The picture between two pieces of HTML, which the stage takes the place of, and the caption."""
        self.env.note_dependency(str(SCRIPTS / f"{name}.js"))
        words, messages = self.state.inline_text(self.options["caption"], self.lineno)
        caption = nodes.caption(self.options["caption"], "", *words, *messages)
        uri, _ = self.env.relfn2path(f"/book/explorables/{name}.png")
        picture = nodes.image(uri=f"/{uri}", alt=self.options["alt"], classes=["fallback"])
        data = f'<script type="application/json">{start}</script>'
        before = BEFORE.format(name=name, label=html.escape(self.options["alt"]), data=data)
        figure = nodes.figure("", nodes.raw("", before, format="html"), picture, explorable=name)
        figure += [nodes.raw("", "</div>", format="html"), caption]
        self.add_name(figure)
        self.set_source_info(figure)
        return figure


def copy_scripts(app):
    """Before Sphinx computes the checksums of what a page loads."""
    if app.builder.format == "html":
        target = Path(app.outdir) / FOLDER
        target.mkdir(parents=True, exist_ok=True)
        for path in SCRIPTS.glob("*.js"):
            shutil.copy(path, target)


def load_scripts(app, pagename, templatename, context, doctree):
    names = scripts(doctree) if doctree is not None else []
    for name in ["stage", *names] if names else []:
        app.add_js_file(f"explorables/{name}.js", loading_method="defer")


def setup(app):
    app.add_directive("explorable", Explorable)
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
