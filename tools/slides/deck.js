// A deck: one slide at a time, the answer at the next step. No library, no request.
"use strict";

(() => {
  const root = document.documentElement;
  const all = [...document.querySelectorAll("section")];
  const place = document.getElementById("place");
  const hides = (slide) => !slide.matches(".shown") && slide.querySelector(".answer");
  let here = 0;

  function show(number) {
    here = Math.min(Math.max(number, 0), all.length - 1);
    all.forEach((slide, i) => slide.classList.toggle("here", i === here));
    // Too long with every reason: the reason of the right choice is enough.
    const slide = all[here];
    if (slide.scrollHeight > slide.clientHeight) slide.classList.add("brief");
    place.textContent = `${here + 1} / ${all.length}`;
    history.replaceState(null, "", `#${here + 1}`);
  }

  function on() {
    if (hides(all[here])) all[here].classList.add("shown");
    else show(here + 1);
  }

  const back = () => show(here - 1);
  const keys = {
    ArrowRight: on, PageDown: on, " ": on, Enter: on,
    ArrowLeft: back, PageUp: back, ArrowUp: back, Backspace: back,
    ArrowDown: () => show(here + 1),
    Home: () => show(0),
    End: () => show(all.length - 1),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
    p: () => window.print(),
    d: () => (root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"),
    a: () => {
      const shown = all.some(hides);
      all.forEach((slide) => slide.classList.toggle("shown", shown));
    },
    Escape: () => document.activeElement.blur(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    const field = event.target.closest("input, select, button");
    // A slider, a list or a button that has the focus keeps its own keys; Escape gives them back.
    if (field && !(event.key === "Escape" || /^[a-z]$/.test(event.key) && !field.matches("select"))
        && !(field.matches("input") && event.key === " ")) return;
    event.preventDefault();
    keys[event.key]();
  });
  // After a drag the keys, and the presenter's remote, belong to the deck again.
  document.addEventListener("pointerup", (event) => {
    if (event.target.closest("input, button")) setTimeout(() => document.activeElement.blur());
  });
  document.getElementById("back").addEventListener("click", back);
  document.getElementById("on").addEventListener("click", on);
  addEventListener("hashchange", () => show(parseInt(location.hash.slice(1), 10) - 1 || 0));

  root.dataset.scripts = "";
  if (matchMedia("(prefers-color-scheme: dark)").matches) root.dataset.theme = "dark";
  show(parseInt(location.hash.slice(1), 10) - 1 || 0);
})();
