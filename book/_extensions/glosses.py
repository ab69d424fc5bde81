"""What a reader sees of a term where it is used: its Chinese name and its sentence in the glossary.

Each page carries those of its own terms as JSON, so that ``glosses.js`` shows them without a request, from a file too.
An entry of the glossary reads ``term`` / ``中文 · One sentence. (its chapter)``.
"""

import html
import json
import re

from docutils import nodes
from sphinx import addnodes

GLOSSARY = "book/glossary"
SEPARATOR = " · "
OWNER = re.compile(r"\s*\([^()]*\)\s*$")
DATA = '<script type="application/json" id="glosses">{}</script>'


def markup(node):
    """A piece of a definition as HTML: its text, and its formulas as MathJax looks for them."""
    if isinstance(node, nodes.math):
        return f'<span class="math notranslate nohighlight">\\({html.escape(node.astext())}\\)</span>'
    if isinstance(node, nodes.Text):
        return html.escape(node.astext().replace("\n", " "), quote=False)
    return "".join(map(markup, node.children))


def entries(doctree):
    """``{id of a term: [Chinese name, sentence]}`` of a glossary.

    Raises
    ------
    ValueError
        If an entry does not read as it should.
    """
    found = {}
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = [child for child in item.children if isinstance(child, nodes.term)]
            chinese, separator, sentence = OWNER.sub("", markup(item[len(terms)][0])).partition(SEPARATOR)
            if not (chinese and separator and sentence.endswith(".")):
                raise ValueError(f"the glossary's entry {terms[0].astext()!r} is not: 中文 · One sentence. (chapter)")
            found |= {name: [chinese, sentence] for term in terms for name in term["ids"]}
    return found


def used(doctree):
    """The ids of the glossary's terms that a finished page refers to, in their order."""
    words = [inline for inline in doctree.findall(nodes.inline) if "std-term" in inline["classes"]]
    addresses = [inline.parent.get("refuri", "") for inline in words]
    return list(dict.fromkeys(uri.partition("#")[2] for uri in addresses if "#" in uri))


def read_glossary(app, env):
    app.glosses = entries(env.get_doctree(GLOSSARY))
    return []


def add_glosses(app, pagename, templatename, context, doctree):
    names = used(doctree) if doctree is not None and app.builder.format == "html" else []
    if names:
        data = json.dumps({name: app.glosses[name] for name in names}, ensure_ascii=False).replace("<", "\\u003c")
        context["body"] += DATA.format(data)
        app.add_js_file("glosses.js", loading_method="defer")


def setup(app):
    app.connect("env-updated", read_glossary)
    app.connect("html-page-context", add_glosses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
