"""The live figures compute what the companion computes: scripts in a blank page of Chromium, beside the functions."""

import json
from pathlib import Path

import numpy as np
import pytest

from companion import optim
from tests.site.explorable_checks import N_CASES, close
from tools import explorables

pytestmark = pytest.mark.site


def descent(p):
    """The path and the losses of :func:`companion.optim.sgd_step` on the turned bowl."""
    turn = np.array([[np.sqrt(3) / 2, -0.5], [0.5, np.sqrt(3) / 2]])
    hessian = turn @ np.diag([p["curvature"], 1.0]) @ turn.T
    w, state, path = np.array([p["w1"], p["w2"]]), {}, []
    for _ in range(p["steps"] + 1):
        path.append(w)
        w, state = optim.sgd_step(w, hessian @ w, state, lr=p["rate"], momentum=p["momentum"])
    path = np.array(path)
    return path, 0.5 * np.einsum("ti,ij,tj->t", path, hessian, path)


def test_descent(compute):
    rng = np.random.default_rng(0)
    cases = [
        {
            "rate": rng.uniform(0.005, 0.4),
            "momentum": rng.uniform(0, 0.95),
            "curvature": rng.uniform(1, 50),
            "w1": rng.uniform(-3, 3),
            "w2": rng.uniform(-2.5, 2.5),
            "steps": 40,
        }
        for _ in range(N_CASES)
    ]
    for case, found in zip(cases, compute("descent", cases)):
        path, losses = descent(case)
        close(found["path"], path)
        close(found["losses"], losses)
        assert found["bound"] == pytest.approx(2 * (1 + case["momentum"]) / case["curvature"])


@pytest.mark.parametrize("name", explorables.names())
def test_a_figure_has_a_parity_test(name):
    wanted = f"\ndef test_{name.replace('-', '_')}(compute"
    assert any(
        wanted in path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_explorables*.py")
    )


@pytest.mark.parametrize("name", explorables.names())
def test_the_picture_is_of_the_figure_as_it_is(name):
    assert explorables.stored_digest(name) == explorables.digest(name), "run make explorables"


@pytest.mark.parametrize("name", explorables.names())
def test_a_script_is_one_sitting(name):
    assert len((explorables.SCRIPTS / f"{name}.js").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("name", explorables.names())
def test_a_figure_is_used(browser, name):
    """Everything that can be moved is moved, by keyboard and by pointer, without an error; Reset leads back."""
    page, problems = browser.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_content(explorables.page(name), wait_until="load")
    shown = lambda: page.locator(".stage").inner_html()  # noqa: E731
    first = shown()
    for field in page.locator(".fields input[type=range]").all():
        before = shown()
        field.focus()
        field.press("ArrowRight")
        if shown() == before:
            field.press("ArrowLeft")
        assert shown() != before, field.evaluate("(e) => e.parentElement.innerText")
    for handle in page.locator(".handle").all():
        before = handle.get_attribute("aria-valuetext")
        handle.focus()
        handle.press("ArrowLeft")
        assert handle.get_attribute("aria-valuetext") != before
        box = handle.locator(".knob").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = handle.get_attribute("aria-valuetext")
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 15, middle[1] - 15)
        page.mouse.up()
        assert handle.get_attribute("aria-valuetext") != before
    for button in page.locator(".fields button").all():
        button.press("Enter")
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(300)
    assert problems == []
    assert json.dumps(page.locator(".panels").inner_html()) == json.dumps(first_panels(page, name))
    assert first


def first_panels(page, name):
    """The panels of the figure as it opens."""
    page.set_content(explorables.page(name), wait_until="load")
    return page.locator(".panels").inner_html()
