"""The benchmark's own promises: it times both sides, compares what they reached, and says so when they differ."""

import pytest

from benchmarks import run


def case(name="sum", shift=0.0, target=1e9):
    return run.Case(
        name,
        setup=lambda: ([1.0, 2.0],),
        companion=lambda data: sum(data),
        reference=lambda data: sum(data) + shift,
        objective=lambda fitted, data: fitted,
        target=target,
    )


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.md")
    return run.RESULTS


def test_the_table_is_printed_and_written(results, monkeypatch, capsys):
    monkeypatch.setattr(run, "CASES", [case("one"), case("two", target=0.0)])
    assert run.main(["--runs", "5"]) == 0
    text = results.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith(("| one", "| two"))]
    assert len(rows) == 2 and "missed" not in rows[0] and "missed" in rows[1]
    assert "numpy" in text and "scikit-learn" in text and "threads:" in text
    assert all(row in capsys.readouterr().out for row in rows[:1])


@pytest.mark.parametrize("shift", [1e-5, -1e-5, float("nan")])
def test_different_answers_are_an_error(results, monkeypatch, shift):
    monkeypatch.setattr(run, "CASES", [case("same"), case("other", shift=shift)])
    assert run.main(["--runs", "5"]) == "objectives differ: other"


def test_a_part_of_the_cases_does_not_replace_the_results(results, monkeypatch, capsys):
    monkeypatch.setattr(run, "CASES", [case("first"), case("second")])
    assert run.main(["sec", "--runs", "5"]) == 0
    assert "first" not in capsys.readouterr().out and not results.exists()


def test_too_few_runs_are_refused(results, capsys):
    with pytest.raises(SystemExit):
        run.main(["--runs", "4"])
    assert "5 at least" in capsys.readouterr().err


def test_every_case_is_named_once_and_has_a_target():
    names = [entry.name for entry in run.CASES]
    assert len(set(names)) == len(names) and all(1 <= entry.target <= 2 for entry in run.CASES)
