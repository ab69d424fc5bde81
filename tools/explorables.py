"""Draw the pictures that stand for the live figures in print and where JavaScript is off: ``book/explorables/*.png``.

Each is a look at the figure at its start, in Chromium; it records the digest of the scripts that drew it, so that a
picture of an earlier figure is found.
"""

import argparse
import hashlib
import io
import shutil
import sys
from pathlib import Path

from PIL import Image, PngImagePlugin
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "book" / "explorables"
STYLE = ROOT / "book" / "_static" / "explorables.css"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PAGE = """<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{name}</title>
<style>body {{ margin: 0; font-family: "DejaVu Sans", sans-serif; }} {style}</style>
<script>{stage}</script><script>{script}</script></head>
<body><div class="explorable" data-name="{name}"><script type="application/json">{start}</script></div></body></html>"""


def names():
    """The live figures, by the names of their scripts."""
    return sorted(path.stem for path in SCRIPTS.glob("*.js") if path.stem != "stage")


def digest(name):
    """A fingerprint of what draws a figure."""
    total = hashlib.sha256()
    for path in (SCRIPTS / "stage.js", SCRIPTS / f"{name}.js", STYLE):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def page(name, start="{}"):
    """A page that holds nothing but a live figure."""
    stage, script = ((SCRIPTS / f"{part}.js").read_text(encoding="utf-8") for part in ("stage", name))
    return PAGE.format(name=name, style=STYLE.read_text(encoding="utf-8"), stage=stage, script=script, start=start)


def stored_digest(name):
    """What the picture says that it was drawn from, or None."""
    path = SCRIPTS / f"{name}.png"
    return Image.open(path).info.get("made_from") if path.exists() else None


def draw(browser, name):
    """Look at the figure and keep what is seen, in 64 colors."""
    opened = browser.new_page(viewport={"width": 860, "height": 700}, device_scale_factor=1.5)
    opened.set_content(page(name), wait_until="load")
    seen = Image.open(io.BytesIO(opened.locator(".panels").screenshot())).convert("RGB")
    opened.close()
    information = PngImagePlugin.PngInfo()
    information.add_text("made_from", digest(name))
    seen.quantize(64, method=Image.Quantize.MEDIANCUT).save(SCRIPTS / f"{name}.png", optimize=True, pnginfo=information)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="figures such as descent; all that changed without")
    wanted = parser.parse_args(arguments).names or [name for name in names() if stored_digest(name) != digest(name)]
    executable = shutil.which("chromium")
    if wanted and executable is None:
        return "no chromium on the path: the pictures cannot be drawn"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for name in wanted:
            draw(browser, name)
            print(f"drew {name}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
