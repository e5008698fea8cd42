// Before anything is painted: the colour mode, and a storage that can be relied on.
"use strict";
{
  const root = document.documentElement.dataset;
  // Where storage is off or full, a page gets one that lasts as long as the page does: neither the
  // theme nor we need to ask.
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].setItem("probe", "");
      window[name].removeItem("probe");
    } catch (error) {
      const trouble = error.name === "QuotaExceededError" ? "full" : "blocked";
      const kept = trouble === "full" ? { ...window[name] } : {};
      const value = {
        trouble,
        getItem: (key) => kept[key] ?? null,
        setItem: (key, text) => { kept[key] = String(text); },
        removeItem: (key) => { delete kept[key]; },
      };
      Object.defineProperty(window, name, { value });
    }
  }
  const mode = localStorage.getItem("mode") || "auto";
  const dark = mode === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : mode === "dark";
  root.mode = mode;
  root.page = document.currentScript.dataset.page; // its name in the table of contents
  root.scripts = "on"; // so that what scripts unfold is folded before anything is painted
  root.theme = dark ? "dark" : "light";
  // Paper is white, also under what scripts draw: they listen too, and are told later.
  let theme = root.theme;
  addEventListener("beforeprint", () => {
    theme = root.theme;
    root.theme = "light";
  });
  addEventListener("afterprint", () => (root.theme = theme));
}
