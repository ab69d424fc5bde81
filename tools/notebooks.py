"""Execute the chapters whose source or companion modules changed: ``book/chapters/*.md`` to ``book/notebooks/*.ipynb``.

A notebook records the digest of what it was made from, so that a second call does nothing, on a fresh clone too.
"""

import argparse
import ast
import hashlib
import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbconvert.preprocessors import ExecutePreprocessor

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "book" / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
COMPANION = ROOT / "companion"
LOOK = COMPANION / "book.mplstyle"


def imported_modules(tree):
    """Names of the companion's modules that a parsed Python source imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "companion":
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("companion."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            names.update([node.module.split(".")[0]] if node.module else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("companion."))
    return names


def module_files(name):
    """The files of one module or package of the companion; none where the name is not a module."""
    package, module = COMPANION / name, COMPANION / f"{name}.py"
    return sorted(package.rglob("*.py")) if package.is_dir() else [module] if module.exists() else []


def companion_files(notebook):
    """The companion's files that a chapter depends on, directly or through another module."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    waiting, seen = imported_modules(ast.parse(code)), set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for path in module_files(name):
            waiting |= imported_modules(ast.parse(path.read_text(encoding="utf-8"))) - seen
    return [path for name in sorted(seen) for path in module_files(name)]


def digest(source):
    """A fingerprint of a chapter's text and of everything its cells import from the companion."""
    notebook = jupytext.read(source)
    total = hashlib.sha256(source.read_bytes())
    for path in [*companion_files(notebook), LOOK]:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def cell_digest(cell):
    """An identifier of a cell that depends on nothing but its place and text; random ones would be a diff a run."""
    return hashlib.sha256(cell.encode("utf-8")).hexdigest()[:8]


def stored_digest(target):
    """What the executed notebook says that it was made from, or None."""
    return nbformat.read(target, as_version=4).metadata.get("made_from") if target.exists() else None


def execute(source, target):
    """Run a chapter from a clean kernel in the notebooks' folder; write it, free of what changes from run to run."""
    made_from = digest(source)
    notebook = jupytext.read(source)
    ExecutePreprocessor(timeout=600, kernel_name="python3", record_timing=False, coalesce_streams=True).preprocess(
        notebook, {"metadata": {"path": str(NOTEBOOKS)}}
    )
    for place, cell in enumerate(notebook.cells):
        cell.id = cell_digest(f"{place}:{cell.source}")
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
            "made_from": made_from,
        }
    )
    nbformat.validate(notebook)
    nbformat.write(notebook, target)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="chapters such as 05-losses; all that changed without")
    names = parser.parse_args(arguments).names
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    unknown = [name for name in names if not (CHAPTERS / f"{name}.md").exists()]
    if unknown:
        parser.error(f"no such chapter: {', '.join(unknown)}")
    NOTEBOOKS.mkdir(exist_ok=True)
    for source in sorted(CHAPTERS.glob("*.md")):
        target = NOTEBOOKS / f"{source.stem}.ipynb"
        if (names and source.stem not in names) or stored_digest(target) == digest(source):
            continue
        start = time.perf_counter()
        execute(source, target)
        print(f"executed {source.stem} in {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
