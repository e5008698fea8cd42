// Gives the code cells of a page their buttons. All else is loaded when the reader clicks one.
"use strict";

(() => {
  const SIZES = {}; // the build writes how many megabytes a start loads, and what comes with it
  if (!SIZES.start) return; // this copy of the book has no Python for its pages
  const HERE = new URL(".", document.currentScript.src);
  const make = (tag, text, className = "") =>
    Object.assign(document.createElement(tag), { className, textContent: text });
  let loading = null;

  // What a cell loads of these: its classes, without "py-". Others are no sizes.
  window.lessonsSize = (names) => {
    const size = names.reduce((sum, name) => sum + (SIZES[name] ?? 0), 0);
    return size ? `Run loads ${Number(size.toPrecision(2))} MB, once` : "";
  };

  const add = (tag, more) => new Promise((done, fail) =>
    document.head.append(Object.assign(document.createElement(tag), more, { onload: done, onerror: fail })));
  const script = (path) => add("script", { src: new URL(path, HERE), async: false });

  function load() {
    const page = document.documentElement.dataset.page;
    loading ??= Promise.all([
      add("link", { rel: "stylesheet", href: new URL("cells.css", HERE) }),
      script("live.js"), script(`../cells/${page}.js`), script("cells.js")]);
    loading.catch(() => (loading = null));
    return loading;
  }

  for (const block of document.querySelectorAll(".py-cell")) {
    const bar = make("div", "", "py-bar");
    const lacks = [...block.classList].find((name) => name.startsWith("needs-"));
    const has = (name) => block.classList.contains(name);
    if (lacks) bar.append(make("button", `Needs ${lacks.slice(6).replace("_", " ")}`, "py-why"));
    else {
      bar.append(make("button", has("py-stub") ? "Check" : "Run", "py-run"), make("button", "Edit", "py-edit"));
      if (has("py-stub")) bar.append(make("button", "Hint", "py-hint"));
      const names = [...block.classList].map((name) => name.slice(3));
      bar.append(make("small", lessonsSize(["start", ...names])));
    }
    for (const button of bar.querySelectorAll("button")) button.type = "button";
    block.after(bar);
  }

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.(".py-bar > button");
    if (!button || button.disabled) return;
    try {
      await load();
    } catch {
      button.parentNode.append(make("output", "This did not load. Check the network, then try again."));
      return;
    }
    lessonsCells.press(button);
  });
})();
