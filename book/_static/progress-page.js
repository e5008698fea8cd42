// The progress page: a table of what is done, export, import, erase, and codes of exercises.
"use strict";

(() => {
  const store = window.lessonsProgress;
  const panel = document.querySelector(".progress-panel");
  const pages = JSON.parse(panel.querySelector('script[type="application/json"]').textContent);
  const status = panel.querySelector(".progress-status");
  const count = (names, kind) => names.filter((name) => store.find(kind, name) !== undefined).length;

  const TROUBLE = {
    blocked: "This browser does not let this page store anything (a private window, or a setting). " +
      "The book works, but it forgets your progress when you leave a page.",
    full: "This browser's storage is full. What you do now is forgotten when you leave the page; " +
      "export it first.",
    damaged: "What was stored here could not be read. It was put aside, and a new start was made.",
    newer: "What is stored here was written by a newer version of this book. It is left as it is, " +
      "and nothing new is stored.",
  };

  function cell(row, text, tag = "td") {
    const made = document.createElement(tag);
    made.textContent = text;
    row.append(made);
    return made;
  }

  // "3 of 7" as text, and a bar for the eye
  function share(row, done, total, more = "") {
    const made = cell(row, total ? `${done} of ${total}${more}` : "–");
    if (!total) return;
    const bar = document.createElement("span");
    bar.className = "progress-bar";
    bar.style.setProperty("--share", done / total);
    made.append(bar);
  }

  function show() {
    const trouble = store.trouble();
    const warning = panel.querySelector(".progress-trouble");
    warning.hidden = !trouble;
    warning.textContent = TROUBLE[trouble] || "";
    const body = panel.querySelector("tbody");
    const sums = { guesses: [0, 0], quizzes: [0, 0], exercises: [0, 0], right: 0, read: 0 };
    body.replaceChildren(...pages.map((page) => {
      const row = document.createElement("tr");
      const head = cell(row, "", "th");
      head.scope = "row";
      const link = document.createElement("a");
      link.href = `${page.page}.html`;
      link.textContent = page.title;
      head.append(link);
      const isRead = store.find("pages", page.page) === "read";
      sums.read += isRead;
      cell(row, isRead ? "✓ read" : "–");
      for (const kind of ["guesses", "quizzes", "exercises"]) {
        const names = page[kind].map((item) => item[0]);
        const done = count(names, kind);
        sums[kind][0] += done;
        sums[kind][1] += names.length;
        const right = kind === "quizzes" ? names.filter((n) => store.find(kind, n) === "right").length : 0;
        sums.right += right;
        share(row, done, names.length, kind === "quizzes" && done ? `, ${right} right` : "");
      }
      return row;
    }));
    const foot = panel.querySelector("tfoot tr");
    foot.replaceChildren();
    cell(foot, "All", "th").scope = "row";
    cell(foot, `${sums.read} of ${pages.length}`);
    share(foot, ...sums.guesses);
    share(foot, ...sums.quizzes, sums.quizzes[0] ? `, ${sums.right} right` : "");
    share(foot, ...sums.exercises);
  }

  const say = (text, wrong = false) => {
    status.textContent = text;
    status.classList.toggle("wrong", wrong);
  };

  panel.querySelector(".progress-export").addEventListener("click", () => {
    const text = JSON.stringify(store.all(), null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "training-large-models-progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say(`Exported to ${link.download}, in your downloads.`);
  });

  const file = panel.querySelector(".progress-file");
  panel.querySelector(".progress-import").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    try {
      if (chosen.size > 1e6) throw new Error("it is far larger than a progress file");
      const added = store.merge(await chosen.text());
      say(added ? `Imported: ${added} ${added === 1 ? "entry" : "entries"} added.`
        : "Imported: everything in the file was here already.");
    } catch (error) {
      say(`${chosen.name} was not imported: ${error.message}. Nothing here was changed.`, true);
    }
    file.value = ""; // so that the same file can be chosen again
  });

  panel.querySelector(".progress-erase").addEventListener("click", () => {
    if (!confirm("Erase your progress in this book from this browser? Export it first if you may want it back."))
      return;
    store.erase();
    say("Erased. This browser holds nothing of this book any more, but the choice of light or dark.");
  });

  panel.querySelector(".progress-code").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.querySelector("input");
    const code = store.tidy(input.value);
    for (const page of pages)
      for (const [name, title] of page.exercises)
        if (store.codeOf(name) === code) {
          const before = store.find("exercises", name);
          store.record("exercises", name, "solved");
          say(`${before ? "Already noted" : "Solved"}: exercise ${title} of “${page.title}”.`);
          input.value = "";
          return;
        }
    say(`No exercise has the code ${code || "that you left empty"}. A code has four letters or digits, ` +
      "and the check prints it when an exercise is solved.", true);
    input.select();
  });

  document.addEventListener("lessons:progress", show);
  show();
})();
