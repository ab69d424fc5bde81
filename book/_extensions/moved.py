"""The old address of a chapter leads to its pages: to the first, or to the one that now has the place asked for.

``redirects`` in ``_config.yml`` says which addresses; sphinx-reredirects writes a page at each, after the template that
is made here: it knows the page of every place in a chapter.
"""

import json
import re
from pathlib import Path

PAGES = "book/notebooks/"
TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>This chapter has moved</title>
<noscript><meta http-equiv="refresh" content="0; url=${to_uri}"></noscript>
<script>
const pages = PLACES["${to_uri}".split("/")[0]], place = decodeURIComponent(location.hash.slice(1));
location.replace((pages[place] ?? "${to_uri}") + location.hash);
</script>
</head>
<body><main><h1>This chapter has moved</h1><p><a href="${to_uri}">Read it here</a></p></main></body>
</html>
"""
COUNTED = re.compile(r"id\d+$")  # names that docutils counts out: they move from page to page


def places(doctrees):
    """Every name in the pages of one chapter, with the first page that has it."""
    found = {}
    for page, doctree in doctrees.items():
        names = [name for node in doctree.findall() for name in getattr(node, "attributes", {}).get("ids", [])]
        found |= {name: page for name in names if name not in found and not COUNTED.match(name)}
    return found


def name_template(app, config):
    config.redirect_html_template_file = str(Path(app.doctreedir) / "moved.html")


def write_template(app):
    chapters = {}
    for name in sorted(name for name in app.env.found_docs if name.startswith(PAGES)):
        address = name.removeprefix(PAGES)
        chapters.setdefault(address.split("/")[0], {})[f"{address}.html"] = app.env.get_doctree(name)
    found = {slug: places(doctrees) for slug, doctrees in chapters.items()}
    data = json.dumps(found).replace("<", "\\u003c").replace("$", "$$")
    Path(app.config.redirect_html_template_file).write_text(TEMPLATE.replace("PLACES", data), encoding="utf-8")
    return []


def setup(app):
    app.setup_extension("sphinx_reredirects")
    app.connect("config-inited", name_template)
    app.connect("html-collect-pages", write_template, priority=400)  # before the pages are written, at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
