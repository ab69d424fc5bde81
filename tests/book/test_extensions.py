"""The directive that shows the companion's code: what it takes from the source, and that every use finds something."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = '''
class Box:
    """A box that holds one :class:`~companion.autograd.Tensor` and
    ``None`` otherwise.

    More about it.
    """

    @property
    def size(self):
        r""":math:`s^2`, in words that no page needs twice.

        Returns
        -------
        int
        """
        square = lambda s: s * s  # noqa: E731
        return square(2)


def bare(x):
    return x


def typed(
    x: Array, /, y: int | None = None, *rest: str, tol: float = 1e-5, mode: str = "mean", **others: Any
) -> tuple[Array, float]:
    """One sentence.

    Another.
    """

    def inner(g: Array) -> Array:
        return g

    return inner(x)


def long(first_of_many_columns: Array, second_of_many_columns: Array, *, third=1.0, yet_another_number=2) -> Array:
    return first_of_many_columns
'''


@pytest.fixture(scope="module")
def extension():
    path = ROOT / "book" / "_extensions" / "companion_code.py"
    spec = importlib.util.spec_from_file_location("companion_code", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_docstring_shrinks_to_its_first_sentence(extension):
    shown = extension.excerpt(SOURCE, ["Box"])
    assert '    """A box that holds one Tensor and `None` otherwise."""\n' in shown and "More about" not in shown
    long = extension.excerpt(f'def f(x):\n    """{"word " * 40}."""\n    return x', ["f"]).split("\n")
    assert len(long) == 5 and max(map(len, long)) <= extension.WIDTH


def test_a_formula_is_left_to_the_text_and_markers_for_tools_are_left_out(extension):
    shown = extension.excerpt(SOURCE, ["Box", "size"])
    assert shown == "@property\ndef size(self):\n    square = lambda s: s * s\n    return square(2)"
    assert extension.excerpt(SOURCE, ["bare"]) == "def bare(x):\n    return x"


def test_private_decorators_are_left_out(extension):
    source = "@_checked\n@cache\n@_counted\ndef f(x):\n    return x"
    assert extension.excerpt(source, ["f"]) == "@cache\ndef f(x):\n    return x"


def test_annotations_are_left_out_and_defaults_stay_as_they_are_written(extension):
    shown = extension.excerpt(SOURCE, ["typed"]).split("\n")
    assert shown[0] == 'def typed(x, /, y=None, *rest, tol=1e-5, mode="mean", **others):'
    assert shown[1:] == [
        '    """One sentence."""',
        "",
        "    def inner(g):",
        "        return g",
        "",
        "    return inner(x)",
    ]
    broken = extension.excerpt(SOURCE, ["long"]).split("\n")
    assert broken == [
        "def long(",
        "    first_of_many_columns,",
        "    second_of_many_columns,",
        "    *,",
        "    third=1.0,",
        "    yet_another_number=2,",
        "):",
        "    return first_of_many_columns",
    ]


def test_what_a_package_gathers_is_found_under_its_own_name(extension):
    path, names = extension.locate("linear_model.Ridge")
    assert path.name == "least_squares.py" and names == ["Ridge"]


def test_a_name_that_is_not_there_is_an_error(extension):
    for name in ("losses.regression.nothing", "nowhere.at_all"):
        with pytest.raises(ValueError, match=r"there is no nothing|no module that holds nowhere"):
            path, names = extension.locate(name)
            extension.excerpt(path.read_text(encoding="utf-8"), names)


def uses():
    for path in sorted((ROOT / "book" / "chapters").rglob("*.md")):
        for name in re.findall(r"\{companion\} ([\w.]+)", path.read_text(encoding="utf-8")):
            yield pytest.param(name, id=f"{path.parent.name}/{path.stem}-{name}")


@pytest.mark.parametrize("name", list(uses()))
def test_what_a_page_shows_is_the_companions_code(extension, name):
    path, names = extension.locate(name)
    source = path.read_text(encoding="utf-8")
    shown, node = ast.parse(extension.excerpt(source, names)).body[0], extension.find(ast.parse(source), names)
    strip = lambda n: [s for s in n.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]  # noqa: E731
    if isinstance(node, ast.FunctionDef):
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef):
                part.returns = None
            elif isinstance(part, ast.arg):
                part.annotation = None
        assert list(map(ast.dump, strip(shown))) == list(map(ast.dump, strip(node)))
        assert ast.dump(shown.args) == ast.dump(node.args)
    assert shown.name == node.name


@pytest.mark.parametrize("name", list(uses()))
def test_what_a_page_shows_can_be_read(extension, name):
    """The algorithm alone, on one screen: no long lines, at most 20 of them, and no validation."""
    path, names = extension.locate(name)
    source = path.read_text(encoding="utf-8")
    node, lines = extension.find(ast.parse(source), names), extension.excerpt(source, names).split("\n")
    if isinstance(node, ast.FunctionDef):
        docstring = ast.get_docstring(ast.parse("\n".join(lines)).body[0]) or ""
        assert sum(map(bool, map(str.strip, lines))) - sum(map(bool, docstring.split("\n"))) <= 20
        assert not any(isinstance(part, ast.Raise) for part in ast.walk(node))
        assert "require(" not in "\n".join(lines)
    assert max(map(len, lines)) <= extension.WIDTH
