"""The directive ``companion``: a function or class of the package, as a chapter shows it.

    ```{companion} losses.squared_error
    ```

The code is taken from the source, so that text and code cannot drift apart, as with ``literalinclude``. Of the
docstring only the first paragraph is kept, and none that holds a formula: markup is for the reference, and the text
around the code has said it already. The caption names where the function lives.
"""

import ast
import re
from pathlib import Path

from docutils import nodes
from sphinx.directives.code import container_wrapper
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2] / "companion"
NOQA = re.compile(r"\s*# noqa\b.*")
ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def locate(name):
    """The file and the names within it that a dotted name means."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        path = ROOT.joinpath(*parts[:count]).with_suffix(".py")
        if path.exists():
            return path, parts[count:]
    raise ValueError(f"companion has no module that holds {name}")


def find(tree, names):
    """The definition that nested names lead to."""
    node = tree
    for name in names:
        node = next((n for n in node.body if getattr(n, "name", None) == name), None)
        if node is None:
            raise ValueError(f"there is no {'.'.join(names)}")
    return node


def summary(docstring):
    """The first paragraph without roles, or nothing where it holds a formula."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    return "" if ":math:" in paragraph else ROLE.sub(r"\1", paragraph).replace("``", "`")


def excerpt(source, names):
    """The source of a definition, its docstring shortened to :func:`summary`."""
    lines, node = source.splitlines(), find(ast.parse(source), names)
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
    out = lines[start : node.end_lineno]
    docstring = ast.get_docstring(node)
    if docstring is not None:
        first, indent = node.body[0], " " * node.body[0].col_offset
        words = summary(docstring)
        kept = [f'{indent}"""{words}"""'] if words else []
        out[first.lineno - 1 - start : first.end_lineno - start] = kept
    shift = len(lines[start]) - len(lines[start].lstrip())
    return "\n".join(NOQA.sub("", line[shift:]) for line in out)


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
