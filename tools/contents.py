"""The table of contents: its files in reading order, and the chapters that are written."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = "book/notebooks/"


def files(path=ROOT / "_toc.yml"):
    """All files after the first page, in reading order, such as ``book/notebooks/05-losses/1-numbers``."""
    toc = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [entry["file"] for chapter in chapters for entry in [chapter, *chapter.get("sections", [])]]


def chapters(path=ROOT / "_toc.yml"):
    """The pages of each written chapter: ``{"05-losses": ["1-numbers", "2-classes"]}``."""
    pages = {}
    for file in files(path):
        if file.startswith(NOTEBOOKS):
            slug, page = file.removeprefix(NOTEBOOKS).split("/")
            pages.setdefault(slug, []).append(page)
    return pages
