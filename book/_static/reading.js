// What a reader's finger, address and download ask of any page. No library, no request.
"use strict";

// A slider moves to where a finger lands, before the browser can know that the finger is about to
// scroll the page. When it scrolls, the slider goes back.
{
  let slider = null;
  let before = null;
  addEventListener("pointerdown", (event) => {
    slider = event.pointerType === "touch" && event.target.type === "range" ? event.target : null;
    before = slider?.value;
  }, true);
  addEventListener("pointercancel", () => {
    if (!slider || slider.value === before) return;
    slider.value = before;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
}

// An address may name something folded away: show it, all of it that is folded with it, and go there.
{
  function goTo(address) {
    let name = address.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch {
      return; // no address of ours
    }
    const target = document.getElementById(name);
    if (!target) return;
    const folds = [];
    for (let e = target; e; e = e.parentElement)
      if (e.matches("details:not([open]), .await:not(.shown)")) folds.push(e);
    if (!folds.length) return;
    for (const fold of folds) {
      if (fold.matches("details")) fold.open = true;
      const guess = [...fold.classList].find((name) => name.startsWith("await-"));
      if (guess) document.querySelectorAll(`.${guess}`).forEach((e) => e.classList.add("shown"));
    }
    target.scrollIntoView();
  }

  addEventListener("hashchange", () => goTo(location.hash));
  addEventListener("load", () => goTo(location.hash)); // when nothing moves any more
}

// Paper shows solutions and boxes unfolded. book.css does that where a browser has
// ::details-content (since 2024 or 2025); in any other they are open while it prints.
if (!CSS.supports("selector(::details-content)")) {
  const folds = document.querySelectorAll(
    ".tag_solution > details.hide, .bd-article details.admonition:not(.hide)");
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...folds].filter((fold) => !fold.open);
    opened.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((fold) => (fold.open = false)));
}

// A box of code that must be scrolled can be reached by keyboard. The theme asked each box in turn,
// which cost a layout for each, those in folded parts too (tools/website/assets.py takes that out).
{
  const BOXES = "pre, .cell_output > .output";
  const main = document.getElementById("main-content");
  const known = new WeakSet();
  const watch = new ResizeObserver((entries) => {
    const boxes = entries.map(({ target }) => target);
    const isScrolled = boxes.map((box) =>
      box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
    boxes.forEach((box, i) => (box.tabIndex = isScrolled[i] ? 0 : -1));
  });
  const follow = () => main?.querySelectorAll(BOXES).forEach((box) => {
    if (known.has(box)) return;
    known.add(box);
    watch.observe(box);
  });
  let soon = 0;
  follow();
  if (main) new MutationObserver(() => { // cells that run in the page bring new ones
    clearTimeout(soon);
    soon = setTimeout(follow, 300);
  }).observe(main, { childList: true, subtree: true });
}

// A source is saved, not shown as raw text in a new tab.
document.querySelectorAll(".dropdown-download-buttons a").forEach((link) => {
  link.removeAttribute("target");
  if (!link.matches(".btn-download-pdf-button")) return (link.download = "");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    print();
  });
});
