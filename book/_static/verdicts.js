// Two filters for the page of verdicts: by chapter and by verdict. Without this script every claim is visible.
{
  const KINDS = {
    "": "all verdicts",
    "verdict-true": "true",
    "verdict-true-with-a-condition": "true with a condition",
    "verdict-imprecise": "imprecise",
    "verdict-wrong": "wrong",
    "verdict-open": "not decided yet",
  };
  const claims = [...document.querySelectorAll(".verdict")];
  const chapters = [...document.querySelectorAll("section")].filter((part) => part.querySelector(":scope > .verdict"));

  function select(label, options) {
    const box = document.createElement("label"), field = document.createElement("select");
    field.autocomplete = "off"; // a page that is loaded again shows everything
    for (const [value, words] of options) field.add(new Option(words, value));
    box.append(label, field);
    return { box, field };
  }

  const title = (chapter) => chapter.querySelector("h2").firstChild.textContent.trim();
  const chapter = select("Chapter", [["", "all chapters"], ...chapters.map((part) => [part.id, title(part)])]);
  const verdict = select("Verdict", Object.entries(KINDS));
  const count = document.createElement("output");

  function show() {
    let shown = 0;
    for (const part of chapters) {
      const here = !chapter.field.value || part.id === chapter.field.value;
      let some = false;
      for (const claim of part.querySelectorAll(".verdict")) {
        const wanted = here && (!verdict.field.value || claim.classList.contains(verdict.field.value));
        claim.hidden = !wanted;
        some ||= wanted;
        shown += wanted;
      }
      part.hidden = !some;
      for (const link of document.querySelectorAll(`.bd-toc-nav a[href="#${part.id}"]`)) link.parentElement.hidden = !some;
    }
    count.textContent = `${shown} of ${claims.length} claims`;
  }

  for (const each of [chapter, verdict]) each.field.addEventListener("change", show);
  document.querySelector(".verdict-filters").append(chapter.box, verdict.box, count);
  show();
}
