"""What a page of the built book must satisfy. Each function returns the problems found, in words.

A page is opened in a real browser for which every name but this machine's resolves to nothing: a request that wants to
leave is reported and gets nowhere.
"""

import functools
import re
from contextlib import contextmanager
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
LOCAL = re.compile(r"file:|data:|blob:|about:|http://127\.0\.0\.1[:/]")
# What a reader must never see of a formula's source: delimiters and commands, outside of code.
LEFTOVER = r"\\[()\[\]]|\$\$|\$[^\s$][^$\n]*\$|\\(?:frac|sum|begin|mathbf|top|theta|lVert|operatorname)\b"

UNRENDERED = """(leftover) => {
  const problems = [];
  for (const formula of document.querySelectorAll(".math"))
    if (!formula.querySelector("mjx-container")) problems.push("not rendered: " + formula.textContent.slice(0, 60));
  for (const error of document.querySelectorAll("mjx-merror"))
    problems.push("an error in a formula: " + (error.getAttribute("data-mjx-error") || error.textContent));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("script, style, template, noscript, pre, code, textarea, .math")) continue;
    const found = node.textContent.match(new RegExp(leftover));
    if (found) problems.push("the source of a formula in the text: " + node.textContent.trim().slice(0, 60));
  }
  return problems;
}"""

OVERFLOWING = """() => {
  const page = document.scrollingElement, width = page.clientWidth;
  if (page.scrollWidth <= width + 1) return [];
  const scrolls = (box) => box && box !== document.body && box !== page &&
    (getComputedStyle(box).overflowX !== "visible" || scrolls(box.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter(
    (box) => box.getBoundingClientRect().right > width + 1 && !scrolls(box.parentElement));
  const names = wide.slice(-3).map((box) => [box.tagName.toLowerCase(), ...box.classList].join("."));
  return [`${page.scrollWidth} pixels wide in a window of ${width}: ${names.join(", ")}`];
}"""

# Mark the words that look like earlier ones: their color, weight, size, shadow and opacity, and what lies behind them,
# three others have had already. Then leave out of the page what says nothing to axe and is nine tenths of its elements:
# the words of code that are marked, and the inner parts of formulas: of what is drawn, which a style sheet does and
# screen readers are not told, the box is left; of what is told, the text.
THIN = """() => {
  const seen = new Map(), behind = new Map([[null, ""]]);
  const ground = (box) => {
    if (!behind.has(box)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(box);
      behind.set(box, [backgroundColor, backgroundImage, opacity, ground(box.parentElement)].join());
    }
    return behind.get(box);
  };
  for (const part of document.body.querySelectorAll("*")) {
    const text = [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
    if (!text.some((data) => data.trim())) continue;
    const { width, height } = part.getBoundingClientRect();
    if (!part.checkVisibility({ visibilityProperty: true }) || width < 2 || height < 2) continue;
    const { color, fontWeight, fontSize, textShadow } = getComputedStyle(part);
    const wordless = !text.some((data) => /\\w\\w/.test(data));
    const look = [wordless, color, fontWeight, fontSize, textShadow, ground(part)].join();
    part.toggleAttribute("data-alike", seen.get(look) >= 3);
    seen.set(look, (seen.get(look) ?? 0) + 1);
  }
  for (const block of document.querySelectorAll("pre:has(span[data-alike])")) {
    block.toggleAttribute("data-alike", true);
    for (const word of block.querySelectorAll("[data-alike]:not(:has(*), [id])")) word.replaceWith(word.textContent);
  }
  for (const told of document.querySelectorAll("mjx-assistive-mml")) told.textContent = told.textContent;
  for (const formula of document.querySelectorAll("mjx-container > mjx-math")) {
    const { width, height } = formula.getBoundingClientRect();
    formula.replaceChildren();
    Object.assign(formula.style, { display: "inline-block", width: `${width}px`, height: `${height}px` });
  }
}"""
AXE = Axe(AXE_SCRIPT + "; axe.configure({ rules: [{ id: 'color-contrast', selector: ':not([data-alike])' }] });")

# Until the formulas are set, the hidden code is open, and the quiz has done what it does half a second after its start.
SETTLE = """async () => {
  for (const box of document.querySelectorAll("details")) box.open = true;
  if (document.querySelector(".math") && window.MathJax?.startup) await MathJax.startup.promise;
  const since = performance.now() - performance.getEntriesByType("navigation")[0].loadEventStart;
  const wait = document.querySelector(".Quiz") ? 700 - since : 50;
  await new Promise((done) => setTimeout(done, Math.max(wait, 50)));
}"""


def launch(playwright, executable):
    """A browser with a fresh profile of its own."""
    return playwright.chromium.launch(executable_path=executable, args=FLAGS)


@contextmanager
def visit(browser, url, width="desktop", theme="light"):
    """Open a page; yields it together with a list that collects what went wrong while it loaded and was used."""
    across, down = WIDTHS[width]
    context = browser.new_context(viewport={"width": across, "height": down}, color_scheme=theme)
    page, problems = context.new_page(), []

    def on_request(request):
        if not LOCAL.match(request.url):
            problems.append(f"a request that leaves the machine: {request.url[:120]}")

    def on_console(message):
        if message.type == "error":
            problems.append(f"an error in the console: {message.text[:200]}")

    page.on("request", on_request)
    page.on("websocket", lambda socket: problems.append(f"a socket that leaves the page: {socket.url[:120]}"))
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"an uncaught error: {error}"))
    page.set_default_timeout(30_000)
    page.goto(url, wait_until="load")
    page.evaluate(SETTLE)
    yield page, problems
    context.close()


def math_problems(page):
    """Formulas that were not set, were set with an error, or whose source shows."""
    return page.evaluate(UNRENDERED, LEFTOVER)


def overflow_problems(page):
    """A page wider than its window; what scrolls inside a box of its own is fine."""
    return page.evaluate(OVERFLOWING)


def axe_problems(page):
    """Serious and critical findings of axe-core, and text of its background's color, with the first elements concerned.

    Axe leaves text that cannot be seen at all undecided, since it might be hidden on purpose. Judging the contrast of
    ten thousand words, most of them alike, would take it minutes: ``THIN`` leaves three of each look. The page is not
    fit for use afterwards.
    """
    page.evaluate(THIN)
    options = {"resultTypes": ["violations", "incomplete"], "preload": False}  # files may not read style sheets
    results = AXE.run(page, options=options).response
    found = [entry for entry in results["violations"] if entry["impact"] in {"serious", "critical"}]
    for entry in results["incomplete"]:
        nodes = [node for node in entry["nodes"] if any(is_invisible(check) for check in node["any"])]
        if nodes:
            found.append(entry | {"nodes": nodes})
    return [
        f"axe: {entry['id']}: {entry['help']}: {[node['target'] for node in entry['nodes']][:3]}" for entry in found
    ]


def is_invisible(check):
    return check["id"] == "color-contrast" and (check["data"] or {}).get("contrastRatio") == 1


def player_problems(player):
    """What is wrong with a player or slider after a reader has used its keys, and its button if it has one."""
    picture, output, slider = (player.locator(part) for part in ("img", "output", "input"))
    start = picture.get_attribute("src"), output.inner_text()
    slider.focus()
    slider.press("ArrowRight")
    moved = picture.get_attribute("src"), output.inner_text()
    problems = [] if moved[1] != start[1] else [f"the right arrow leaves the slider at {start[1]!r}"]
    if slider.get_attribute("aria-valuetext") != moved[1]:
        problems.append("a slider's value is not named as it is shown")
    button = player.locator("button")
    if button.count():
        slider.press("Home")
        button.press("Enter")
        if button.inner_text() != "Pause":
            problems.append("a player that plays offers no pause")
        player.page.wait_for_function(
            "([output, text]) => output.innerText !== text", arg=[output.element_handle(), start[1]]
        )
        button.press("Enter")
        if button.inner_text() != "Play":
            problems.append("a player cannot be stopped")
    return problems


def question_problems(question):
    """What is wrong with a question of a quiz after a reader has answered it by keyboard."""
    field = question.locator("input.Input-text")
    if field.count():
        field.fill("0")
        field.press("Enter")
    else:
        question.locator("input[type=radio]").first.focus()
        question.page.keyboard.press("Space")
    feedback = question.locator(".Feedback")
    return [] if feedback.inner_text().strip() else [f"no answer to an answer: {question.inner_text()[:60]!r}"]


def parse(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def picture_problems(path):
    """Pictures without words for them; a file's name is not a description."""
    problems = []
    for picture in parse(path).find_all("img"):
        alt = (picture.get("alt") or "").strip()
        if not alt or re.search(r"\.(png|svg|jpe?g|webp|gif)$", alt):
            problems.append(f"{path.name}: a picture without alternative text: {str(picture)[:80]}")
    return problems


def targets(path):
    """Every name in a page that a fragment may point to."""
    soup = parse(path)
    return {tag[key] for key in ("id", "name") for tag in soup.find_all(attrs={key: True})}


def link_problems(root):
    """Dead links and fragments in the pages under ``root``, and elements that would fetch something from elsewhere."""
    pages = {path.as_uri(): path for path in root.rglob("*.html") if "_static" not in path.relative_to(root).parts}
    names, problems = functools.cache(targets), []  # of this folder as it is now
    for uri, path in pages.items():
        soup = parse(path)
        references = [(tag, tag["href"]) for tag in soup.find_all(["a", "link", "area"], href=True)]
        references += [(tag, tag["src"]) for tag in soup.find_all(src=True)]
        for tag, reference in references:
            scheme = urlsplit(reference).scheme
            if scheme in {"http", "https"} or reference.startswith("//"):
                if tag.name != "a":
                    problems.append(f"{path.name}: <{tag.name}> would fetch {reference[:80]}")
            elif scheme in {"", "file"}:
                target, fragment = urldefrag(urljoin(uri, reference))
                file = root.__class__(unquote(urlsplit(target).path))
                if not file.is_file() or root not in file.parents:
                    problems.append(f"{path.name}: a dead link: {reference}")
                elif fragment and file.suffix == ".html" and unquote(fragment) not in names(file):
                    problems.append(f"{path.name}: a dead fragment: {reference}")
    return problems
