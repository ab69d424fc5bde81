"""Execute the pages whose source or companion modules changed: ``book/chapters/NN-slug/N-name.md`` to their twins.

A notebook records the digest of what it was made from, so that a second call does nothing, on a fresh clone too; and
the processor seconds that its run took, which the page shows.
"""

import argparse
import ast
import contextlib
import functools
import hashlib
import os
import resource
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
LOCK = ROOT / "requirements.txt"


@functools.cache
def imported_modules(source):
    """Names of the companion's modules that a Python source imports."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "companion":
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("companion."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            names.update([node.module.split(".")[0]] if node.module else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("companion."))
    return frozenset(names)


def module_files(name):
    """The files of one module or package of the companion; none where the name is not a module."""
    package, module = COMPANION / name, COMPANION / f"{name}.py"
    return sorted(package.rglob("*.py")) if package.is_dir() else [module] if module.exists() else []


def companion_files(notebook):
    """The companion's files that a chapter depends on, directly or through another module."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    waiting, seen = set(imported_modules(code)), set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for path in module_files(name):
            waiting |= imported_modules(path.read_text(encoding="utf-8")) - seen
    return [path for name in sorted(seen) for path in module_files(name)]


def digest(source):
    """A fingerprint of a page's text, of everything its cells import from the companion, and of the lock."""
    notebook = jupytext.read(source)
    total = hashlib.sha256(source.read_bytes())
    for path in [*companion_files(notebook), LOOK, LOCK]:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def cell_digest(cell):
    """An identifier of a cell that depends on nothing but its place and text; random ones would be a diff a run."""
    return hashlib.sha256(cell.encode("utf-8")).hexdigest()[:8]


def stored_digest(target):
    """What the executed notebook says that it was made from, or None."""
    return nbformat.read(target, as_version=4).metadata.get("made_from") if target.exists() else None


def children_seconds():
    """Processor seconds of the kernels that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pages(names=()):
    """The names of the pages, such as ``04-linear-models/1-least-squares``, in reading order.

    Parameters
    ----------
    names : sequence of str
        Chapters or pages; all pages without.

    Raises
    ------
    ValueError
        If one of the names is neither a chapter nor a page.
    """
    every = sorted(str(path.relative_to(CHAPTERS).with_suffix("")) for path in CHAPTERS.glob("*/*.md"))
    unknown = [name for name in names if not any(name in (page, page.split("/")[0]) for page in every)]
    if unknown:
        raise ValueError(f"no such chapter or page: {', '.join(unknown)}")
    return [page for page in every if not names or page in names or page.split("/")[0] in names]


@contextlib.contextmanager
def drawing_inline():
    """Kernels that start here draw into their notebook, whatever backend the caller's environment names."""
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def execute(source, target):
    """Run a page from a clean kernel in its notebook's folder; write it, free of what changes from run to run."""
    made_from = digest(source)
    notebook = jupytext.read(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    before = children_seconds()
    run = ExecutePreprocessor(timeout=600, kernel_name="python3", record_timing=False, coalesce_streams=True)
    with drawing_inline():
        run.preprocess(notebook, {"metadata": {"path": str(target.parent)}})
    for place, cell in enumerate(notebook.cells):
        cell.id = cell_digest(f"{place}:{cell.source}")
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
            "made_from": made_from,
            "seconds": round(children_seconds() - before, 1),  # of the processor, the kernel's start included
        }
    )
    nbformat.validate(notebook)
    nbformat.write(notebook, target)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="chapters or pages, such as 05-losses; all that changed without")
    names = parser.parse_args(arguments).names
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    try:
        chosen = pages(names)
    except ValueError as problem:
        parser.error(str(problem))
    for page in chosen:
        source, target = CHAPTERS / f"{page}.md", NOTEBOOKS / f"{page}.ipynb"
        if stored_digest(target) == digest(source):
            continue
        start = time.perf_counter()
        execute(source, target)
        print(f"executed {page} in {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
