"""What holds a page to its claims: each is decided by a cell that computes the verdict; none is written by hand.

Each function returns the problems found, in words, so that a test can plant one.
"""

import ast
import re

from tests.book.checks import code_cells, tags
from tools import verdicts

CONDITIONS = ("holds", "with_condition", "core")
# Calls that compute nothing: around a literal they leave a literal.
WRAPPERS = {"bool", "bool_", "int", "float", "array", "asarray", "all", "any"}
PLAIN = (
    *(ast.Constant, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.BinOp, ast.List, ast.Tuple, ast.IfExp),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
BOX = re.compile(r"^(?::{3,}|`{3,})\{note-claim\}[ \t]*(\S*)", re.MULTILINE)
ID = re.compile(r"(?<![\w#-])K\d{3}\b")


def bindings(trees):
    """What each name of a page is bound to; None stands for more than an assignment."""
    found = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts))
                for name, value in pairs:
                    for part in ast.walk(name):
                        if isinstance(part, ast.Name):
                            found.setdefault(part.id, []).append(value if part is name else None)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.comprehension, ast.NamedExpr, ast.withitem)):
            target = node.optional_vars if isinstance(node, ast.withitem) else node.target
            for part in ast.walk(target) if target else ():
                if isinstance(part, ast.Name):
                    found.setdefault(part.id, []).append(None)
    return found


def is_literal(node, bound, seen=()):
    """Whether an expression says what is so instead of computing it, also by way of a name."""
    if isinstance(node, ast.Name):
        values = bound.get(node.id, [None])
        return node.id not in seen and all(v is not None and is_literal(v, bound, (*seen, node.id)) for v in values)
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        return name in WRAPPERS and all(is_literal(argument, bound, seen) for argument in node.args)
    if isinstance(node, (ast.List, ast.Tuple)) and not node.elts:
        return False  # filled later
    return isinstance(node, PLAIN) and all(is_literal(child, bound, seen) for child in ast.iter_child_nodes(node))


def calls(tree, name):
    """The calls of a function, in the order of the lines."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == name]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def literal_problems(notebook):
    """Verdicts and checks whose conditions are written down instead of computed."""
    trees = [ast.parse(cell.source) for cell in code_cells(notebook)]
    bound, problems = bindings(trees), []
    for tree in trees:
        for call in calls(tree, "verdict"):
            name = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else "a verdict"
            given = {word.arg: word.value for word in call.keywords}
            for word in CONDITIONS:
                value = given.get(word)
                absent = value is None or (isinstance(value, ast.Constant) and value.value is None)
                if not absent and is_literal(value, bound):
                    problems.append(f"{name}: {word}={ast.unparse(value)} is a literal")
        for call in calls(tree, "holds"):
            if len(call.args) > 1 and is_literal(call.args[1], bound):
                problems.append(f"holds: {ast.unparse(call.args[1])} is a literal")
    return problems


def claim_tags(cell):
    return [tag for tag in tags(cell) if re.fullmatch(r"K\d{3}", tag)]


def deciding_problems(cell):
    """What is wrong with a cell that has the tags of claims, or calls ``verdict``."""
    claims = claim_tags(cell)
    decided = [call.args[0].value for call in calls(ast.parse(cell.source), "verdict") if call.args]
    problems = []
    if claims and "check" not in tags(cell):
        problems.append(f"the cell of {', '.join(claims)} is not tagged check")
    if decided != claims:
        problems.append(f"a cell is tagged {claims} and decides {decided}")
    return problems


def claim_problems(claims, notebooks):
    """Claims of the chapters at hand that nothing decides, and cells and boxes that nobody owes.

    Parameters
    ----------
    claims : list of dict
        The records of ``book/claims.yml``.
    notebooks : dict of str to notebook
        The executed pages by their name, chapter first: ``05-losses/1-numbers``.
    """
    ledger = {claim["id"]: claim for claim in claims}
    problems, decided, boxed = verdicts.evidence_problems(claims, notebooks), [], []
    for page, notebook in notebooks.items():
        slug = page.split("/")[0]
        cells = code_cells(notebook)
        here = [tag for cell in cells for tag in claim_tags(cell)]
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        found = [problem for cell in cells for problem in deciding_problems(cell)] + literal_problems(notebook)
        for kind, names in (("cell", here), ("box", BOX.findall(text))):
            for name in names:
                if name not in ledger:
                    found.append(f"a {kind} on {name}, an unknown claim")
                elif ledger[name]["chapter"] != slug:
                    found.append(f"a {kind} on {name}, a claim of {ledger[name]['chapter']}")
                elif kind == "box" and name not in here:
                    found.append(f"a box on {name} without its cell")
                elif kind == "box" and ledger[name]["verdict"] == "true":
                    found.append(f"a box on {name}, which is plainly true")
        problems += [f"{page}: {problem}" for problem in found]
        decided += here
        boxed += BOX.findall(text)
    slugs = {page.split("/")[0] for page in notebooks}
    for name, claim in ledger.items():
        if claim["chapter"] in slugs:
            if decided.count(name) != 1:
                problems.append(f"{claim['chapter']}: {decided.count(name) or 'no'} cells decide {name}")
            if claim["verdict"] != "true" and boxed.count(name) != 1:
                problems.append(f"{claim['chapter']}: {boxed.count(name) or 'no'} boxes on {name}, {claim['verdict']}")
    return problems


def id_problems(notebook):
    """Ids of claims where a reader reads: in the text, in captions, in what cells print."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            texts.append(BOX.sub("", cell.source))
        else:
            texts += [output.text for output in cell.outputs if output.output_type == "stream"]
            texts.append(str(cell.metadata.get("mystnb", "")))
    return [f"an id in the text: {line.strip()[:60]!r}" for t in texts for line in t.splitlines() if ID.search(line)]
