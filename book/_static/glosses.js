// A term shows its Chinese name and its sentence on hover, on focus, and on the first tap; a second tap follows it to
// the glossary. The switch in the header, remembered, shows the Chinese names in the text, each once.
{
  const GAP = 6;
  const glosses = JSON.parse(document.getElementById("glosses").textContent);
  const name = (link) => decodeURIComponent(link.hash.slice(1));
  const links = [...document.querySelectorAll(".bd-article a[href*='glossary.html#']")].filter((a) => glosses[name(a)]);
  const cards = new Map();
  let shown = null; // the link whose card is open
  let timer = 0;

  // Built when it is asked for the first time. What is in a card comes from the glossary, as HTML.
  function card(link) {
    if (!cards.has(name(link))) {
      const [chinese, sentence] = glosses[name(link)];
      const box = document.createElement("div");
      box.className = "gloss";
      box.id = `gloss-${name(link)}`;
      box.setAttribute("role", "tooltip");
      box.innerHTML = `<b lang="zh-Hans">${chinese}</b> ${sentence}`;
      box.addEventListener("pointerenter", () => clearTimeout(timer));
      box.addEventListener("pointerleave", () => later(hide, 200));
      document.body.append(box);
      const set = window.MathJax?.startup?.promise?.then(() => MathJax.typesetPromise([box])) ?? Promise.resolve();
      set.then(() => shown && place(), reportError);
      cards.set(name(link), box);
    }
    return cards.get(name(link));
  }

  // Below the term, or above where there is no room; never wider than the window.
  function place() {
    const box = card(shown);
    const lines = shown.getClientRects(); // a term may be broken in two
    const [first, last] = [lines[0], lines[lines.length - 1]];
    const { width, height } = box.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - GAP;
    const below = last.bottom + GAP + height <= window.innerHeight || first.top < height + GAP;
    box.style.left = `${scrollX + Math.max(GAP, Math.min((below ? last : first).left, room))}px`;
    box.style.top = `${scrollY + (below ? last.bottom + GAP : first.top - GAP - height)}px`;
  }

  function show(link) {
    clearTimeout(timer);
    if (shown === link) return;
    hide();
    card(link).classList.add("shown");
    shown = link;
    link.setAttribute("aria-describedby", card(link).id);
    place();
  }

  function hide() {
    clearTimeout(timer);
    if (!shown) return;
    card(shown).classList.remove("shown");
    shown.removeAttribute("aria-describedby");
    shown = null;
  }

  function later(action, milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  }

  for (const link of links) {
    let tapped = false; // by a finger, while its card was closed
    const byMouse = (action) => (event) => event.pointerType === "mouse" && action();
    link.addEventListener("pointerenter", byMouse(() => later(() => show(link), 150)));
    link.addEventListener("pointerleave", byMouse(() => later(hide, 200)));
    link.addEventListener("focus", () => show(link));
    link.addEventListener("blur", hide);
    link.addEventListener("pointerdown", (event) => (tapped = event.pointerType === "touch" && shown !== link));
    link.addEventListener("click", (event) => {
      if (!tapped) return;
      tapped = false;
      event.preventDefault();
      show(link);
    });
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("pointerdown", (event) => shown && !event.target.closest(".gloss, a") && hide());
  window.addEventListener("resize", hide);

  // A browser may refuse to remember.
  function remembered(value) {
    try {
      if (value !== undefined) localStorage.setItem("chinese", value);
      return localStorage.getItem("chinese") === "true";
    } catch {
      return value === true;
    }
  }

  const written = new Set();
  for (const link of links) {
    const [chinese] = glosses[name(link)];
    if (written.has(chinese)) continue;
    written.add(chinese);
    const words = document.createElement("span");
    words.className = "chinese";
    words.lang = "zh-Hans";
    words.textContent = ` (${chinese})`;
    link.after(words);
  }

  const button = document.createElement("button");
  button.className = "btn btn-sm nav-link pst-navbar-icon chinese-switch";
  button.type = "button";
  button.title = "Chinese names of terms";
  button.setAttribute("aria-label", "中: Chinese names of terms");
  button.innerHTML = '<span lang="zh-Hans">中</span>';
  function turn(on) {
    document.documentElement.classList.toggle("with-chinese", on);
    button.setAttribute("aria-pressed", on);
  }
  button.addEventListener("click", () => turn(remembered(button.getAttribute("aria-pressed") !== "true")));
  turn(remembered());
  const header = document.querySelector(".article-header-buttons");
  header?.insertBefore(button, header.querySelector(".theme-switch-button"));
}
