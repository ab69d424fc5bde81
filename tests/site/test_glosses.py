"""Terms: the Chinese name and the sentence on hover, focus and tap, and the switch that shows the names in the text."""

import html
import re

import pytest

from tests.site import checks
from tools import contents

PAGES = [f"{file}.html" for file in contents.files() if file.startswith(contents.NOTEBOOKS)]
TERMS = ".bd-article a:has(> .std-term)"
CARD = ".gloss.shown"
FORMULA = re.compile(r"<span.*?</span>")
SWITCH = ".chinese-switch"

pytestmark = pytest.mark.site
each_theme = pytest.mark.parametrize("theme", checks.THEMES)


@pytest.fixture(scope="module")
def address(site):
    """The lightest page of a chapter that has a few terms."""
    rich = [page for page in PAGES if len(checks.parse(site / page).select(".std-term")) > 8]
    return min((site / page for page in rich), key=lambda path: path.stat().st_size).as_uri()


@pytest.fixture
def opened(browser, address):
    """That page, wide and light; nothing may go wrong on it."""
    with checks.visit(browser, address) as (page, problems):
        yield page
        assert problems == []


def card_of(page, term):
    """The open card, which must be the one that describes the term."""
    card = page.locator(CARD)
    card.wait_for()
    assert card.count() == 1 and term.get_attribute("aria-describedby") == card.get_attribute("id")
    assert card.get_attribute("role") == "tooltip"
    return card


def test_hovering_shows_the_entry_which_can_be_entered_and_left(opened):
    term = opened.locator(TERMS).first
    term.scroll_into_view_if_needed()
    term.hover()
    card = card_of(opened, term)
    chinese, sentence = opened.evaluate("(id) => JSON.parse(glosses.textContent)[id]", term_name(term))
    assert card.locator("[lang=zh-Hans]").inner_text() == chinese
    assert all(html.unescape(part).strip() in card.text_content() for part in FORMULA.split(sentence))
    card.hover()
    opened.wait_for_timeout(400)
    assert card.is_visible()
    opened.mouse.move(2, 2)
    card.wait_for(state="hidden")
    assert term.get_attribute("aria-describedby") is None


def term_name(term):
    return term.get_attribute("href").partition("#")[2]


def test_a_key_shows_and_escape_closes(opened):
    term, following = opened.locator(TERMS).nth(0), opened.locator(TERMS).nth(1)
    term.focus()
    card = card_of(opened, term)
    opened.keyboard.press("Escape")
    card.wait_for(state="hidden")
    following.focus()
    card_of(opened, following)
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/glossary.html#term-*")


@each_theme
@pytest.mark.parametrize("width", checks.WIDTHS)
def test_every_card_fits_and_can_be_read(browser, address, width, theme):
    with checks.visit(browser, address, width, theme) as (page, problems):
        page.locator(SWITCH).click()
        count = page.locator(TERMS).count()
        assert count > 8
        for place in range(count):
            page.locator(TERMS).nth(place).focus()
            box, window = page.locator(CARD).bounding_box(), checks.WIDTHS[width]
            assert box["x"] >= 0 and box["x"] + box["width"] <= window[0], page.locator(CARD).inner_text()
        page.evaluate("MathJax.startup.promise")
        page.evaluate("document.querySelectorAll('.gloss').forEach((card) => card.classList.add('shown'))")
        problems += checks.math_problems(page) + checks.overflow_problems(page) + checks.axe_problems(page)
    assert problems == []


def test_a_tap_shows_and_a_second_follows(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.evaluate(checks.SETTLE)
    term, other = page.locator(TERMS).nth(0), page.locator(TERMS).nth(1)
    term.tap()
    card = card_of(page, term)
    page.locator(".bd-article h1").tap()
    card.wait_for(state="hidden")
    other.tap()
    card_of(page, other)
    other.tap()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()


def test_the_switch_shows_each_name_once_and_is_remembered(opened):
    switch, names = opened.locator(SWITCH), opened.locator(".chinese")
    assert switch.get_attribute("aria-pressed") == "false" and not names.first.is_visible()
    switch.press("Enter")
    assert switch.get_attribute("aria-pressed") == "true" and names.first.is_visible()
    shown = names.all_inner_texts()
    assert len(set(shown)) == len(shown) > 3
    opened.reload()
    assert switch.get_attribute("aria-pressed") == "true" and names.first.is_visible()
    switch.click()
    opened.reload()
    assert switch.get_attribute("aria-pressed") == "false" and not names.first.is_visible()


def test_the_switch_works_where_nothing_may_be_stored(browser, address):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError'); }})"
    )
    page, errors = context.new_page(), []
    page.goto(address, wait_until="load")
    page.on("pageerror", lambda error: errors.append(str(error)))  # of the theme's own scripts before: not ours
    switch = page.locator(SWITCH)
    for expected in ("true", "false"):
        switch.click()
        assert switch.get_attribute("aria-pressed") == expected
    assert errors == []
    context.close()


def test_print_shows_no_card(opened):
    opened.locator(TERMS).first.focus()
    card = card_of(opened, opened.locator(TERMS).first)
    opened.emulate_media(media="print")
    assert not card.is_visible()
