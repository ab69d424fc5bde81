"""The layers of the companion: what each module may import, and what the project may say of its surroundings."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPANION = ROOT / "companion"
# From the ground up: a module imports modules of earlier rows only. Models never import each other.
LAYERS = [
    {"annotations"},
    {"validation"},
    {"image", "linalg", "metrics", "numerics"},
    {"autograd", "datasets", "losses", "neural_network", "optimize", "preprocessing"},
    {"linear_model", "multiclass", "nn"},
    {"models", "optim"},
    {"training"},
    {"checkpoints"},
]
APART = {"checking", "gluing", "plotting", "quizzes"}  # for the pages: no module builds on them
PLUMBING = {"sklearn.base", "sklearn.exceptions", "sklearn.utils.multiclass", "sklearn.utils.validation"}
ALLOWED_ELSEWHERE = {"datasets": {"sklearn.datasets"}, "plotting": {"matplotlib"}, "training": {"tqdm"}}


def module_of(path):
    """The companion's module, or package, that a file belongs to."""
    return path.relative_to(COMPANION).with_suffix("").parts[0]


def layer(name):
    return next((level for level, names in enumerate(LAYERS) if name in names), None)


def imports(source, package=""):
    """Every dotted name that a source imports, relative ones resolved against ``package``."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *([base] if base else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def outside_problem(name, dotted):
    """Why a module may not import a name that is not the companion's, or None."""
    top = dotted.split(".")[0]
    if top in sys.stdlib_module_names or top == "numpy":
        return None
    allowed = ALLOWED_ELSEWHERE.get(name, set()) | (PLUMBING if name in set().union(*LAYERS) else set())
    if any(dotted == entry or dotted.startswith(f"{entry}.") for entry in allowed):
        return None
    return f"{name} imports {dotted}"


def import_problems(name, source, package="companion"):
    """Imports that break a rule of the layers, in words."""
    problems = []
    for dotted in sorted(imports(source, package)):
        parts = dotted.split(".")
        if parts[0] != "companion":
            problems.append(outside_problem(name, dotted))
        elif len(parts) > 1 and parts[1] != name:
            if parts[1] in APART or layer(parts[1]) is None:
                problems.append(f"{name} imports companion.{parts[1]}")
            elif layer(name) is not None and layer(parts[1]) >= layer(name):
                problems.append(f"{name} imports {parts[1]}, which is not in a lower layer")
    return [problem for problem in problems if problem]


def sources():
    return [path for path in sorted(COMPANION.rglob("*.py")) if module_of(path) != "__init__"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(COMPANION)))
def test_a_module_imports_lower_layers_only(path):
    package = ".".join(path.relative_to(ROOT).parts[:-1])
    assert import_problems(module_of(path), path.read_text(encoding="utf-8"), package) == []


def test_every_module_has_its_layer_and_its_tests():
    modules = {module_of(path) for path in sources()}
    assert modules == set().union(*LAYERS, APART)
    tested = {path.stem for path in (ROOT / "tests" / "companion").glob("test_*.py")}
    for name in modules - {"annotations"}:
        assert any(stem == f"test_{name}" or stem.startswith(f"test_{name}_") for stem in tested), name


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("linear_model", "import torch"),
        ("linear_model", "from scipy.optimize import minimize"),
        ("linear_model", "from sklearn.linear_model import Ridge"),
        ("linear_model", "from sklearn.utils.extmath import softmax"),
        ("linear_model", "def fit():\n    import sklearn.linear_model"),
        ("numerics", "from companion import losses"),
        ("losses", "from companion.optimize import minimize"),
        ("linear_model", "from companion.multiclass import OneVsRestClassifier"),
        ("linear_model", "from ..multiclass import OneVsRestClassifier"),
        ("losses", "from companion.plotting import use_style"),
        ("losses", "from companion.checking import agree"),
        ("checking", "import torch"),
        ("checking", "from sklearn.base import BaseEstimator"),
        ("preprocessing", "import matplotlib.pyplot as plt"),
    ],
)
def test_finds_a_forbidden_import(name, source):
    package = "companion.linear_model" if name == "linear_model" else "companion"
    assert len(import_problems(name, source, package)) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("losses", "import numpy as np\nfrom companion.numerics import sigmoid\nfrom numbers import Real"),
        ("linear_model", "from sklearn.base import BaseEstimator\nfrom companion.optimize import minimize"),
        ("linear_model", "from .least_squares import Ridge\nfrom companion.linear_model.logistic import irls"),
        ("datasets", "from sklearn.datasets import load_digits"),
    ],
)
def test_a_permitted_import(name, source):
    package = "companion.linear_model" if name == "linear_model" else "companion"
    assert import_problems(name, source, package) == []


def tracked_texts():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if (
            path.suffix in {".md", ".py", ".ipynb", ".yml", ".toml", ".bib", ".txt", ".css", ".js", ""}
            and path.is_file()
        ):
            yield name, path.read_text(encoding="utf-8")


def test_the_project_stands_alone():
    absolute = re.compile(r"(?<![\w.:/\\])/(?:root|home|work|Users)/\w")
    assert [name for name, text in tracked_texts() if absolute.search(text)] == []


def test_the_requirements_are_a_lock_that_ends_in_the_project_itself():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert lines[-2:] == ["-e .", ""]
    assert [line for line in lines[:-2] if not re.fullmatch(r"[\w.\-]+==[\w.]+", line)] == []
