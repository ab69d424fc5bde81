// Small repairs that a style sheet cannot make.

// What scrolls sideways must be reachable by keyboard; what does depends on the width of the window.
function reachScrollers() {
  for (const formula of document.querySelectorAll(".bd-article span.math mjx-container")) {
    formula.classList.remove("wide");
    const line = formula.closest("p, li, td, th, dd, dt, figcaption, .admonition") ?? formula.parentElement;
    if (formula.getBoundingClientRect().width > line.clientWidth + 1) formula.classList.add("wide");
  }
  const boxes = ".bd-article :is(pre, div.math, mjx-container, .output, .pst-scrollable-table-container)";
  for (const box of document.querySelectorAll(boxes)) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
    if (scrolls) box.tabIndex = 0;
    else if (box.tagName !== "PRE") box.removeAttribute("tabindex");
  }
}

// A search leads to the top of a page that may be long: go on to the first place found. Sphinx marks it after loading.
function showFirstFound() {
  const found = [...document.querySelectorAll(".bd-article .highlighted")];
  const mark = found.find((each) => each.checkVisibility()) ?? found[0];
  if (!mark || location.hash) return;
  for (let box = mark.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  mark.scrollIntoView({ block: "center", behavior: "instant" });
}

// A link to a check shows its code.
function openTarget() {
  const check = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("details.check");
  if (check) check.open = true;
}

window.addEventListener("hashchange", openTarget);

window.addEventListener("load", async () => {
  openTarget();
  await window.MathJax?.startup?.promise;
  reachScrollers();
  setTimeout(showFirstFound, 200);
  window.addEventListener("resize", reachScrollers);
  document.addEventListener("toggle", reachScrollers, true); // hidden code that is opened
});
