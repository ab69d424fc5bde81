"""Every page of the built book, opened as readers do: from a file, wide and light; from a server, narrow and dark.

From a file each page is looked at as it opens; from a server, after everything that can be pressed was pressed. Both
times its formulas, its width and what axe-core says are looked at, with the hidden code open.
"""

import pytest

from tests.site import checks
from tools import contents

PAGES = ["book/index.html", *(f"{file}.html" for file in contents.files())]
CHAPTERS = [page for page in PAGES if page.startswith("book/notebooks/")]
MOVED = [f"book/notebooks/{slug}.html" for slug in ("04-linear-models", "05-losses", "11-neural-networks", "12-cnn")]
ALL = [*PAGES, "search.html", "genindex.html"]

pytestmark = pytest.mark.site
each_page = pytest.mark.parametrize("page", ALL)


@each_page
def test_from_a_file(browser, site, page):
    with checks.visit(browser, (site / page).as_uri()) as (opened, problems):
        assert opened.evaluate("document.documentElement.dataset.theme") in {"light", None}
        problems += checks.math_problems(opened) + checks.overflow_problems(opened) + checks.axe_problems(opened)
    assert problems == []


@each_page
def test_from_a_server(browser, server, page):
    """Its players play, its sliders move, its quiz answers: by keyboard, without error, request or lost contrast."""
    with checks.visit(browser, f"{server}/{page}", "phone", "dark") as (opened, problems):
        assert opened.evaluate("document.documentElement.dataset.theme") in {"dark", None}
        problems += checks.math_problems(opened) + checks.overflow_problems(opened)
        players, questions = opened.locator(".mlc-player").all(), opened.locator(".Quiz").all()
        for player in players:
            problems += checks.player_problems(player)
        for question in questions:
            problems += checks.question_problems(question)
        if page in CHAPTERS:
            assert len(players) + opened.locator(".explorable").count() >= 1
            assert len(questions) >= 3
            problems += checks.overflow_problems(opened)
        problems += checks.axe_problems(opened)
    assert problems == []


def test_the_front_door(browser, site):
    """The address that everybody types leads to the first page."""
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_url((site / PAGES[0]).as_uri())
    context.close()


@each_page
def test_pictures_have_words(site, page):
    assert checks.picture_problems(site / page) == []


def test_no_link_is_dead(site):
    assert checks.link_problems(site) == []


def test_every_built_page_is_looked_at(site):
    built = {str(path.relative_to(site)) for path in site.rglob("*.html") if "_static" not in path.parts}
    assert {page for page in built if page.startswith("book/")} == {*PAGES, *MOVED}


@pytest.mark.parametrize("address", MOVED)
def test_the_old_address_of_a_chapter_leads_to_the_page_that_has_the_place(browser, site, address):
    """To the first page, and with the name of a section that is new on a page to that page."""
    pages, known, places = [page for page in CHAPTERS if page.startswith(address.removesuffix(".html"))], set(), {}
    for page in pages:
        sections = [section["id"] for section in checks.parse(site / page).select(".bd-article section[id]")]
        places[page] = next(name for name in reversed(sections) if name not in known)
        known |= checks.targets(site / page)
    context = browser.new_context()
    opened = context.new_page()
    opened.goto((site / address).as_uri(), wait_until="commit")
    opened.wait_for_url((site / pages[0]).as_uri(), wait_until="commit")
    for page, place in places.items():
        opened.goto(f"{(site / address).as_uri()}#{place}", wait_until="commit")
        opened.wait_for_url(f"{(site / page).as_uri()}#{place}", wait_until="commit")
    context.close()


def test_verdicts_can_be_filtered_and_nothing_is_remembered(browser, site):
    with checks.visit(browser, (site / "book" / "verdicts.html").as_uri()) as (page, problems):
        visible, count = page.locator(".verdict:visible"), page.locator(".verdict-filters output")
        total, filters = visible.count(), page.locator(".verdict-filters")
        filters.get_by_label("Verdict").select_option("imprecise")
        shown = page.locator(".verdict-imprecise").count()
        assert 0 < visible.count() == shown < total and count.inner_text() == f"{shown} of {total} claims"
        filters.get_by_label("Chapter").select_option(label="05 Losses")
        assert 0 < visible.count() < shown and page.locator("article h2:visible").count() == 1
        page.reload()
        assert visible.count() == total and problems == []


def test_search_finds_a_chapter_without_a_network(browser, server):
    with checks.visit(browser, f"{server}/search.html?q=loss") as (opened, problems):
        opened.locator("#search-results li a").first.wait_for()
    assert problems == []


def test_a_search_goes_on_to_the_place_found(browser, server):
    with checks.visit(browser, f"{server}/search.html?q=im2col") as (opened, problems):
        opened.locator("#search-results li a[href*='notebooks/12-cnn/']").first.click()
        opened.wait_for_function(
            """() => [...document.querySelectorAll(".bd-article .highlighted")].some((mark) => {
              const place = mark.getBoundingClientRect();
              return window.scrollY > 900 && place.top > 0 && place.bottom < window.innerHeight;
            })"""
        )
    assert problems == []
