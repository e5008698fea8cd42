// Cells of a page that run and can be edited in it. starter.js loads this, after live.js and the
// script with the code of the page's cells, when the reader clicks a button of a cell.
"use strict";

window.lessonsCells ??= (() => {
  const HERE = new URL(".", document.currentScript.src);
  const { cells, hints } = window.lessonsCellsData;
  const python = lessonsPython.kernel();
  const NEEDS = "lessons.live.needs";
  const SOLVED = "application/vnd.lessons.solved+json";
  const KEYS = "Shift+Enter runs. Esc, then Tab, leaves the editor.";
  const AGAIN = "What this cell made is gone. Run makes it again, with the cells it needs.";

  function make(tag, className = "", text = "") {
    return Object.assign(document.createElement(tag), { className, textContent: text });
  }

  function listed(numbers) {
    const names = numbers.map(String);
    const last = names.pop();
    return names.length ? `cells ${names.join(", ")} and ${last}` : `cell ${last}`;
  }

  // ---------- what cells show

  const PICTURES = {
    "image/svg+xml": (data) => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(data)}`,
    "image/png": (data) => `data:image/png;base64,${data}`,
  };
  // What HTML from a cell may not bring along. Scripts put in this way do not run; data in them stays.
  const BANNED = "script:not([type*='+base64']):not([type$='json']), iframe, object, embed, link, meta, base, form[action]";

  function safe(html) {
    const made = new DOMParser().parseFromString(html, "text/html");
    made.querySelectorAll(BANNED).forEach((e) => e.remove());
    for (const e of made.body.querySelectorAll("*"))
      for (const { name, value } of [...e.attributes])
        if (name.startsWith("on") || /^\s*(javascript|vbscript|data:text)/i.test(value.replace(/[\u0000-\u0020]/g, "")))
          e.removeAttribute(name);
    return [...made.body.childNodes].map((node) => document.adoptNode(node));
  }

  function show(place, { kind, data, words }) {
    if (kind === "text/plain" || kind === "text/x-error") {
      const isError = kind === "text/x-error";
      const className = isError ? "py-error" : "py-text";
      let pre = place.lastElementChild?.classList.contains(className) && !isError
        ? place.lastElementChild.querySelector("pre") : null;
      if (!pre) {
        const box = make("div", `output highlight-myst-ansi notranslate ${className}`);
        const inner = make("div", "highlight");
        pre = make("pre");
        inner.append(pre);
        box.append(inner);
        place.append(box);
      }
      // a line that was begun again with \r shows what came last
      pre.textContent = (pre.textContent + data).replace(/^.*\r(?=[^\n])/gm, "");
    } else if (PICTURES[kind]) {
      const img = make("img");
      img.alt = words;
      img.src = PICTURES[kind](data);
      place.append(img);
    } else if (kind === "text/html") {
      const box = make("div", "output text_html");
      box.append(...safe(data));
      place.append(box);
      document.dispatchEvent(new CustomEvent("lessons:shown", { detail: box }));
    } else if (kind === SOLVED) {
      try {
        solved(JSON.parse(data).name);
      } catch { /* not what a check sends */ }
    }
  }

  const solved = (name) => document.dispatchEvent(
    new CustomEvent("lessons:done", { detail: { kind: "exercises", name, value: "solved" } }));

  // ---------- one cell

  class Cell {
    state = ""; // or "waiting", "running"
    editor = null;
    output = null;
    hints = 0;

    constructor(block) {
      this.block = block;
      this.number = Number(block.className.match(/\bpy-cell-(\d+)/)[1]);
      this.bar = block.nextElementSibling;
      this.box = block.closest("div.cell");
      const { code, exercise = "", packages = [], lacks = "" } = cells[this.number - 1];
      Object.assign(this, { printed: code, exercise, packages, lacks, text: code });
      const isLast = [...this.box.querySelectorAll(".py-cell")].at(-1) === block;
      this.old = isLast ? [...this.box.querySelectorAll(".cell_output")] : [];
      this.said = make("output", "py-said");
      this.size = this.bar.querySelector("small");
      this.bar.append(make("span", "py-number", `cell ${this.number}`), this.said);
    }

    button(className) {
      return this.bar.querySelector(`.${className}`);
    }

    // What Run would still load.
    sized() {
      const names = ["start", ...this.packages].filter((name) => !python.arrived.has(name));
      const text = lessonsSize(names);
      if (!this.size || !text) this.size?.remove();
      else if (this.size.textContent !== text) this.size.textContent = text;
    }

    say(...parts) {
      this.said.replaceChildren(...parts);
      this.before = null;
    }

    // What is being fetched stands in place of what was said, until it is there.
    fetches(names) {
      const before = this.before ?? [...this.said.childNodes];
      this.say(...(names.length ? [`Fetching ${names.join(", ")} …`] : before));
      if (names.length) this.before = before;
    }

    become(state) {
      this.state = state;
      this.button("py-run").textContent = state ? "Stop" : this.exercise ? "Check" : "Run";
      this.output?.setAttribute("aria-busy", Boolean(state));
      this.box.classList.toggle("py-busy", Boolean(state));
      this.changed();
    }

    // There is a way back as soon as something is not as it was printed.
    changed() {
      const differs = this.output || this.editor || this.hints;
      const button = this.button("py-reset");
      if (differs && !button) {
        const made = make("button", "py-reset", "Reset");
        made.type = "button";
        this.button("py-number").before(made);
      } else if (!differs) button?.remove();
    }

    // A place for what the cell shows now, instead of what is printed.
    clear() {
      if (!this.output) {
        this.output = make("div", "cell_output container py-output");
        const last = this.old.at(-1);
        if (last) last.after(this.output);
        else if (this.block.closest("details")) this.bar.after(this.output);
        else this.box.append(this.output);
      }
      for (const old of this.old) old.hidden = true;
      this.box.classList.add("shown"); // no longer folded for a guess: the reader computes it
      this.output.replaceChildren();
      return this.output;
    }

    fail(text) {
      show(this.clear(), { kind: "text/x-error", data: text, words: "" });
    }

    edit(focus = true) {
      if (!this.editor) {
        const kept = this.exercise && lessonsProgress.find("attempts", this.exercise);
        if (kept && kept !== this.printed) {
          this.text = kept;
          this.say("This is your attempt from last time. Reset brings the printed cell back.");
        }
        this.editor = new Editor(this);
        this.button("py-edit").hidden = true;
        this.changed();
      }
      if (focus) this.editor.focus();
    }

    edited(text) {
      this.text = text;
      if (!this.exercise) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keep(), 400);
    }

    keep() {
      clearTimeout(this.timer);
      this.timer = 0;
      const text = this.text === this.printed ? "" : this.text;
      if (!lessonsProgress.keep(this.exercise, text) && text)
        this.say("Your attempt stays here only until you leave this page: ",
          text.length > 20000 ? "it is longer than 20,000 characters."
            : "this browser keeps nothing, or its storage is full.");
    }

    hint() {
      const given = hints[this.exercise];
      const short = this.exercise.split("/")[1];
      const place = this.bar.nextElementSibling?.classList.contains("py-hints")
        ? this.bar.nextElementSibling : make("div", "py-hints");
      place.setAttribute("aria-live", "polite");
      this.bar.after(place);
      if (this.hints < given.length) {
        const count = `hint ${this.hints + 1} of ${given.length}`;
        place.append(make("p", "", `${short}, ${count}: ${given[this.hints]}`));
      } else if (this.hints === given.length)
        place.append(make("p", "", `${short}: no more hints. The solution is folded away at the chapter’s end.`));
      this.hints += 1;
      this.button("py-hint").disabled = this.hints > given.length;
      this.changed();
    }

    reset() {
      if (this.state) return;
      if (this.exercise && this.text !== this.printed &&
          !confirm("Remove what you wrote for this exercise?")) return;
      this.text = this.printed;
      if (this.exercise && this.editor) this.keep();
      this.editor?.remove();
      this.output?.remove();
      this.editor = this.output = null;
      for (const old of this.old) old.hidden = false;
      if (this.bar.nextElementSibling?.classList.contains("py-hints")) this.bar.nextElementSibling.remove();
      this.hints = 0;
      if (this.exercise) this.button("py-hint").disabled = false;
      this.say();
      this.button("py-edit").hidden = false;
      this.changed();
      this.button("py-run").focus({ preventScroll: true });
    }
  }

  // ---------- the editor: a text field at once; CodeMirror takes its place when it has come

  let codemirror = null;

  class Editor {
    view = null;

    constructor(cell) {
      this.cell = cell;
      this.box = make("div", "py-editor");
      this.field = make("textarea");
      const id = `py-keys-${cell.number}`;
      const keys = make("p", "py-keys", KEYS);
      keys.id = id;
      Object.assign(this.field, { value: cell.text, spellcheck: false, wrap: "off", rows: 1 });
      for (const [name, value] of Object.entries({ "aria-label": `Code of cell ${cell.number}`,
        "aria-describedby": id, autocapitalize: "off", autocomplete: "off", autocorrect: "off" }))
        this.field.setAttribute(name, value);
      this.field.addEventListener("input", () => {
        this.fit();
        cell.edited(this.field.value);
      });
      this.field.addEventListener("keydown", (event) => this.key(event));
      this.box.append(this.field, keys);
      cell.block.hidden = true;
      cell.block.after(this.box);
      this.fit();
      codemirror ??= import(new URL("../editor/editor.js", HERE));
      codemirror.then(({ open }) => this.upgrade(open), () => {}); // the field serves as well
    }

    fit() {
      this.field.rows = this.field.value.split("\n").length;
    }

    key(event) {
      const { key, shiftKey, ctrlKey, metaKey } = event;
      if (key === "Enter" && (shiftKey || ctrlKey || metaKey)) {
        event.preventDefault();
        return run(this.cell);
      }
      if (key === "Escape") this.leaves = true;
      else if (key === "Tab" && !shiftKey && !this.leaves) {
        event.preventDefault();
        document.execCommand("insertText", false, "    ");
      } else if (key === "Enter") {
        event.preventDefault();
        const line = this.field.value.slice(0, this.field.selectionStart).split("\n").at(-1);
        const deeper = /:\s*(#.*)?$/.test(line) ? "    " : "";
        document.execCommand("insertText", false, `\n${line.match(/^ */)[0]}${deeper}`);
      }
      if (key !== "Escape" && key !== "Shift") this.leaves = false;
    }

    upgrade(open) {
      if (this.cell.editor !== this) return;
      const { field, cell } = this;
      const focused = document.activeElement === field;
      const label = field.getAttribute("aria-label");
      const described = field.getAttribute("aria-describedby");
      this.view = open({ text: field.value, from: field.selectionStart, to: field.selectionEnd,
        label, described, onText: (text) => cell.edited(text), onRun: () => run(cell) });
      field.replaceWith(this.view.dom);
      if (focused) this.view.focus();
    }

    focus() {
      (this.view ?? this.field).focus();
    }

    remove() {
      this.view?.destroy();
      this.box.remove();
      this.cell.block.hidden = false;
    }
  }

  // ---------- running, one cell after another

  let turn = Promise.resolve();
  let generation = 0; // grows with every stop
  const views = new Map();
  const ran = new Set(); // cells that have run since Python started

  function run(cell) {
    if (cell.state) return;
    if (cell.timer) cell.keep();
    cell.become("waiting");
    cell.say("Waits for its turn.");
    const mine = generation;
    turn = turn.then(async () => {
      if (mine === generation) await work(cell, mine);
      cell.become("");
      tellState();
    });
  }

  const tell = (name, argument) => python.ask(NEEDS, name, argument);

  async function work(cell, mine) {
    cell.become("running");
    cell.say(python.state === "ready" ? "Running …" : "Python starts …");
    const texts = cells.map(({ code }, place) => views.get(place + 1)?.text ?? code);
    if (cell.exercise && !/\bcheck\(/.test(cell.text)) {
      const check = cell.printed.slice(cell.printed.search(/^check\(/m));
      texts[cell.number - 1] += `\n\n${check}`;
    }
    const asked = { codes: texts, cell: cell.number - 1 };
    const plan = await tell("plan", asked);
    if (!plan.ok) return ended(cell, plan.message, mine);
    const first = [];
    for (const place of plan.value) {
      cell.say(`Running cell ${place + 1} first …`);
      const { code, helping, packages } = cells[place];
      const shown = texts[place] === code && helping !== undefined ? helping : texts[place];
      const done = await python.run(shown, undefined, place + 1, packages);
      if (mine !== generation) return ended(cell, done.message, mine);
      await tell("note", { ...asked, cell: place, ok: done.ok });
      if (!done.ok) {
        const error = done.shown.filter(({ kind }) => kind === "text/x-error").map(({ data }) => data);
        cell.fail(`Cell ${place + 1}, which this one needs, failed.\n${[...error, done.message].join("\n")}`);
        return cell.say();
      }
      first.push(place + 1);
    }
    cell.say("Running …");
    let place = null;
    const done = await python.run(texts[cell.number - 1], (item) => {
      place ??= cell.clear();
      show(place, item);
    }, cell.number, cell.packages);
    if (done.message) return ended(cell, done.message, mine);
    place ??= cell.clear();
    await tell("note", { ...asked, ok: done.ok });
    ran.add(cell);
    const said = done.shown.filter(({ kind }) => kind === "text/plain").map(({ data }) => data).join("");
    if (cell.exercise && said.includes(`Code for your progress page: ${lessonsProgress.codeOf(cell.exercise)}`))
      solved(cell.exercise);
    const failed = done.ok ? "" : "It ended with an error. ";
    cell.say(failed, first.length ? `Ran ${listed(first)} first.` : done.ok && !done.shown.length ? "Done; it shows nothing." : "");
  }

  // Python was stopped, broke down or could not start: what the cell showed so far stays.
  function ended(cell, message, mine) {
    cell.say(mine === generation ? message : "Stopped. Run starts it again, with the cells it needs.");
  }

  function stop() {
    generation += 1;
    for (const cell of views.values()) if (cell.state === "waiting") cell.say("");
    python.stop();
  }

  // ---------- a bar at the foot of the window: what Python does

  const foot = make("div", "py-foot");
  const words = make("span", "py-words");
  const heard = make("span", "visually-hidden"); // no per cents read aloud
  heard.setAttribute("role", "status");
  const stopper = Object.assign(make("button", "", "Stop"), { type: "button" });
  const resetter = Object.assign(make("button", "", "Reset the page"), { type: "button" });
  const closer = Object.assign(make("button", "", "Close"), { type: "button" });
  foot.append(words, heard, stopper, resetter, closer);
  foot.setAttribute("role", "region");
  foot.setAttribute("aria-label", "Python in this page");
  stopper.addEventListener("click", stop);
  let closed = false; // by the reader, until something else happens
  const close = () => (foot.hidden = closed = true);
  closer.addEventListener("click", close);
  resetter.addEventListener("click", () => {
    for (const cell of views.values()) cell.reset();
    close();
  });
  let life = python.life;

  function tellState() {
    const busy = [...views.values()].find((cell) => cell.state === "running");
    const percent = Math.floor(100 * python.share);
    const said = {
      off: "", ready: "Python is ready.", failed: python.message,
      starting: python.message || "Python is starting.",
      busy: busy ? `Running cell ${busy.number}.` : "Python is ready.", // a slider asks many times
    }[busy && python.state === "ready" ? "busy" : python.state];
    if (busy || ["starting", "failed"].includes(python.state)) closed = false;
    foot.hidden = closed || python.state === "off";
    words.textContent = python.state === "starting" && !python.message
      ? `Python is starting, ${percent} %` : said;
    foot.style.setProperty("--share", python.state === "starting" ? python.share : 1);
    foot.dataset.state = busy || python.state !== "busy" ? python.state : "ready";
    if (heard.textContent !== said) heard.textContent = said;
    stopper.hidden = python.state === "failed" || !busy;
    resetter.hidden = !["ready", "busy"].includes(python.state) || Boolean(busy);
    closer.hidden = python.state === "starting" || Boolean(busy);
    for (const cell of views.values()) cell.sized();
    if (python.life !== life) {
      life = python.life;
      for (const cell of ran) if (!cell.state && cell.output) cell.say(AGAIN);
      ran.clear();
    }
  }

  python.addEventListener("state", tellState);
  python.addEventListener("progress", tellState);
  python.addEventListener("fetching", ({ detail }) => {
    const busy = [...views.values()].find((cell) => cell.state === "running");
    busy?.fetches(detail);
  });

  // ---------- start

  for (const block of document.querySelectorAll(".py-cell")) {
    const cell = new Cell(block);
    views.set(cell.number, cell);
  }
  document.body.append(foot);
  tellState();
  addEventListener("pagehide", () => views.forEach((cell) => cell.timer && cell.keep()));

  function ways() {
    const found = [["Binder", "mybinder.org/"], ["Colab", "colab.research.google.com/"]]
      .filter(([, host]) => document.querySelector(`a[href*="//${host}"]`)).map(([name]) => `in ${name}`);
    return `${[...found, "on your machine with “make lab”"].join(", ").replace(/, (?=[^,]*$)/, " or ")}`;
  }

  const ACTS = {
    "py-run": (cell) => (cell.state ? stop() : run(cell)),
    "py-edit": (cell) => cell.edit(),
    "py-hint": (cell) => cell.hint(),
    "py-reset": (cell) => cell.reset(),
    "py-why": (cell) => cell.say(
      `This cell needs ${cell.lacks}, which Python in a page does not have. Run the chapter ${ways()}.`),
  };

  function press(button) {
    const cell = [...views.values()].find(({ bar }) => bar === button.parentNode);
    ACTS[button.classList[0]](cell);
    tellState();
  }

  return { press, cells: views };
})();
