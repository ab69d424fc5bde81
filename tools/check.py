"""Run what a change can break: the tests, pages and exercises that depend on the files changed since main.

On main itself, or where there is none, the last commit counts; what is not committed always does. Each command is
printed before it runs. ``make test`` runs everything.
"""

import ast
import dataclasses
import os
import shlex
import subprocess
import sys

import jupytext

from tools import notebooks

ROOT = notebooks.ROOT
PAGES, SOLUTIONS = "book/notebooks/", "exercises/solutions/"
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/book/pictures.cfg"]  # as in the Makefile
GATES = {"tests/book/test_chapters.py", "tests/book/test_extensions.py", "tests/book/test_figures.py"}
PACKAGE = {"tests/companion/test_docstrings.py", "tests/companion/test_signatures.py", "tests/test_architecture.py"}


@dataclasses.dataclass
class Choice:
    """What is run, by kind: files of tests, names of pages, live figures and exercises, and notebooks of the latter."""

    tests: set = dataclasses.field(default_factory=set)
    executed: set = dataclasses.field(default_factory=set)
    pages: set = dataclasses.field(default_factory=set)
    figures: set = dataclasses.field(default_factory=set)
    exercises: set = dataclasses.field(default_factory=set)
    uncovered: set = dataclasses.field(default_factory=set)


def imported_names(source):
    """The dotted names that a Python source imports, each with the module it may be taken from."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def own_tests(path, imports):
    """The tests named after a module of the companion; where there are none, those that import it."""
    module = path.removesuffix(".py").split("/")[1]
    named = {test for test in imports if test.startswith(f"tests/companion/test_{module}")}
    return named or {test for test, names in imports.items() if f"companion.{module}" in names}


def choose(changed, imports, runs):
    """What to run for some changed files.

    Parameters
    ----------
    changed : iterable of str
        Paths from the root of the repository.
    imports : dict of str to set of str
        The files of tests, with the names that each imports.
    runs : dict of str to set of str
        The executed notebooks, of pages and of exercises, with the companion's files that each runs.

    Returns
    -------
    Choice
    """
    choice = Choice()
    for path in changed:
        parts, stem = path.split("/"), path.rsplit("/", 1)[-1].split(".")[0]
        dotted = path.removesuffix(".py").replace("/", ".")
        users = {test for test, names in imports.items() if dotted in names}
        if path.startswith(("book/chapters/", PAGES)) and len(parts) == 4:
            choice.pages.add(f"{parts[2]}/{stem}")
            choice.executed |= {f"{PAGES}{parts[2]}/{stem}.ipynb"} & runs.keys()
            choice.tests |= GATES
        elif path.startswith("exercises/"):
            choice.exercises.add(stem)
            choice.executed |= {f"{SOLUTIONS}{stem}.ipynb"} & runs.keys()
        elif path.startswith("book/explorables/"):
            choice.figures.add("explorables" if stem == "stage" else stem.replace("-", "_"))
        elif path.startswith("companion/") and path.endswith(".py"):
            choice.executed |= {notebook for notebook, files in runs.items() if path in files}
            choice.tests |= {path, *own_tests(path, imports), *PACKAGE}  # the file itself has examples
        elif path in imports:
            choice.tests.add(path)
        elif users:
            choice.tests |= users
        else:
            choice.uncovered.add(path)
    return choice


def commands(choice, is_there, is_built):
    """A choice as arguments of pytest, and what is to be said about the rest.

    Parameters
    ----------
    choice : Choice
    is_there : callable
        Whether a path, from the root, is a file; one that was deleted is not.
    is_built : callable
        Whether the built book shows a page as its notebook now is.

    Returns
    -------
    calls : list of list of str
    remarks : list of str
    """
    tests, executed = sorted(filter(is_there, choice.tests)), sorted(filter(is_there, choice.executed))
    shown = sorted(filter(is_built, choice.pages))
    some = lambda names: ["-k", " or ".join(sorted(names))]  # noqa: E731
    calls = [
        (tests, ["--doctest-modules", *tests]),
        (choice.exercises, ["tests/exercises", *some(choice.exercises)]),
        (executed, [*NBVAL, *executed]),
        (shown, ["tests/site/test_pages.py", *some(shown)]),
        (choice.figures, ["tests/site", *some(choice.figures)]),
    ]
    remarks = [f"not looked at in a browser, make book first: {page}" for page in sorted(choice.pages - set(shown))]
    remarks += [f"what this touches only make test knows: {path}" for path in sorted(choice.uncovered)]
    return [call for chosen, call in calls if chosen], remarks


def git(*arguments, root=ROOT):
    """The lines that git answers; none where it fails."""
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True).stdout.splitlines()


def changed_files(root=ROOT):
    """Paths that differ from the commit where this branch left main, or on main from the commit before the last."""
    base, head = git("merge-base", "HEAD", "main", root=root), git("rev-parse", "HEAD", root=root)
    since = base if base and base != head else git("rev-parse", "HEAD~1", root=root)
    tracked = git("diff", "--name-only", "--no-renames", *(since or ["HEAD"]), root=root)
    return sorted({*tracked, *git("ls-files", "--others", "--exclude-standard", root=root)})


def test_imports():
    """The files of tests, with the names that each imports."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return {str(path.relative_to(ROOT)): imported_names(path.read_text(encoding="utf-8")) for path in files}


def notebook_runs():
    """The executed notebooks with the companion's files that each runs."""
    files = [path for folder in (PAGES, SOLUTIONS) for path in sorted((ROOT / folder).rglob("*.ipynb"))]
    return {
        str(path.relative_to(ROOT)): {
            str(module.relative_to(ROOT)) for module in notebooks.companion_files(jupytext.read(path))
        }
        for path in files
    }


def is_built(page):
    made, shown = ROOT / PAGES / f"{page}.ipynb", ROOT / "_build" / "html" / PAGES / f"{page}.html"
    return made.is_file() and shown.is_file() and shown.stat().st_mtime > made.stat().st_mtime


def main():
    choice = choose(changed_files(), test_imports(), notebook_runs())
    calls, remarks = commands(choice, lambda path: (ROOT / path).is_file(), is_built)
    environment, failed = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}, 0
    for call in calls:
        command = ["-m", "pytest", "-q", *call]
        print(f"python {shlex.join(command)}", flush=True)
        failed |= subprocess.run([sys.executable, *command], cwd=ROOT, env=environment).returncode
    print(*remarks, sep="\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
