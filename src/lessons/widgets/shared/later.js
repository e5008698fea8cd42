// What stands recorded in a page wakes when the reader touches it: only then is the script loaded
// that moves it, which its figure names. That script asks here for the page's Python.
"use strict";

window.lessonsLater ??= (() => {
  const HERE = new URL(".", document.currentScript.src);
  const asked = new Map(); // scripts by their place

  // A script of the book, once; if it did not arrive, the next call asks again.
  function script(path) {
    if (!asked.has(path)) asked.set(path, new Promise((finish, fail) => {
      const onerror = () => {
        asked.delete(path);
        fail(new Error(`${path} did not arrive`));
      };
      document.head.append(Object.assign(document.createElement("script"),
        { src: new URL(path, HERE), onload: finish, onerror }));
    }));
    return asked.get(path);
  }

  async function runtime() {
    if (!window.lessonsPython) await script("python/live.js");
    return window.lessonsPython;
  }

  function wake(event) {
    const figure = event.target.closest?.("figure[data-later]");
    if (!figure) return;
    const button = event.type === "click" && event.target.closest("[data-do]");
    if (button && !figure.dataset.awake) figure.dataset.wanted = button.dataset.do;
    script(figure.dataset.later).catch(() => {}); // the next touch tries again
  }

  for (const type of ["pointerover", "focusin", "click"]) document.addEventListener(type, wake);
  const free = () => document.querySelectorAll("figure[data-later] :disabled:not([data-waits])")
    .forEach((field) => (field.disabled = false));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", free);
  else free();
  return { runtime };
})();
