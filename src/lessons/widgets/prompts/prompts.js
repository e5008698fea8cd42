// Wakes a recorded text when the reader touches it: only then is the script that moves it loaded.
"use strict";

(() => {
  const later = new URL("prompts-live.js", document.currentScript.src);
  let asked = false;
  function wake(event) {
    const figure = event.target.closest?.("figure.prompt");
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
  const free = () => document.querySelectorAll("figure.prompt :disabled").forEach((field) => {
    if (!["write", "back", "reset"].includes(field.dataset.do)) field.disabled = false;
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", free);
  else free();
})();
