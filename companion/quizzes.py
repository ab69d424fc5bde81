"""Questions in the text: one to predict an output before it is seen, several at the end of a page.

Jupyterquiz draws them. Its own ``display_quiz`` repeats 40 kB for every question and names elements at random; here the
first question that a kernel shows carries the scripts for all, and the same questions give the same bytes, so that a
stored notebook can be compared with a new run.
"""

import hashlib
import html
import json
import random
import re
from collections.abc import Mapping, Sequence
from importlib import import_module, resources
from typing import Any

__all__ = ["Questions", "predict", "quiz"]

_LIBRARY = ("helpers.js", "multiple_choice.js", "show_questions.js")

# Draws every question that stands in the document and is not drawn yet, in whatever order a notebook shows its cells.
# Words that answer a choice are set with the page, formulas included, and only shown later: what JupyterLab has set
# once it does not set again.
_DRAW = """
const MathJax = undefined; // what the scripts above would typeset, or fetch from a server, the page typesets itself
window.drawQuestions = () => {
  for (const box of document.querySelectorAll(".mlc-questions:not([data-ready])")) {
    box.dataset.ready = "yes";
    box.querySelector(".mlc-plain").remove();
    const questions = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    const stage = box.appendChild(document.createElement("div"));
    show_questions(questions, stage);
    stage.querySelectorAll(".Quiz").forEach((question, k) => {
      const [answers, feedback] = [".Answer", ".Feedback"].map((part) => question.querySelector(part));
      answers.setAttribute("role", "radiogroup");
      answers.setAttribute("aria-labelledby", question.querySelector("[id^='quizQn']").id);
      feedback.setAttribute("role", "status");
      const words = questions[k].answers.map((answer) => {
        const word = stage.appendChild(document.createElement("span"));
        word.innerHTML = jaxify(answer.feedback ?? "");
        word.hidden = true;
        return word;
      });
      answers.querySelectorAll("label").forEach((label, j) => {
        const choice = label.querySelector("input");
        choice.classList.remove("sr-only");
        const formula = label.textContent.match(/^\\s*\\\\\\((.*)\\\\\\)\\s*$/);
        if (formula) choice.setAttribute("aria-label", formula[1]); // a picture of a formula alone is no name
        if (words[j].innerHTML) label.addEventListener("click", () => { feedback.innerHTML = words[j].innerHTML; });
      });
    });
    // JupyterLab would take the arrow keys for itself.
    stage.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    });
  }
};
"""

# Colors of the book's page, else of JupyterLab, else of the system.
_STYLE = """
.mlc-questions {
  --ink: var(--pst-color-text-base, var(--jp-content-font-color1, CanvasText));
  --edge: var(--pst-color-text-muted, var(--jp-content-font-color2, GrayText));
  --right: var(--course-true, var(--jp-success-color0, #1a6b3c));
  --wrong: var(--course-wrong, var(--jp-error-color0, #a8321f));
  max-width: 46rem; margin: 0.5rem 0; color: var(--ink); line-height: 1.5;
}
.mlc-predict {
  padding: 0.6rem 0.9rem; border: 1px solid var(--edge); border-left-width: 0.3rem; border-radius: 0.4rem;
}
.mlc-questions .mlc-kind { margin: 0 0 0.25rem; color: var(--edge); font-weight: 600; }
.mlc-questions .Quiz { max-width: none !important; margin: 0 0 1rem; padding: 0; border: 0; font-size: 1rem; }
.mlc-predict .Quiz { margin: 0; }
.mlc-questions [id^="quizQn"] { font-weight: 600; }
.mlc-questions .Answer { display: grid; gap: 0.4rem; margin: 0.5rem 0; grid-template-columns: 1fr; }
.mlc-questions .MCButton {
  display: flex; gap: 0.6rem; align-items: center; justify-content: flex-start; min-height: 2.75rem;
  padding: 0.3rem 0.6rem; border: 1px solid var(--edge); border-radius: 0.4rem; color: var(--ink);
  background: transparent; cursor: pointer; text-align: left;
}
.mlc-questions .MCButton:focus-within { outline: 0.15rem solid currentColor; outline-offset: 0.1rem; }
.mlc-questions .MCButton input { flex: none; margin: 0; }
.mlc-questions .correctButton { border: 0.15rem solid var(--right); }
.mlc-questions .incorrectButton { border: 0.15rem dashed var(--wrong); }
.mlc-questions .Feedback { min-height: 1.5em; text-align: left; }
.mlc-questions .correct { color: var(--right); }
.mlc-questions .incorrect { color: var(--wrong); }
.mlc-questions .correct::before { content: "✓ "; }
.mlc-questions .incorrect::before { content: "✗ "; }
@media print { .mlc-questions { break-inside: avoid; } }
"""

_PAGE = """<div class="mlc-questions mathjax_process {look}" role="group" aria-label="{kind}" id="{name}">
{title}<div class="mlc-plain">
<p><em>Without JavaScript you cannot choose here: make up your mind, then unfold.</em></p>
{plain}
</div>
<script type="application/json">{data}</script>
{library}<script>window.drawQuestions?.();</script>
</div>"""


class Questions:
    """One or several questions of multiple choice that a reader answers on the page.

    Shown by its ``_repr_html_``. Without JavaScript, and in a notebook that is not trusted, the questions and their
    answers are lists, the right ones folded below.

    Parameters
    ----------
    entries : list of dict
        As jupyterquiz takes them: ``question``, and ``answers``, a list of dicts with ``answer``, ``correct`` and
        ``feedback``. Texts are plain words with formulas in dollar signs and code in backticks.
    kind : str
        What stands above them.

    Attributes
    ----------
    entries : list of dict
        With the answers in the order in which they are shown, which depends on nothing but their words.
    kind, name : str
        The second parameter, and the id of the element.

    Raises
    ------
    ValueError
        If there is no question, if a text is blank, or if a question has fewer than two different answers, or none
        that is right.
    ImportError
        If jupyterquiz is not installed.

    Examples
    --------
    >>> answers = [dict(answer="4", correct=True, feedback="Yes."), dict(answer="5", correct=False, feedback="No.")]
    >>> Questions([dict(question="2 + 2?", answers=answers)], "Quiz")
    <Quiz: 2 + 2?>
    """

    _carrier: str | None = None  # the name of the first questions shown by this kernel: they carry the scripts

    def __init__(self, entries: Sequence[Mapping[str, Any]], kind: str) -> None:
        try:
            import_module("jupyterquiz")
        except ImportError as problem:
            raise ImportError(
                "questions need jupyterquiz, which is not installed: pip install jupyterquiz"
            ) from problem
        if not entries:
            raise ValueError("no questions, expected at least one")
        self.kind = kind
        self.entries = [_checked(entry) for entry in entries]
        text = json.dumps(self.entries, sort_keys=True)
        self.name = f"questions-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:10]}"

    def __repr__(self) -> str:
        return f"<{self.kind}: {' | '.join(entry['question'] for entry in self.entries)}>"

    def _repr_html_(self) -> str:
        if Questions._carrier is None:
            Questions._carrier = self.name
        marked = [_marked(entry) for entry in self.entries]
        alone = len(self.entries) == 1
        return _PAGE.format(
            look="mlc-predict" if alone else "mlc-quiz",
            kind=html.escape(self.kind),
            title=f'<p class="mlc-kind">{html.escape(self.kind)}</p>\n'
            if alone
            else "",  # a quiz stands under a heading
            name=self.name,
            plain="\n".join(_plain(entry) for entry in marked),
            data=json.dumps(marked, ensure_ascii=False).replace("<", "\\u003c"),
            library=_library() if Questions._carrier == self.name else "",
        )


def _checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The question with its answers in an order that its words decide."""
    question, answers = str(entry["question"]), [dict(answer) for answer in entry["answers"]]
    words = [question, *(str(answer[key]) for answer in answers for key in ("answer", "feedback"))]
    if not all(word.strip() for word in words):
        raise ValueError(f"a blank text in the question {question!r}: every answer deserves a word")
    if len({answer["answer"] for answer in answers}) < max(2, len(answers)):
        raise ValueError(f"the question {question!r} needs at least two answers, all different")
    if not any(answer["correct"] for answer in answers):
        raise ValueError(f"the question {question!r} has no right answer")
    answers.sort(key=lambda answer: str(answer["answer"]))  # whatever order they were written in
    random.Random(question).shuffle(answers)
    return {"question": question, "type": "multiple_choice", "answers": answers}


def _marked(entry: dict[str, Any]) -> dict[str, Any]:
    """The same texts as HTML: nothing in them is a tag, words in backticks are code."""

    def mark(text: str) -> str:
        return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))

    answers = [answer | {key: mark(answer[key]) for key in ("answer", "feedback")} for answer in entry["answers"]]
    return entry | {"question": mark(entry["question"]), "answers": answers}


def _plain(entry: dict[str, Any]) -> str:
    """A question as a list, for readers without JavaScript."""
    items = "".join(f"<li>{answer['answer']}</li>" for answer in entry["answers"])
    right = " ".join(f"{answer['answer']}. {answer['feedback']}" for answer in entry["answers"] if answer["correct"])
    return f"<p>{entry['question']}</p>\n<ul>{items}</ul>\n<details><summary>Answer</summary><p>{right}</p></details>"


def _library() -> str:
    """Jupyterquiz's scripts, in a scope of their own, and what draws and dresses the questions."""
    folder = resources.files("jupyterquiz") / "js"
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in _LIBRARY)
    return f"<style>{_STYLE}</style>\n<script>(() => {{\n{script}\n{_DRAW}}})();</script>\n"


def _entry(question: str, right: Sequence[str], wrong: Sequence[Sequence[str]]) -> dict[str, Any]:
    """A question as jupyterquiz takes it, from its right answer and its wrong ones, each with a word."""
    pairs = [(right, True), *((pair, False) for pair in wrong)]
    answers = [dict(answer=answer, correct=correct, feedback=word) for (answer, word), correct in pairs]
    return {"question": question, "answers": answers}


def predict(question: str, *, right: tuple[str, str], wrong: Sequence[tuple[str, str]]) -> Questions:
    """Let readers commit to an answer before they see the output.

    Parameters
    ----------
    question : str
        Plain words; formulas in dollar signs, code in backticks.
    right : (str, str)
        The right answer, and the word that its reader gets.
    wrong : list of (str, str)
        The wrong answers, each with a word that helps.

    Returns
    -------
    Questions
        The last expression of a cell shows it, with the answers in an order that depends on nothing but the words.

    Raises
    ------
    ValueError
        If a text is blank, or if there are not at least two different answers.
    ImportError
        If jupyterquiz is not installed.

    Examples
    --------
    >>> predict("How much is $2 + 2$?", right=("4", "Yes."), wrong=[("22", "That joins the digits.")])
    <Predict, then look: How much is $2 + 2$?>
    """
    return Questions([_entry(question, right, wrong)], "Predict, then look")


def quiz(questions: Sequence[Mapping[str, Any]]) -> Questions:
    """Ask several questions at the end of a page.

    Parameters
    ----------
    questions : list of dict
        Either as jupyterquiz takes them, with ``question`` and ``answers``, or as `predict` does, with ``question``,
        ``right`` and ``wrong``.

    Returns
    -------
    Questions
        The last expression of a cell shows it.

    Raises
    ------
    ValueError
        If there are no questions, or as for `predict`.
    ImportError
        If jupyterquiz is not installed.

    Examples
    --------
    >>> quiz([dict(question="How much is 2 + 2?", right=("4", "Yes."), wrong=[("22", "That joins the digits.")])])
    <Quiz: How much is 2 + 2?>
    """
    return Questions([_entry(**entry) if "right" in entry else entry for entry in questions], "Quiz")
