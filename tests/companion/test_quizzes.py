"""Questions: the same bytes every time, the answers shuffled by their words, the scripts once in a notebook."""

import json
import re
import subprocess
import sys

import pytest

from companion.quizzes import Questions, predict, quiz

WRONG = [("two", "That is the second."), ("three", "That is the third.")]


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.setattr(Questions, "_carrier", None)


def data(questions):
    """What the script of a page reads."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', questions._repr_html_())[1])


def test_the_same_question_gives_the_same_bytes_and_another_another_id():
    first, again = (predict("One?", right=("one", "Yes."), wrong=WRONG) for _ in range(2))
    other = predict("Which?", right=("one", "Yes."), wrong=WRONG)
    assert first._repr_html_() == again._repr_html_()
    assert first.name == again.name != other.name


def test_the_order_depends_on_the_words_alone():
    answers = [dict(answer=a, correct=a == "one", feedback="So.") for a in ("three", "one", "two")]
    by_hand, by_predict = (
        quiz([dict(question="One?", answers=answers)]),
        predict("One?", right=("one", "So."), wrong=WRONG),
    )
    order = [[answer["answer"] for answer in entry.entries[0]["answers"]] for entry in (by_hand, by_predict)]
    assert order[0] == order[1]


def test_the_right_answer_stands_at_each_place_about_as_often():
    places = [0, 0, 0]
    for k in range(300):
        answers = predict(f"Question {k}?", right=("one", "Yes."), wrong=WRONG).entries[0]["answers"]
        places[[answer["correct"] for answer in answers].index(True)] += 1
    assert min(places) > 70 and sum(places) == 300


def test_the_first_question_carries_the_scripts_also_when_its_cell_runs_again():
    first, second = (predict(text, right=("one", "Yes."), wrong=WRONG) for text in ("One?", "Which?"))
    shown = first._repr_html_()
    assert "function show_questions" in shown and len(shown) < 30_000
    assert "function" not in second._repr_html_() and len(second._repr_html_()) < 2_000
    assert first._repr_html_() == shown


def test_nothing_in_a_text_is_a_tag_and_backticks_are_code():
    entry = data(predict("Is `a<b>` 1 < 2?", right=("one", "Yes."), wrong=WRONG))[0]
    assert entry["question"] == "Is <code>a&lt;b&gt;</code> 1 &lt; 2?"


def test_the_list_for_readers_without_scripts_folds_the_right_answer():
    plain = predict("One?", right=("one", "Yes."), wrong=WRONG)._repr_html_()
    assert all(f"<li>{answer}</li>" in plain for answer in ("one", "two", "three"))
    assert "<details><summary>Answer</summary><p>one. Yes.</p></details>" in plain


@pytest.mark.parametrize(
    ("question", "right", "wrong", "words"),
    [
        (" ", ("one", "Yes."), WRONG, "blank"),
        ("One?", ("one", ""), WRONG, "deserves a word"),
        ("One?", ("one", "Yes."), [], "at least two"),
        ("One?", ("two", "Yes."), WRONG, "all different"),
    ],
)
def test_refuses_a_question_that_nobody_can_answer(question, right, wrong, words):
    with pytest.raises(ValueError, match=words):
        predict(question, right=right, wrong=wrong)


def test_refuses_an_empty_quiz_and_one_without_a_right_answer():
    with pytest.raises(ValueError, match="at least one"):
        quiz([])
    with pytest.raises(ValueError, match="no right answer"):
        quiz([dict(question="One?", answers=[dict(answer=a, correct=False, feedback="No.") for a in "ab"])])


def test_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterquiz", None)
    with pytest.raises(ImportError, match="pip install jupyterquiz"):
        predict("One?", right=("one", "Yes."), wrong=WRONG)


def test_the_module_imports_without_jupyter():
    program = "import sys; sys.modules['IPython'] = sys.modules['jupyterquiz'] = None; import companion.quizzes"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
