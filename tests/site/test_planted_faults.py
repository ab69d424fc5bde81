"""Plant a fault in a small page and see the check trip; without the fault it must stay silent."""

import pytest

from tests.site import checks

CLEAN = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>A page in small</title></head>
<body><main>
<h1 id="top">A page in small</h1>
<p>Half of a third costs $5; see <a href="other.html#there">the other page</a> or <a href="#top">the top</a>,
<a href="https://example.org/">a page elsewhere</a>, and <code>\\(x\\)</code>.</p>
<p><span class="math"><mjx-container>x</mjx-container></span></p>
<div style="overflow-x: auto" tabindex="0"><div style="width: 2000px">wide, in a box that scrolls</div></div>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="9" height="9" alt="A white square.">
%s
</main></body></html>"""
OTHER = '<!DOCTYPE html><html lang="en"><head><title>Other</title></head><body><p id="there">There.</p></body></html>'


@pytest.fixture
def problems(browser, tmp_path):
    """A function that puts a fault into the page and returns everything that is found."""

    def find(fault=""):
        page = tmp_path / "page.html"
        page.write_text(CLEAN % fault, encoding="utf-8")
        (tmp_path / "other.html").write_text(OTHER, encoding="utf-8")
        found = checks.link_problems(tmp_path) + checks.picture_problems(page)
        with checks.visit(browser, page.as_uri(), "phone") as (opened, noticed):
            found += checks.math_problems(opened) + checks.overflow_problems(opened) + checks.axe_problems(opened)
            found += noticed
        return found

    return find


def test_a_sound_page_passes(problems):
    assert problems() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ('<script src="https://cdn.example.org/x.js"></script>', "a request that leaves the machine: https://cdn."),
        ("<script>fetch('http://example.org/x').catch(() => 0)</script>", "a request that leaves the machine"),
        ("<script>new WebSocket('wss://example.org/')</script>", "a socket that leaves the page"),
        ('<link rel="preconnect" href="https://fonts.example.org">', "<link> would fetch https://fonts"),
        ("<script>console.error('lost')</script>", "an error in the console: lost"),
        ("<script>undefined.lost</script>", "an uncaught error"),
        ('<img src="absent.png" alt="An absent picture.">', "an error in the console"),
        ('<a href="absent.html">absent</a>', "a dead link: absent.html"),
        ('<a href="../outside.html">outside</a>', "a dead link: ../outside.html"),
        ('<a href="other.html#absent">absent</a>', "a dead fragment: other.html#absent"),
        ('<a href="#absent">absent</a>', "a dead fragment: #absent"),
        ('<p class="math">x</p>', "not rendered: x"),
        ("<p>so that \\(x^2\\) grows</p>", "the source of a formula"),
        ("<p>$$x^2$$</p>", "the source of a formula"),
        ("<p>where $x_i$ is one</p>", "the source of a formula"),
        (
            '<span class="math"><mjx-container><mjx-merror>?</mjx-merror></mjx-container></span>',
            "an error in a formula",
        ),
        ('<div style="width: 2000px">wide</div>', "pixels wide in a window of 390: div"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "a picture without alternative text"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="_images/a.png">', "without alternative text"),
        ('<p style="color: #999; background: #fff">pale</p>', "axe: color-contrast"),
        ('<p style="color: #fff; background: #fff">invisible</p>', "axe: color-contrast"),
        (4 * "<pre>x = <b>10</b></pre>" + "<pre>y = <b style='color: #999'>20</b></pre>", "axe: color-contrast"),
        (4 * "<pre>word</pre>" + "<div style='background: #555'><pre>word</pre></div>", "axe: color-contrast"),
        (4 * "<pre>word</pre>" + "<div style='opacity: 0.3'><pre>word</pre></div>", "axe: color-contrast"),
        (
            4 * "<pre>xx<b style='color: #999'>=</b>1</pre>" + "<pre><b style='color: #999'>is</b></pre>",
            "axe: color-contrast",
        ),
        ('<input type="range">', "axe: label"),
        ('<div style="height: 2em; overflow: auto"><p>1<p>2<p>3<p>4</div>', "axe: scrollable-region-focusable"),
    ],
)
def test_finds_a_fault_in_a_page(problems, fault, expected):
    found = problems(fault)
    assert any(expected in problem for problem in found), found


PLAYER = """<div class="player"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="A square.">
<label>Step <input type="range" min="0" max="9" value="0" aria-valuetext="0"></label><output>0</output>
<script>const [range, output] = document.querySelectorAll("input, output");
range.oninput = () => { %s };</script></div>"""


@pytest.mark.parametrize(
    ("reaction", "count"),
    [
        ("output.textContent = range.value; range.setAttribute('aria-valuetext', range.value)", 0),
        ("output.textContent = range.value", 1),
        ("", 1),
    ],
)
def test_a_slider_that_does_not_move_or_does_not_say_so(browser, tmp_path, reaction, count):
    (tmp_path / "page.html").write_text(CLEAN % (PLAYER % reaction), encoding="utf-8")
    with checks.visit(browser, (tmp_path / "page.html").as_uri()) as (opened, _):
        assert len(checks.player_problems(opened.locator(".player"))) == count


def test_a_question_that_does_not_answer(browser, tmp_path):
    silent = '<div class="q"><label><input type="radio"> yes</label><div class="Feedback"></div></div>'
    (tmp_path / "page.html").write_text(CLEAN % silent, encoding="utf-8")
    with checks.visit(browser, (tmp_path / "page.html").as_uri()) as (opened, _):
        assert len(checks.question_problems(opened.locator(".q"))) == 1
