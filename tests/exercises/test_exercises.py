"""Each exercise as a learner meets it: the blank, the solution, and every planted answer, wrong or right."""

import ast
import json
import os
from pathlib import Path

import nbformat
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from tests.book import checks
from tools import exercises, notebooks

MASTERS = sorted((exercises.EXERCISES / "masters").glob("*.md"))
TINY = Path(__file__).with_name("tiny.md")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def made():
    """Exercises by their master, each made once."""
    return {source: exercises.read(source) for source in MASTERS}


@pytest.fixture
def tiny(tmp_path):
    """A function that makes the exercise of a small master with some of its text replaced."""

    def make(*replacements):
        text = TINY.read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        master = tmp_path / "00-tiny.md"
        master.write_text(text, encoding="utf-8")
        return exercises.read(master)

    return make


def every_master(function):
    return pytest.mark.parametrize("source", MASTERS, ids=lambda path: path.stem)(function)


@every_master
def test_form(source, made):
    assert exercises.form_problems(made[source]) == []


@every_master
def test_the_blank_fails_every_check_in_a_beginners_words(source, made):
    assert exercises.blank_problems(made[source]) == []


@every_master
def test_the_solution_passes_and_every_wrong_answer_is_told_its_mistake(source, made):
    assert exercises.answer_problems(made[source]) == []


@every_master
def test_the_blank_notebook_is_what_the_master_makes(source, made):
    stored = exercises.EXERCISES / f"{source.stem}.ipynb"
    assert stored.read_text(encoding="utf-8") == nbformat.writes(made[source].blank) + "\n"


@every_master
def test_the_solved_notebook_is_what_the_master_makes_and_was_executed(source, made):
    stored, fresh = nbformat.read(exercises.EXERCISES / "solutions" / f"{source.stem}.ipynb", 4), made[source].solution
    assert stored.metadata == fresh.metadata
    assert [(c.id, c.source) for c in stored.cells] == [(c.id, c.source) for c in fresh.cells]
    assert checks.execution_problems(stored) == []
    assert checks.path_problems(stored) == []


@every_master
def test_no_check_in_the_solved_notebook_is_left_without_its_answer(source):
    stored = nbformat.read(exercises.EXERCISES / "solutions" / f"{source.stem}.ipynb", 4)
    for cell in filter(exercises.asked, stored.cells):
        assert cell.outputs[0].data["text/plain"] == f"{exercises.asked(cell)}: correct."


# What an exercise may import from the companion: what lies below its topic, so that no answer is an import away.
BELOW = {
    "04-linear-models": {"numerics", "datasets", "preprocessing", "optimize", "losses", "plotting"},
    "05-losses": {"numerics", "datasets", "preprocessing", "optimize", "plotting"},
    "11-neural-networks": {"numerics", "datasets", "preprocessing", "optimize", "losses", "plotting"},
    "12-cnn": {"numerics", "datasets", "preprocessing", "optimize", "losses", "linear_model", "multiclass", "plotting"},
}


@every_master
def test_an_exercise_stands_on_what_lies_below_its_topic(source, made):
    for notebook in (made[source].blank, made[source].solution):
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        assert notebooks.imported_modules(code) <= BELOW[source.stem]
        assert not {"sklearn", "torch", "scipy"} & {name.split(".")[0] for name in imported(code)}


def imported(code):
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


def test_each_master_has_its_notebooks_and_each_notebook_its_master():
    assert MASTERS
    names = {source.stem for source in MASTERS}
    for folder in (exercises.EXERCISES, exercises.EXERCISES / "solutions"):
        assert {path.stem for path in folder.glob("*.ipynb")} == names


def test_making_the_exercises_again_changes_nothing(capsys):
    before = {path: path.read_bytes() for path in exercises.EXERCISES.rglob("*.ipynb")}
    assert exercises.main([]) == 0
    assert capsys.readouterr().out == ""
    assert {path: path.read_bytes() for path in before} == before


# The check of the checks: what is planted below must be found.


def test_the_tiny_exercise_is_in_order(tiny):
    exercise = tiny()
    assert exercises.form_problems(exercise, fewest=2) == []
    assert exercises.blank_problems(exercise) == []
    assert exercises.answer_problems(exercise) == []


def test_reading_a_master_twice_gives_the_same_bytes(tiny):
    first, second = tiny(), tiny()
    assert nbformat.writes(first.blank) == nbformat.writes(second.blank)
    assert nbformat.writes(first.solution) == nbformat.writes(second.solution)


FAULTS = {
    "a check that accepts anything": (
        "assert close(double(3.0), 6.0)",
        "assert True",
        ["q1: the wrong answer 'the double is 6' passes"],
    ),
    "a message that names another mistake": (
        "You squared",
        "You halved",
        ["q1: the wrong answer 'squared' is told 'You halved x instead of doubling it.'"],
    ),
    "a solution that is wrong": (
        "return 2 * x  # SOLUTION",
        "return 4 * x  # SOLUTION",
        ["q1: the solution is told 'For x = 3 the double is 6, yours is 12.0.'"],
    ),
    "a right answer that is refused": (
        "return x + x",
        "return x + 1",
        ["q1: the right answer 'a sum' is told 'For x = 3 the double is 6, yours is 4.0.'"],
    ),
    "a wrong answer that does not run": (
        "# IGNORE wrong: squared\n",
        "# IGNORE wrong: squared\nundefined\n",
        ["q1: the wrong answer 'squared' does not run: NameError"],
    ),
}


@pytest.mark.parametrize(("old", "new", "found"), FAULTS.values(), ids=FAULTS)
def test_finds_a_wrong_answer_that_passes(tiny, old, new, found):
    problems = exercises.answer_problems(tiny((old, new)))
    assert len(problems) == len(found)
    assert all(problem.startswith(words) for problem, words in zip(problems, found))


def test_finds_a_blank_that_passes(tiny):
    exercise = tiny(
        ("def test_q2(answer_2):", "def test_q2():"), ('found = number(answer_2, "`answer_2`")', "found = 0.25")
    )
    assert exercises.blank_problems(exercise) == ["q2: the blank passes"]


def test_finds_a_blank_told_something_a_beginner_cannot_use(tiny):
    exercise = tiny(("def test_q2(answer_2):", "def test_q2(env):"), ("number(answer_2, ", "number(env['answer_2'], "))
    assert exercises.blank_problems(exercise) == [
        "q2: the blank is told '`answer_2` should be a number, yours is Ellipsis.'"
    ]


def test_finds_a_blank_that_stops_run_all(tiny):
    problems = exercises.blank_problems(tiny(("start = 1.0", "start = 1.0 + double")))
    assert len(problems) == 1 and problems[0].startswith("Run All of the blank notebook stops: NameError")


@pytest.mark.parametrize(
    ("replacement", "found"),
    [
        (("<details><summary>Hint 2</summary>\n\nAdd", "<details><summary>Help</summary>\n\nAdd"), "q1: its hints are"),
        (("# IGNORE wrong: squared\n", "# IGNORE right: squared\n"), "q1: 2 wrong answers planted"),
        (("start = 1.0", "answer_2 = 0.25"), "q2: the blank notebook shows 'answer_2 = 0.25'"),
        (("name: q2", "name: q3"), "the questions are named ['q1', 'q3']"),
        (("return 2 * x  # SOLUTION", "return 2 * x"), "q1: an answer cell of the blank notebook holds no"),
    ],
)
def test_finds_a_departure_from_the_form(tiny, replacement, found):
    extra = [("def test_q2", "def test_q3")] if "q3" in replacement[1] else []
    problems = exercises.form_problems(tiny(replacement, *extra), fewest=2)
    assert any(problem.startswith(found) for problem in problems)


def test_a_tiny_exercise_is_too_short_to_publish(tiny):
    assert "2 questions, at least 6 are wanted" in exercises.form_problems(tiny())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def double(x):\n    2 * x", "`double` returned None. Does it end with `return`?"),
        ("def double(x):\n    y = 2 * X\n    return y", "in the line `y = 2 * X`."),
        ("def double(x):\n    return ...", "`double` still holds `...`: replace the dots"),
        ("def double(x):\n    y = ...\n    return 2 * x", "`double` still holds `...`: replace the dots"),
        ("double = ...", "`double` still holds `...`: replace the dots"),
        ("pass", "`double` does not exist yet: run the cell that defines it"),
        ("double = 6.0", "not of the kind asked for: TypeError: float' object is not callable."),
        ("def double():\n    return 6.0", "`double` stopped with TypeError: double() takes 0 positional arguments"),
        ("def double(x):\n    return [[1], [1, 2]]", "yours is [[1], [1, 2]]."),
    ],
)
def test_what_any_check_says_about_a_stumble(tiny, source, message):
    exercise = tiny()
    with exercises.Session(exercise, exercise.solution) as session:
        for cell, question in exercises.steps(exercise.solution):
            if question == "q1":
                break
            session.run(cell.source)
        assert message in session.attempt(source, "q1").message


def test_of_two_functions_the_first_can_be_checked_alone(tiny):
    second = "def triple(x):\n    return 3 * x  # SOLUTION"
    exercise = tiny(
        ("    return 2 * x  # SOLUTION", f"    return 2 * x  # SOLUTION\n\n\n{second}"),
        ("def test_q1(double):", "def test_q1(double, triple):"),
        ('yours is {got}."\n', 'yours is {got}."\n    assert close(triple(1.0), 3.0), "Not three times x."\n'),
    )
    with exercises.Session(exercise, exercise.solution) as session:
        for cell, _ in exercises.steps(exercise.solution)[:2]:
            session.run(cell.source)
        blank = "\ndef triple(x):\n    ..."
        assert "opposite sign" in session.attempt(f"def double(x):\n    return -2 * x{blank}", "q1").message
        assert session.attempt(f"def double(x):\n    return 2 * x{blank}", "q1").message.startswith("`triple` still")


def test_what_a_learner_sees_is_one_sentence(tiny):
    exercise = tiny()
    with exercises.Session(exercise, exercise.solution) as session:
        for cell, _ in exercises.steps(exercise.solution):
            session.run(cell.source)
        session.run("def double(x):\n    return x * x")
        verdict = session.names["grader"].check("q1")
        assert repr(verdict) == "q1: You squared x instead of doubling it."
        assert "You squared x" in verdict._repr_html_() and "Traceback" not in verdict._repr_html_()
        assert not session.names["grader"].passed("q1") and session.names["grader"].passed("q2")
        assert list(Path.cwd().iterdir()) == [Path.cwd() / "00-tiny.ipynb"]  # no log file beside the notebook


def test_a_downloaded_copy_may_have_another_name(tiny):
    exercise = tiny()
    with exercises.Session(exercise, exercise.solution) as session:
        Path("00-tiny.ipynb").rename("00-tiny (1).ipynb")
        for cell, _ in exercises.steps(exercise.solution):
            session.run(cell.source)
        assert session.names["grader"].passed("q1")


def test_a_notebook_is_free_of_what_changes_from_run_to_run(tiny):
    for notebook in (tiny().blank, tiny().solution):
        assert set(notebook.metadata) == {"kernelspec", "language_info", "made_from", "otter"}
        assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in notebook.cells)
        assert all(not cell.get("outputs") for cell in notebook.cells)
    assert "solution" not in json.dumps(tiny().blank.cells).lower()
