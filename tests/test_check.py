"""What ``make check`` runs for a change, and what it counts as changed."""

import subprocess

import pytest

from tools import check, notebooks

IMPORTS = {
    "tests/book/test_verdicts.py": {"tools", "tools.verdicts"},
    "tests/companion/test_losses.py": {"companion", "companion.losses"},
    "tests/companion/test_losses_extremes.py": {"companion.losses"},
    "tests/companion/test_training.py": {"companion.losses", "companion.annotations"},
    "tests/companion/test_nn_init.py": {"companion.nn.init", "tests.companion.beside_torch"},
}
PAGE, OTHER, SOLUTION = (
    "book/notebooks/05-losses/1-numbers.ipynb",
    "book/notebooks/12-cnn/1-convolution.ipynb",
    "exercises/solutions/05-losses.ipynb",
)
RUNS = {
    PAGE: {"companion/losses/base.py", "companion/numerics.py"},
    OTHER: {"companion/nn/init.py"},
    SOLUTION: {"companion/numerics.py"},
}


def chosen(*changed):
    """The kinds that are not empty."""
    return {kind: names for kind, names in vars(check.choose(changed, IMPORTS, RUNS)).items() if names}


@pytest.mark.parametrize("path", ["book/chapters/05-losses/1-numbers.md", PAGE])
def test_a_page_runs_its_gates_itself_and_the_browser(path):
    assert chosen(path) == {"pages": {"05-losses/1-numbers"}, "executed": {PAGE}, "tests": check.GATES}


@pytest.mark.parametrize(
    ("path", "tests", "executed"),
    [
        ("companion/losses/base.py", {"test_losses.py", "test_losses_extremes.py"}, {PAGE}),
        ("companion/numerics.py", set(), {PAGE, SOLUTION}),
        ("companion/annotations.py", {"test_training.py"}, set()),
        ("companion/nn/init.py", {"test_nn_init.py"}, {OTHER}),
    ],
)
def test_a_module_runs_its_tests_its_examples_and_all_notebooks_that_use_it(path, tests, executed):
    found = chosen(path)
    assert found.pop("tests") == {path, *check.PACKAGE, *(f"tests/companion/{test}" for test in tests)}
    assert found == ({"executed": executed} if executed else {})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/companion/test_losses.py", {"tests": {"tests/companion/test_losses.py"}}),
        ("tests/companion/beside_torch.py", {"tests": {"tests/companion/test_nn_init.py"}}),
        ("tools/verdicts.py", {"tests": {"tests/book/test_verdicts.py"}}),
        ("exercises/masters/05-losses.md", {"exercises": {"05-losses"}, "executed": {SOLUTION}}),
        ("exercises/07-new.ipynb", {"exercises": {"07-new"}}),
        ("book/explorables/ridge-path.png", {"figures": {"ridge_path"}}),
        ("book/explorables/stage.js", {"figures": {"explorables"}}),
        ("book/chapters/06-new/1-new.md", {"pages": {"06-new/1-new"}, "tests": check.GATES}),
        ("README.md", {"uncovered": {"README.md"}}),
        ("_config.yml", {"uncovered": {"_config.yml"}}),
    ],
)
def test_any_other_file_runs_what_is_made_of_it(path, expected):
    assert chosen(path) == expected


def test_a_choice_becomes_commands_and_what_cannot_be_run_is_said():
    choice = check.choose([PAGE, OTHER, "exercises/05-losses.ipynb", "book/explorables/a.js", "x"], IMPORTS, RUNS)
    choice.tests = {"tests/test_a.py", "tests/test_deleted.py"}
    calls, remarks = check.commands(choice, lambda path: "deleted" not in path, lambda page: page.startswith("12"))
    assert calls == [
        ["--doctest-modules", "tests/test_a.py"],
        ["tests/exercises", "-k", "05-losses"],
        [*check.NBVAL, PAGE, OTHER, SOLUTION],
        ["tests/site/test_pages.py", "-k", "12-cnn/1-convolution"],
        ["tests/site", "-k", "a"],
    ]
    assert [remark.split(": ")[1] for remark in remarks] == ["05-losses/1-numbers", "x"]
    assert check.commands(check.Choice(), bool, bool) == ([], [])


def test_each_page_and_each_module_of_the_repository_is_known():
    imports, runs = check.test_imports(), check.notebook_runs()
    for page in notebooks.pages():
        assert check.choose([f"book/chapters/{page}.md"], imports, runs).executed == {f"book/notebooks/{page}.ipynb"}
    for path in sorted(notebooks.COMPANION.rglob("*.py")):
        name = str(path.relative_to(notebooks.ROOT))
        if name not in {"companion/__init__.py", "companion/annotations.py"}:  # names of types alone
            assert check.own_tests(name, imports), name


def test_notebooks_are_compared_as_in_make_test():
    assert " ".join(check.NBVAL) in (notebooks.ROOT / "Makefile").read_text(encoding="utf-8")


def test_what_counts_as_changed(tmp_path):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(name):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "-qm", name)

    git("init", "-q")
    commit("first")
    assert check.changed_files(tmp_path) == []
    commit("second")
    assert check.changed_files(tmp_path) == ["second"]
    git("checkout", "-qb", "branch")
    commit("third")
    commit("fourth")
    (tmp_path / "first").write_text("changed")
    (tmp_path / "new").write_text("")
    assert check.changed_files(tmp_path) == ["first", "fourth", "new", "third"]
    git("mv", "third", "moved")
    assert check.changed_files(tmp_path) == ["first", "fourth", "moved", "new"]
