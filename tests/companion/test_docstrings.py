"""What an editor shows of the companion: every public name documented in full, with types and an example."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from numpydoc.validate import validate

import companion

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(m.name for m in pkgutil.walk_packages(companion.__path__, "companion.") if "._" not in m.name)
# numpydoc's codes: a docstring; every parameter named, in its order, typed, described by a sentence; what comes back
WANTED = {"GL08", "PR01", "PR02", "PR03", "PR04", "PR07", "RT01", "RT03", "YD01"}
LONGEST = 450


def public(module):
    return getattr(importlib.import_module(module), "__all__", ())


def gather():
    """Every public class and function once, under the shortest name that leads to it."""
    found = {}
    for module in sorted(MODULES, key=lambda name: (name.count("."), name)):
        for name in public(module):
            value = getattr(importlib.import_module(module), name)
            if inspect.isclass(value) or inspect.isfunction(value):
                if value.__module__.startswith("companion"):
                    found.setdefault(id(value), (f"{module}.{name}", value))
    return dict(sorted(found.values()))


NAMES = gather()
MADE = {name for name, v in NAMES.items() if inspect.isfunction(v) and "<locals>" in v.__code__.co_qualname}
FOR_EDITORS = {"unary", "binary", "comparison"}  # without a type of the result an editor shows what they make
EXCEPTIONS = [v for v in NAMES.values() if inspect.isclass(v) and issubclass(v, BaseException)]  # raised, not called


def methods(cls):
    """The public methods that a class defines itself; what it inherits is documented where it stands."""
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


def problems(name):
    return [f"{name}: {code} {words}" for code, words in validate(name)["errors"] if code in WANTED]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_is_public(module):
    assert public(module), f"{module} has no __all__"
    assert len(set(public(module))) == len(public(module))
    assert importlib.import_module(module).__doc__


@pytest.mark.parametrize("name", NAMES)
def test_a_docstring_is_complete(name):
    assert problems(name) == []


@pytest.mark.parametrize("name", [name for name, value in NAMES.items() if inspect.isclass(value)])
def test_the_methods_of_a_class_are_documented(name):
    """Each says what it does in a sentence; one with several parameters has a section for them."""
    found = []
    for method, function in methods(NAMES[name]):
        several = len(inspect.signature(function).parameters) > 2
        if not inspect.getdoc(getattr(NAMES[name], method)):
            found.append(f"{name}.{method}: no docstring")
        elif several and function.__qualname__ == f"{NAMES[name].__qualname__}.{method}":
            found += [words for words in problems(f"{name}.{method}") if " PR" in words]
    assert found == []


@pytest.mark.parametrize("name", [name for name, value in NAMES.items() if value not in EXCEPTIONS])
def test_an_example_runs_in_the_docstring(name):
    assert ">>> " in inspect.getdoc(NAMES[name])


def untyped(function, name):
    """Parameters without an annotation, and a missing one of the result."""
    signature = inspect.signature(function)
    bare = [p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")]
    if signature.return_annotation is signature.empty and function.__name__ not in {"__init__", *FOR_EDITORS}:
        bare.append("return")
    return [f"{name}({', '.join(bare)})"] if bare else []


@pytest.mark.parametrize("name", NAMES)
def test_types_are_there(name):
    value = NAMES[name]
    if inspect.isfunction(value):
        assert untyped(value, name) == []
    else:
        own = dict(methods(value))
        if inspect.isfunction(vars(value).get("__init__")):
            own["__init__"] = value.__init__
        assert [found for method, function in own.items() for found in untyped(function, f"{name}.{method}")] == []


def sources():
    return sorted((ROOT / "companion").rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def raises(function):
    """Whether the body has a ``raise`` of its own; those of functions within are theirs."""
    waiting = list(ast.parse(inspect.getsource(function)).body[0].body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
    return False


@pytest.mark.parametrize("name", [name for name, value in NAMES.items() if inspect.isfunction(value)])
def test_what_is_raised_is_said(name):
    if name not in MADE and raises(inspect.unwrap(NAMES[name])):
        assert re.search(r"^Raises\n-+$", inspect.getdoc(NAMES[name]), re.MULTILINE)


def half_documented(x, y: float = 1.0):
    """Say something.

    Parameters
    ----------
    x : float
        A number.
    """
    return x * y


def test_planted_faults_are_found(monkeypatch):
    assert untyped(half_documented, "f") == ["f(x, return)"]
    found = "".join(problems(f"{__name__}.half_documented"))
    assert "PR01" in found and "RT01" in found and "PR04" not in found
