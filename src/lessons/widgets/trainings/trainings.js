// Wakes a recorded training when the reader touches it: only then is the script that moves it loaded.
"use strict";

(() => {
  const later = new URL("trainings-live.js", document.currentScript.src);
  let asked = false;
  function wake(event) {
    const figure = event.target.closest?.("figure.training");
    if (!figure) return;
    const button = event.type === "click" && event.target.closest("[data-do]");
    if (button && !figure.dataset.awake) figure.dataset.wanted = button.dataset.do;
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = later;
    document.head.append(script);
  }
  for (const type of ["pointerover", "focusin", "click"]) document.addEventListener(type, wake);
  const free = () => document.querySelectorAll("figure.training :disabled").forEach((field) => {
    if (field.dataset.do !== "reset") field.disabled = false;
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", free);
  else free();
})();
