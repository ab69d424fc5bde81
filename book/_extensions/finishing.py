"""The last touches to the finished pages: what would fail when a page is opened as a file, or is read aloud.

The theme asks for its icon fonts ahead of time in a way that browsers refuse to files (the fonts load all the same when
they are used). Jupyter Book declares, twice, the address of a script on another server for a button no page has. The
bibliography is a list without list items, and what opens a chapter in the table of contents has no name.
"""

import re
from pathlib import Path

UNWANTED = re.compile(
    r'<link rel="preload" as="font"[^>]*>\s*'
    r"|<script>const THEBE_JS_URL.*?</script>\s*"
    r"|<script[^>]*sphinx-thebe\.js[^>]*></script>\s*"
    r"|<link[^>]*sphinx-thebe\.css[^>]*>\s*",
    re.DOTALL,
)
REPLACED = {
    'role="doc-biblioentry"': 'role="listitem"',
    '<summary><span class="toctree': '<summary aria-label="The pages of this chapter"><span class="toctree',
}


def finish(app, error):
    if error is None and app.builder.format == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = UNWANTED.sub("", page.read_text(encoding="utf-8"))
            for old, new in REPLACED.items():
                text = text.replace(old, new)
            page.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
