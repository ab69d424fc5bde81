"""The benchmark's own promises: it times both sides, compares what they reached, and says so when they differ."""

import re
import time

import numpy as np
import pytest

from benchmarks import harness, neural, profiling, run
from companion import autograd, optim
from companion.nn.functional import convolution


def case(name="sum", shift=0.0, target=1e9):
    return harness.Case(
        name,
        setup=lambda: (([1.0, 2.0],),) * 2,
        companion=lambda data: sum(data),
        reference=lambda data: sum(data) + shift,
        answer=lambda result, data: result,
        compared="the sum",
        target=target,
    )


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.md")
    return run.RESULTS


def tables(monkeypatch, *cases):
    monkeypatch.setattr(run, "TABLES", {f"Part {i}": [one] for i, one in enumerate(cases)})


def test_the_tables_are_printed_and_written(results, monkeypatch, capsys):
    tables(monkeypatch, case("one"), case("two", target=0.0))
    assert run.main(["--runs", "5"]) == 0
    text = results.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith(("| one", "| two"))]
    assert len(rows) == 2 and "missed" not in rows[0] and "missed" in rows[1]
    assert all(word in text for word in ("## Part 0", "## Part 1", "numpy", "scikit-learn", "torch 1."))
    printed = capsys.readouterr().out
    assert all(row in printed for row in rows)


@pytest.mark.parametrize("shift", [1e-5, -1e-5, float("nan")])
def test_different_answers_are_an_error(results, monkeypatch, shift):
    tables(monkeypatch, case("same"), case("other", shift=shift))
    assert run.main(["--runs", "5"]) == "answers differ: other"


def test_a_part_of_the_cases_does_not_replace_the_results(results, monkeypatch, capsys):
    tables(monkeypatch, case("first"), case("second"))
    assert run.main(["sec", "--runs", "5"]) == 0
    assert "first" not in capsys.readouterr().out and not results.exists()


def test_too_few_runs_are_refused(results, capsys):
    with pytest.raises(SystemExit):
        run.main(["--runs", "4"])
    assert "5 at least" in capsys.readouterr().err


def test_every_case_is_named_once_and_has_a_target():
    cases = [entry for part in run.TABLES.values() for entry in part]
    names = [entry.name for entry in cases]
    assert len(set(names)) == len(names)
    assert all(0.5 <= entry.target <= 4 and entry.agreement <= 1e-4 for entry in cases)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (2.0, 1.0, 0.5),
        ([np.zeros(2), np.array([4.0, -8.0])], [np.zeros(2), np.array([4.0, -6.0])], 0.25),
        ([0.0, 3.0], [0.0, 0.0], 1.0),
        (np.ones(2), np.ones((2, 1)), np.inf),
    ],
)
def test_a_difference_is_relative_to_the_largest_element(ours, theirs, expected):
    assert harness.difference(ours, theirs) == expected


def test_answers_of_different_length_are_not_compared():
    with pytest.raises(ValueError, match="shorter"):
        harness.difference([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    "entry", [entry for entry in neural.CASES if "20 epochs" not in entry.name], ids=lambda e: e.name
)
def test_both_sides_of_a_neural_case_give_the_same_answer(entry):
    ours, theirs = entry.setup()
    answers = [entry.answer(entry.companion(*ours), *ours), entry.answer(entry.reference(*theirs), *theirs)]
    assert harness.difference(*answers) <= entry.agreement


def test_the_profile_accounts_for_the_whole_run_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(profiling, "PROFILE", tmp_path / "profile.md")
    monkeypatch.setattr(profiling, "WORDS", ("CNN",))
    before = autograd.record, convolution.record, autograd.Tensor.backward, optim.Adam.step
    start = time.perf_counter()
    profiling.main()
    assert (autograd.record, convolution.record, autograd.Tensor.backward, optim.Adam.step) == before
    text = profiling.PROFILE.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.endswith("% |")]
    assert {"conv2d", "batch_norm", "relu", "max_pool2d", "linear", profiling.GRAPH} <= {row[0] for row in rows}
    assert abs(sum(float(row[3].rstrip(" %")) for row in rows) - 100) <= len(rows) / 2 + 1
    per_step = float(re.search(r"per step, ([\d,]+) in all", text).group(1).replace(",", ""))
    assert abs(sum(float(cell.replace(",", "")) for row in rows for cell in row[1:3]) - per_step) <= len(rows) + 1
    assert 2 * 57 * per_step * 1e-6 < time.perf_counter() - start
