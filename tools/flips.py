"""Whether a page notices a wrong sign in the companion's code that it shows.

    python -m tools.flips 05-losses/1-numbers

flips every sign of every function that the page shows by ``{companion}``, one at a time in a copy of the companion,
and runs the page's cells as ``make test`` does. A sign that no cell notices is named. For each sign it takes as long as
the page, up to the cell that fails: to be run by hand, after a page was written.
"""

import argparse
import ast
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jupytext

from tools import notebooks

ROOT = notebooks.ROOT
SHOWN = re.compile(r"^`{3,}\{companion\} (\S+)$", re.MULTILINE)
OTHER = {ast.Add: ("+", "-"), ast.Sub: ("-", "+")}
UNCOMPARED = "nbval-ignore-output"


def shown(notebook):
    """The dotted names of the companion that a page shows."""
    return [name for cell in notebook.cells if cell.cell_type == "markdown" for name in SHOWN.findall(cell.source)]


def locate(name):
    """The file of the companion, relative to it, and the nested names that a shown name means."""
    sys.path.insert(0, str(ROOT / "book" / "_extensions"))
    try:
        from companion_code import locate as find
    finally:
        sys.path.pop(0)
    path, names = find(name)
    return path.relative_to(notebooks.COMPANION), names


def definition(tree, names):
    """The node that nested names lead to."""
    for name in names:
        tree = next(node for node in tree.body if getattr(node, "name", None) == name)
    return tree


def flips(source, names):
    """Each way to flip one sign within a definition: (line, the whole source with it).

    A plus becomes a minus and the reverse, in sums, in updates and before a number; a function without any sign returns
    the negative of what it did.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", source.encode().decode("latin-1")))]
    raw, found = source.encode(), []
    node = definition(ast.parse(source), names)

    def place(line, column):
        return starts[line - 1] + column

    def replace(begin, end, old, new, line):
        assert raw[begin:end].count(old) >= 1
        found.append((line, (raw[:begin] + raw[begin:end].replace(old, new, 1) + raw[end:]).decode()))

    for each in ast.walk(node):
        if isinstance(each, (ast.BinOp, ast.AugAssign)) and type(each.op) in OTHER:
            left, right = (each.left, each.right) if isinstance(each, ast.BinOp) else (each.target, each.value)
            old, new = (sign.encode() for sign in OTHER[type(each.op)])
            begin, end = place(left.end_lineno, left.end_col_offset), place(right.lineno, right.col_offset)
            replace(begin, end, old, new, each.lineno)
        elif isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.USub):
            begin = place(each.lineno, each.col_offset)
            replace(begin, begin + 1, b"-", b"+", each.lineno)
    if not found:
        for each in ast.walk(node):
            if isinstance(each, ast.Return) and each.value is not None and not isinstance(each.value, ast.Tuple):
                begin, end = (
                    place(each.value.lineno, each.value.col_offset),
                    place(each.end_lineno, each.end_col_offset),
                )
                found.append((each.lineno, (raw[:begin] + b"-(" + raw[begin:end] + b")" + raw[end:]).decode()))
    return found


def names_in(node):
    """Every name and attribute that code mentions."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)
    }


@functools.cache
def tables():
    """The names that are mentioned in each function of the companion, in the head of each class, and in each method."""
    functions, classes, methods = {}, {}, {}
    for path in sorted(notebooks.COMPANION.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                heads = set().union(*map(names_in, [*node.bases, *node.decorator_list]))
                classes[node.name] = classes.get(node.name, set()) | heads
                for part in node.body:
                    key = node.name, getattr(part, "name", "__init__")
                    methods[key] = methods.get(key, set()) | names_in(part)
            elif isinstance(node, ast.FunctionDef):
                functions[node.name] = functions.get(node.name, set()) | names_in(node)
            elif isinstance(node, ast.Assign):  # tables of functions, and functions that others make
                for target in filter(lambda each: isinstance(each, ast.Name), node.targets):
                    functions[target.id] = functions.get(target.id, set()) | names_in(node.value)
    return functions, classes, methods


def reached(notebook):
    """Names that the cells of a page lead to, if they assert, or if their output is compared."""
    functions, classes, methods = tables()
    names, done = set(), set()
    for cell in notebook.cells:
        compared = cell.cell_type == "code" and UNCOMPARED not in cell.metadata.get("tags", [])
        if compared or (cell.cell_type == "code" and "assert" in cell.source):
            names |= names_in(ast.parse(cell.source))
    while names - done:
        new, done = names - done, done | names
        for name in new:
            names |= functions.get(name, set()) | classes.get(name, set())
        for (owner, method), inside in methods.items():
            if owner in names and (method in names or method.startswith("__")):
                names |= inside
    return names


def unreached(notebook):
    """What a page shows though none of its compared or asserting cells leads there."""
    names = reached(notebook)
    return [name for name in shown(notebook) if name.split(".")[-1] not in names]


def notices(page, folder):
    """Whether a cell of a page fails on the companion in a folder."""
    flags = ["-q", "-x", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    flags += ["--nbval-sanitize-with", str(ROOT / "tests" / "book" / "pictures.cfg")]
    copy = shutil.copy(notebooks.NOTEBOOKS / f"{page}.ipynb", folder / "page.ipynb")
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTEST_ADDOPTS": "", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", *flags, str(copy)]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode not in (0, 1):
        raise RuntimeError(result.stdout + result.stderr)
    return result.returncode == 1


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="chapters or pages, such as 05-losses; all without")
    parser.add_argument("--only", help="a function, such as losses.regression.huber_terms")
    options, missed = parser.parse_args(arguments), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(notebooks.COMPANION, folder / "companion", ignore=shutil.ignore_patterns("__pycache__"))
        for page in notebooks.pages(options.names):
            if notices(page, folder):
                print(f"{page} fails without any change: run make notebooks first", flush=True)
                missed += 1
                continue
            for function in shown(jupytext.read(notebooks.CHAPTERS / f"{page}.md")):
                path, names = locate(function)
                source = (notebooks.COMPANION / path).read_text(encoding="utf-8")
                for line, changed in flips(source, names) if options.only in (None, function) else []:
                    (folder / "companion" / path).write_text(changed, encoding="utf-8")
                    noticed = notices(page, folder)
                    missed += not noticed
                    words = "noticed" if noticed else "MISSED"
                    print(f"{words}: {page}: {function}: {changed.splitlines()[line - 1].strip()}", flush=True)
                (folder / "companion" / path).write_text(source, encoding="utf-8")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
