"""Make the exercises: from each master, the blank notebook that a reader opens and the solved one, executed.

A master is an Otter Assign master in MyST. Otter separates question, solution and tests; this module adds the guards
that answer a beginner, embeds the tests in the notebook, and strips whatever changes from run to run. A notebook
records the digest of what it was made from, so that a second call does nothing, on a fresh clone too.
"""

import argparse
import ast
import contextlib
import copy
import dataclasses
import hashlib
import io
import linecache
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
import numpy as np
from nbconvert.preprocessors import ExecutePreprocessor

from tools import notebooks

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ROOT / "exercises"
HELPERS = ROOT / "tools" / "exercise_checks.py"

CONFIG = """\
# ASSIGNMENT CONFIG
init_cell: false
export_cell: false
generate: false
run_tests: false
tests:
  files: false
  ok_format: false
"""

# The one cell of machinery in a notebook, folded in JupyterLab: it shows the first thing that is wrong, in a sentence.
START = """\
# Run this cell first: it prepares grader.check("q1"), which answers in one sentence.
import glob
import html
import re

import otter


class Verdict:
    def __init__(self, result):
        self.name, self.passed = result.name, result.passed_all
        wrong = [case.message for case in result.test_case_results if not case.passed]
        found = re.search(r"^AssertionError: (.*)", wrong[0], re.M | re.S) if wrong else None
        other = f"your answer is not of the kind asked for: {wrong[0].splitlines()[-1]}." if wrong else "correct."
        self.message = found[1] if found else other

    def __repr__(self):
        return f"{self.name}: {self.message}"

    def _repr_html_(self):
        color, mark = ("#2e7d32", "&#10003;") if self.passed else ("#c62828", "&#10007;")
        text = re.sub(r"`([^`]+)`", r"<code>\\1</code>", html.escape(self.message)).replace("\\n", "<br>")
        style = f"border-left: 4px solid {color}; padding: 0.4em 0.8em"
        return f'<div style="{style}">{mark} <b>{self.name}</b>: {text}</div>'


class Grader(otter.Notebook):
    def check(self, question):
        return Verdict(super().check(question, global_env=globals()))

    def passed(self, question):
        return self.check(question).passed

    def _log_event(self, *args, **kwargs):
        pass  # no log file beside the notebook


copies = sorted(glob.glob("{name}*.ipynb"), key=len)  # a downloaded copy may be called "{name} (1)"
grader = Grader(copies[0] if copies else "{name}.ipynb")"""

ANSWER, LOCKED = "otter_answer_cell", ("editable", "deletable")
IGNORED = re.compile(r"#\s*ignore\s+(wrong|right):\s*(.+)", re.IGNORECASE)


@dataclasses.dataclass
class Attempt:
    """A planted answer to a question: wrong, with the words of its message, or right, with a remark."""

    question: str
    kind: str
    words: str
    source: str


@dataclasses.dataclass
class Exercise:
    """The two notebooks that a master makes, and the answers planted in it."""

    name: str
    blank: nbformat.NotebookNode
    solution: nbformat.NotebookNode
    attempts: list

    @property
    def questions(self):
        return list(self.blank.metadata["otter"]["tests"])


def guarded_tests(source):
    """The source of a question's tests as Otter writes it, with the helpers, and a guard where an answer is first used.

    Guards stand no earlier than that, so that a learner who has written the first of two functions hears about it.
    """
    tree, helpers = ast.parse(source), ast.parse(HELPERS.read_text(encoding="utf-8"))
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            waiting, body = [argument.arg for argument in function.args.args if argument.arg != "env"], []
            for statement in function.body:
                used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
                for name in [name for name in waiting if name in used]:
                    body.append(ast.parse(f"{name} = answer({name}, {name!r})").body[0])
                    waiting.remove(name)
                body.append(statement)
            function.body = body
    return ast.unparse(ast.Module(body=helpers.body[1:] + tree.body, type_ignores=[]))


def without_markers(source):
    """A solution as a reader should see it: without the comments that tell Otter what to strip."""
    lines = [line for line in source.splitlines() if not re.match(r"\s*# (BEGIN|END) SOLUTION", line)]
    return "\n".join(re.sub(r"\s*# ?SOLUTION( NO PROMPT)?\s*$", "", line) for line in lines)


def planted(master):
    """The wrong and the other right answers in a master, each with the question that it stands in."""
    from otter.assign.blocks import BlockType, extract_all_fenced_otter_cells, get_cell_config, is_block_boundary_cell

    attempts, question = [], None
    for cell in extract_all_fenced_otter_cells(master.cells):
        if is_block_boundary_cell(cell, BlockType.QUESTION):
            question = get_cell_config(cell)["name"]
        first, _, rest = cell.source.partition("\n")
        found = IGNORED.match(first) if cell.cell_type == "code" else None
        if found:
            attempts.append(Attempt(question, found[1].lower(), found[2].strip(), rest))
    return attempts


def otter_assign(master, name):
    """Otter's blank and solved notebooks of a master (without outputs), as a pair."""
    from otter.assign import main as assign

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / f"{name}.ipynb"
        nbformat.write(master, path)
        assign(str(path), str(Path(folder) / "made"), no_run_tests=True)
        made = Path(folder) / "made"
        return [nbformat.read(made / room / path.name, as_version=4) for room in ("student", "autograder")]


def tidy(notebook, made_from):
    """A notebook with nothing in it that changes from run to run; identifiers depend on place and text only."""
    for place, cell in enumerate(notebook.cells):
        for key in LOCKED:
            cell.metadata.pop(key, None)
        cell.id = notebooks.cell_digest(f"{place}:{cell.source}")
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
            "made_from": made_from,
            "otter": notebook.metadata["otter"],
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def digests(source, master):
    """Fingerprints of what the blank and the solved notebook are made from; the latter ran the companion as well."""
    total = hashlib.sha256(source.read_bytes())
    for path in (HELPERS, Path(__file__)):
        total.update(path.read_bytes())
    blank = total.hexdigest()[:16]
    for path in notebooks.companion_files(master):
        total.update(path.read_bytes())
    return blank, total.hexdigest()[:16]


def read(source):
    """Make an exercise's notebooks from its master, in memory and without executing anything.

    Parameters
    ----------
    source : Path
        The master, ``NN-slug.md``.

    Returns
    -------
    Exercise
    """
    master = jupytext.read(source)
    made_from, attempts = digests(source, master), planted(master)
    master.cells.insert(0, nbformat.v4.new_raw_cell(CONFIG))
    made = otter_assign(master, source.stem)
    start = START.replace("{name}", source.stem)
    for notebook, stamp in zip(made, made_from):
        tests = notebook.metadata["otter"]["tests"]
        notebook.metadata["otter"]["tests"] = {name: guarded_tests(text) for name, text in tests.items()}
        first = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        cell = nbformat.v4.new_code_cell(start, metadata={"jupyter": {"source_hidden": True}})
        notebook.cells.insert(first, cell)
        for cell in notebook.cells:
            if "otter_assign_solution_cell" in cell.metadata.get("tags", []):
                cell.metadata["tags"] = [ANSWER]
                cell.source = without_markers(cell.source)
        tidy(notebook, stamp)
    return Exercise(source.stem, *made, attempts)


class Session(contextlib.ExitStack):
    """A notebook run in this process, cell by cell, with its own names; quick enough to try every planted answer."""

    def __init__(self, exercise, notebook):
        super().__init__()
        self.exercise, self.cells, self.names, self.count = exercise, notebook.cells, {"__name__": "__main__"}, 0
        folder = self.enter_context(tempfile.TemporaryDirectory())
        self.enter_context(contextlib.chdir(folder))
        self.enter_context(contextlib.redirect_stdout(io.StringIO()))
        nbformat.write(notebook, f"{exercise.name}.ipynb")

    def run(self, source, names=None):
        """Execute one cell; its lines stay known, so that a message can quote them."""
        self.count += 1
        filename = f"<{self.exercise.name} {id(self)} {self.count}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec"), self.names if names is None else names)

    def verdict(self, question, names=None):
        """What ``grader.check(question)`` shows: ``passed`` and ``message``."""
        from otter.test_files import NotebookMetadataExceptionTestFile

        test = NotebookMetadataExceptionTestFile.from_metadata(
            self.exercise.blank.metadata["otter"]["tests"][question], path=f"{self.exercise.name}.ipynb"
        )
        test.run(self.names if names is None else names)
        return self.names["Verdict"](test)

    def attempt(self, source, question):
        """The verdict on an answer put in place of the right one; it leaves no trace in the session's names."""
        names = {key: v.copy() if isinstance(v, np.ndarray) else v for key, v in self.names.items()}
        self.run(source, names)
        return self.verdict(question, names)


def asked(cell):
    """The question that a cell checks, or None."""
    found = re.fullmatch(r'grader\.check\("(\w+)"\)', cell.source.strip()) if cell.cell_type == "code" else None
    return found[1] if found else None


def steps(notebook):
    """A notebook's code cells in order, each with the question that it belongs to if it is an answer, else None."""
    ahead, found = None, []
    for cell in reversed(notebook.cells):
        ahead = asked(cell) or ahead
        if cell.cell_type == "code":
            found.append((cell, ahead if ANSWER in cell.metadata.get("tags", []) else None))
    return found[::-1]


def blank_problems(exercise):
    """Questions that the untouched notebook passes, fails without a beginner's words, or cells that stop it."""
    problems = []
    with Session(exercise, exercise.blank) as session:
        for cell, _ in steps(exercise.blank):
            try:
                session.run(cell.source)
            except Exception as error:
                problems.append(f"Run All of the blank notebook stops: {type(error).__name__}: {error}")
                continue
            if asked(cell):
                verdict = session.verdict(asked(cell))
                if verdict.passed:
                    problems.append(f"{asked(cell)}: the blank passes")
                elif not re.fullmatch(r"`\w+` still holds `\.\.\.`: .*", verdict.message):
                    problems.append(f"{asked(cell)}: the blank is told {verdict.message!r}")
    return problems


def answer_problems(exercise):
    """Right answers that fail, wrong ones that pass, and wrong ones whose message does not name the mistake."""
    problems, tried = [], set()
    with Session(exercise, exercise.solution) as session:
        for cell, question in steps(exercise.solution):
            if question and question not in tried:
                tried.add(question)
                for attempt in exercise.attempts:
                    if attempt.question == question:
                        problems += attempt_problems(session, attempt)
            session.run(cell.source)
            if asked(cell):
                verdict = session.verdict(asked(cell))
                if not verdict.passed:
                    problems.append(f"{asked(cell)}: the solution is told {verdict.message!r}")
    return problems


def attempt_problems(session, attempt):
    """What is amiss with the verdict on one planted answer."""
    label = f"{attempt.question}: the {attempt.kind} answer {attempt.words!r}"
    try:
        verdict = session.attempt(attempt.source, attempt.question)
    except Exception as error:
        return [f"{label} does not run: {type(error).__name__}: {error}"]
    if attempt.kind == "right":
        return [] if verdict.passed else [f"{label} is told {verdict.message!r}"]
    if verdict.passed:
        return [f"{label} passes"]
    return [] if attempt.words.lower() in verdict.message.lower() else [f"{label} is told {verdict.message!r}"]


def form_problems(exercise, fewest=6):
    """Departures from the anatomy: too few questions, hints or wrong answers; a solution in the blank notebook."""
    problems, questions = [], exercise.questions
    if len(questions) < fewest:
        problems.append(f"{len(questions)} questions, at least {fewest} are wanted")
    if questions != [f"q{place}" for place in range(1, len(questions) + 1)]:
        problems.append(f"the questions are named {questions}")
    prompts, text = {}, ""
    for cell in exercise.blank.cells:
        text += cell.source if cell.cell_type == "markdown" else ""
        if asked(cell):
            prompts[asked(cell)], text = text, ""
    for question in questions:
        hints = re.findall(r"<details><summary>(.*?)</summary>", prompts.get(question, ""))
        if hints != ["Hint 1", "Hint 2"] or prompts[question].count("</details>") != 2:
            problems.append(f"{question}: its hints are {hints}, expected Hint 1 and Hint 2")
        wrong = sum(attempt.question == question and attempt.kind == "wrong" for attempt in exercise.attempts)
        if wrong < 3:
            problems.append(f"{question}: {wrong} wrong answers planted, at least 3 are wanted")
    answers = [(cell, question) for cell, question in steps(exercise.solution) if question]
    blanks = [cell for cell, question in steps(exercise.blank) if question]
    for (cell, question), blank in zip(answers, blanks):
        if "..." not in blank.source:
            problems.append(f"{question}: an answer cell of the blank notebook holds no `...`")
        secret = [line.strip() for line in cell.source.splitlines() if line.strip() not in blank.source]
        shown = "\n".join(c.source for c in exercise.blank.cells if c.cell_type == "code")
        problems += [f"{question}: the blank notebook shows {line!r}" for line in secret if line in shown]
    if re.search(r"#\s*(BEGIN |END )?SOLUTION|#\s*ignore", str(exercise.blank.cells), re.IGNORECASE):
        problems.append("the blank notebook holds a marker of the master")
    return problems


def problems(exercise):
    """Everything that keeps an exercise from being published, in words."""
    return form_problems(exercise) + blank_problems(exercise) + answer_problems(exercise)


def execute(notebook, name):
    """Run the solved notebook from a clean kernel beside its own file, in place; only outputs change."""
    metadata = copy.deepcopy(notebook.metadata)
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, Path(folder) / f"{name}.ipynb")
        ExecutePreprocessor(timeout=300, kernel_name="python3", record_timing=False).preprocess(
            notebook, {"metadata": {"path": folder}}
        )
    notebook.metadata = metadata


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="exercises such as 05-losses; all that changed without")
    parser.add_argument("--check", action="store_true", help="only say what is amiss; write nothing")
    options = parser.parse_args(arguments)
    os.environ.update(PYDEVD_DISABLE_FILE_VALIDATION="1", MPLBACKEND="Agg")
    sources = {source.stem: source for source in sorted((EXERCISES / "masters").glob("*.md"))}
    unknown = set(options.names) - set(sources)
    if unknown:
        parser.error(f"no such exercise: {', '.join(sorted(unknown))}")
    (EXERCISES / "solutions").mkdir(exist_ok=True)
    failed = False
    for name in options.names or sources:
        blank, solution = EXERCISES / f"{name}.ipynb", EXERCISES / "solutions" / f"{name}.ipynb"
        made_from = digests(sources[name], jupytext.read(sources[name]))
        if not options.check and (notebooks.stored_digest(blank), notebooks.stored_digest(solution)) == made_from:
            continue
        start, exercise = time.perf_counter(), read(sources[name])
        found = problems(exercise)
        failed |= bool(found)
        for problem in found:
            print(f"{name}: {problem}", flush=True)
        if options.check or found:
            continue
        os.environ.pop("MPLBACKEND")
        execute(exercise.solution, name)
        os.environ["MPLBACKEND"] = "Agg"
        nbformat.write(exercise.blank, blank)
        nbformat.write(exercise.solution, solution)
        print(f"made {name} in {time.perf_counter() - start:.1f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
