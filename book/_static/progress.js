// Keeps what the reader has done, in this browser only, and marks the pages in the side bar.
// Runs when the page has been read; nothing waits for it. No library, no request.
"use strict";

window.lessonsProgress = (() => {
  const KEY = "training-large-models/progress"; // pages opened as files share one storage
  const VERSION = 1;
  // What there is, and what a value may be. Guesses keep the answer itself; null is "show me".
  const whole = (v) => Number.isInteger(v) && v >= 0;
  const KINDS = {
    pages: (v) => v === "read",
    quizzes: (v) => v === "right" || v === "wrong",
    guesses: (v) => v === null || whole(v) || (Array.isArray(v) && v.length < 20 && v.every(whole)),
    exercises: (v) => v === "solved",
    attempts: (v) => typeof v === "string" && v.length <= 20000, // what was typed into an exercise
  };
  const isName = (name) => /^[a-z0-9-]+(\/[a-z0-9-]+)?$/.test(name);
  const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
  const empty = () => ({ book: "training-large-models", version: VERSION,
    pages: {}, quizzes: {}, guesses: {}, exercises: {} }); // and attempts, once there is one

  // Returns the progress in a text; throws an Error that says what is wrong with it.
  function parse(text) {
    let given;
    try {
      given = JSON.parse(text);
    } catch {
      throw new Error("it is not complete JSON");
    }
    if (!isObject(given) || given.book !== "training-large-models")
      throw new Error("it is not the progress of this book");
    if (Number.isInteger(given.version) && given.version > VERSION)
      throw new Error("it was written by a newer version of this book");
    if (given.version !== VERSION) throw new Error("its version is missing or wrong");
    const data = empty();
    for (const [kind, allows] of Object.entries(KINDS)) {
      if (given[kind] === undefined && kind === "attempts") continue; // none
      if (!isObject(given[kind])) throw new Error(`the part “${kind}” is missing or damaged`);
      for (const [name, value] of Object.entries(given[kind])) {
        if (!isName(name) || !allows(value))
          throw new Error(`the entry “${name}” under “${kind}” is damaged`);
        (data[kind] ??= {})[name] = value;
      }
    }
    return data;
  }

  let memory = empty();
  let lost = ""; // or "full", "newer": then nothing more is stored

  function read() {
    if (lost) return memory;
    const text = localStorage.getItem(KEY);
    try {
      memory = text === null ? empty() : parse(text);
    } catch (error) {
      memory = empty();
      if (error.message.includes("newer")) lost = "newer";
      else {
        store(`${KEY}/damaged`, text); // put aside: what follows must not overwrite it
        localStorage.removeItem(KEY);
      }
    }
    return memory;
  }

  function store(key, text) {
    try {
      if (!lost) localStorage.setItem(key, text);
    } catch {
      lost = "full";
    }
  }

  function write(data) {
    memory = data;
    store(KEY, JSON.stringify(data));
    show();
  }

  // Why progress does not last, or was lost: "blocked", "full", "newer", "damaged" or "". Where
  // there is no storage the layout has put one in its place that lasts as long as the page.
  function trouble() {
    read();
    const damaged = localStorage.getItem(`${KEY}/damaged`) === null ? "" : "damaged";
    return localStorage.trouble || lost || damaged;
  }

  const find = (kind, name) => (Object.hasOwn(read()[kind] ?? {}, name) ? memory[kind][name] : undefined);

  // What was first stays: only the first try of a quiz or a guess says something.
  function record(kind, name, value) {
    if (find(kind, name) !== undefined || !isName(name) || !KINDS[kind](value)) return;
    write({ ...memory, [kind]: { ...memory[kind], [name]: value } });
  }

  function forget(kind, name) {
    const rest = { ...read()[kind] };
    delete rest[name];
    write({ ...memory, [kind]: rest });
  }

  // What was typed last stays, "" removes it. Returns whether it will be here after a reload.
  function keep(name, text) {
    if (!isName(name) || !KINDS.attempts(text)) return false;
    const attempts = { ...read().attempts };
    if (text) attempts[name] = text;
    else delete attempts[name];
    write({ ...memory, attempts: Object.keys(attempts).length ? attempts : undefined });
    return !lost && !localStorage.trouble;
  }

  // Adds what a file holds; what is here already stays. Returns how many entries are new.
  function merge(text) {
    const given = parse(text);
    const data = { ...read() };
    let added = 0;
    for (const kind of Object.keys(KINDS)) {
      if (!given[kind]) continue;
      data[kind] ??= {};
      added += Object.keys(given[kind]).filter((name) => !Object.hasOwn(data[kind], name)).length;
      data[kind] = { ...given[kind], ...data[kind] };
    }
    write(data);
    return added;
  }

  function erase() {
    // With the machine chosen in an estimate, and the playground's earlier runs.
    const others = ["machine", "playground"].map((name) => KEY.replace("progress", name));
    for (const key of [KEY, `${KEY}/damaged`, ...others]) localStorage.removeItem(key);
    lost = "";
    show();
  }

  // The code of a solved exercise: the same as in lessons.widgets.checks.check.code_of.
  function codeOf(name) {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
    const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    return [27, 22, 17, 12].map((shift) => letters[(hash >>> shift) & 31]).join("");
  }

  // A code as typed, without spaces and with the letters that are often misread put right.
  const tidy = (code) => code.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0")
    .replace(/[IL]/g, "1");

  function stateOf(page) {
    if (find("pages", page)) return "read";
    const chapter = page.replace(/^\d+-/, "") + "/";
    const kinds = [memory.quizzes, memory.guesses, memory.exercises];
    return kinds.some((k) => Object.keys(k).some((name) => name.startsWith(chapter))) ? "begun" : "";
  }

  const here = () => document.documentElement.dataset.page || "";
  const isChapter = (page) => /^\d\d-/.test(page);

  // Page and anchor of a link, such as ["04-gradient-descent", "exercise-one-step"].
  function target(link) {
    const [path, anchor = ""] = link.getAttribute("href").split("#");
    return [path ? path.replace(/^.*\/|\.html$/g, "") : here(), anchor];
  }

  function mark(link, state) {
    let sign = link.querySelector(".page-mark");
    if (!state) return sign?.remove();
    if (!sign) {
      sign = document.createElement("span");
      link.append(sign);
    }
    sign.className = `page-mark ${state}`;
    const words = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    words.textContent = `, ${state}`;
    sign.replaceChildren(words);
  }

  function show() {
    read();
    document.querySelectorAll("nav.bd-links a.reference.internal").forEach((link) => {
      const [page] = target(link);
      mark(link, isChapter(page) ? stateOf(page) : "");
    });
    document.querySelectorAll('article a[href*="#exercise-"]').forEach((link) => {
      const [page, anchor] = target(link);
      mark(link, find("exercises", anchor.replace("exercise-", page.replace(/^\d+-/, "") + "/")));
    });
    const button = document.querySelector(".page-read");
    if (button) {
      const isRead = find("pages", here()) === "read";
      button.setAttribute("aria-pressed", isRead);
      button.textContent = isRead ? "Read" : "Mark this page as read";
    }
    document.querySelectorAll("form.exercise-code").forEach((form) => {
      const solved = find("exercises", form.dataset.name) === "solved";
      form.classList.toggle("solved", solved);
      if (solved) form.querySelector("output").textContent = "Solved.";
      else if (form.querySelector("output").textContent === "Solved.") form.reset();
      form.querySelectorAll("label, input, button").forEach((e) => (e.hidden = solved));
    });
    document.dispatchEvent(new CustomEvent("lessons:progress"));
  }

  if (isChapter(here())) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "page-read";
    button.addEventListener("click", () => find("pages", here())
      ? forget("pages", here()) : record("pages", here(), "read"));
    document.querySelector("article.bd-article")?.append(button);
  }

  document.addEventListener("lessons:done", ({ detail }) => record(detail.kind, detail.name, detail.value));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form.exercise-code");
    if (!form) return;
    event.preventDefault();
    const input = form.querySelector("input");
    if (tidy(input.value) === codeOf(form.dataset.name)) {
      record("exercises", form.dataset.name, "solved");
      form.querySelector("output").focus();
    } else {
      form.querySelector("output").textContent = input.value.trim()
        ? "That is not the code of this exercise. The check prints it when the exercise is solved."
        : "Type the four letters and digits that the check prints when the exercise is solved.";
      input.select();
    }
  });
  window.addEventListener("storage", (event) => (event.key === KEY || event.key === null) && show());
  show();

  return { find, record, keep, merge, erase, codeOf, tidy, all: read, trouble };
})();
