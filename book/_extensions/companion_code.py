"""The directive ``companion``: a function or class of the package, as a chapter shows it.

    ```{companion} losses.squared_error
    ```

The code is taken from the source, so that text and code cannot drift apart, as with ``literalinclude``. Of the
docstring only the first paragraph is kept, and none that holds a formula: markup is for the reference, and the text
around the code has said it already. Type annotations are for editors and are left out, private decorators are the
checking around an algorithm and are, too. The caption names where the
function is imported from: what a package takes from one of its files is found under the package's own name.
"""

import ast
import re
import textwrap
from pathlib import Path

from docutils import nodes
from sphinx.directives.code import container_wrapper
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2] / "companion"
NOQA = re.compile(r"\s*# noqa\b.*")
WIDTH = 88
ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def definition(tree, names):
    """The definition that nested names lead to, or None."""
    node = tree
    for name in names:
        node = next((n for n in node.body if getattr(n, "name", None) == name), None)
        if node is None:
            return None
    return node


def locate(name):
    """The file and the names within it that a dotted name means."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        place, names = ROOT.joinpath(*parts[:count]), parts[count:]
        if place.with_suffix(".py").exists():
            return place.with_suffix(".py"), names
        for path in sorted(place.glob("*.py")):
            if definition(ast.parse(path.read_text(encoding="utf-8")), names) is not None:
                return path, names
    raise ValueError(f"companion has no module that holds {name}")


def find(tree, names):
    """The definition that nested names lead to."""
    node = definition(tree, names)
    if node is None:
        raise ValueError(f"there is no {'.'.join(names)}")
    return node


def parameters(source, arguments):
    """The parameters of a function as they are written, without their annotations."""
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(positional) - len(arguments.defaults))
    words = [
        argument.arg if default is None else f"{argument.arg}={ast.get_source_segment(source, default)}"
        for argument, default in zip(
            [*positional, *arguments.kwonlyargs], [*missing, *arguments.defaults, *arguments.kw_defaults]
        )
    ]
    before, after = words[: len(positional)], words[len(positional) :]
    if arguments.posonlyargs:
        before.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg:
        before.append(f"*{arguments.vararg.arg}")
    elif after:
        before.append("*")
    return [*before, *after, *([f"**{arguments.kwarg.arg}"] if arguments.kwarg else [])]


def header(source, node):
    """The lines of a ``def`` without annotations, broken where they would be longer than a page is wide."""
    indent, words = " " * node.col_offset, parameters(source, node.args)
    line = f"{indent}def {node.name}({', '.join(words)}):"
    if len(line) - node.col_offset <= WIDTH:
        return [line]
    return [f"{indent}def {node.name}(", *(f"{indent}    {word}," for word in words), f"{indent}):"]


def summary(docstring):
    """The first paragraph without roles, or nothing where it holds a formula."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    return "" if ":math:" in paragraph else ROLE.sub(r"\1", paragraph).replace("``", "`")


def is_private(decorator):
    return isinstance(decorator, ast.Name) and decorator.id.startswith("_")


def replacements(source, node):
    """(first line, one beyond the last, new lines) of what a page shows otherwise, within one definition."""
    for decorator in node.decorator_list:
        if is_private(decorator):
            yield decorator.lineno - 1, decorator.end_lineno, []
    if isinstance(node, ast.FunctionDef):
        yield node.lineno - 1, node.body[0].lineno - 1, header(source, node)
    docstring = ast.get_docstring(node)
    if docstring is not None:
        words, first = summary(docstring), node.body[0]
        indent = " " * first.col_offset
        shift = first.col_offset - node.col_offset
        kept = [indent + line for line in textwrap.wrap(f'"""{words}"""', WIDTH - shift)] if words else []
        yield first.lineno - 1, first.end_lineno, kept


def excerpt(source, names):
    """The source of a definition: docstrings shortened to :func:`summary`, annotations of its functions left out."""
    lines, node = source.splitlines(), find(ast.parse(source), names)
    start = min([node.lineno, *(d.lineno for d in node.decorator_list if not is_private(d))]) - 1
    inside = [n for n in ast.walk(node) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    changes = sorted((change for n in inside for change in replacements(source, n)), reverse=True)
    shift, end = len(lines[start]) - len(lines[start].lstrip()), node.end_lineno
    changes = [change for change in changes if change[0] >= start]
    for first, beyond, new in changes:  # from the bottom up, so that the line numbers above stay right
        lines[first:beyond] = new
        end += len(new) - (beyond - first)
    return "\n".join(NOQA.sub("", line[shift:]) for line in lines[start:end])


class CompanionCode(SphinxDirective):
    required_arguments = 1

    def run(self):
        try:
            path, names = locate(self.arguments[0])
            code = excerpt(path.read_text(encoding="utf-8"), names)
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        self.env.note_dependency(str(path))
        block = nodes.literal_block(code, code, language="python")
        return [container_wrapper(self, block, f"companion.{self.arguments[0]}")]


def setup(app):
    app.add_directive("companion", CompanionCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
