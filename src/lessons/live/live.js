// The page's half of Python in the page. It starts the worker when the reader asks for it, hands it
// cells one after another, and can end it at any moment. No library, no request to anyone else.
//
//   const python = lessonsPython.kernel();       // the one of this page; nothing is loaded yet
//   await lessonsPython.megabytes("matplotlib")  // what a start would load: 21, or null
//   python.addEventListener("state", () => …)    // python.state, python.message, python.share
//   const { ok, shown, message } = await python.run(code, (item) => …)
//   const { ok, value, message } = await python.ask("lessons.words", "count", { n: 2 })
//   await python.bring("data/corpus_topics.txt.gz")  // a large file of the book's package
//   python.stop()
"use strict";

window.lessonsPython ??= (() => {
  const HERE = new URL(".", document.currentScript.src);
  const SILENCE_MS = 30_000; // without any sign of life, the reader is told what else to do
  const SAID = {
    file: "Python cannot start in a page that was opened as a file. It can where “python3 -m http.server” serves the folder.",
    missing: "This copy of the book comes without Python for its pages.",
    network: "Python's files did not arrive.",
    program: "This browser cannot start Python: WebAssembly is missing or blocked, or there is too little memory.",
    start: "Python could not start.",
    silence: "Python has given no sign for 30 seconds. It may still come.",
    broken: "Python broke down, and starts again. What earlier cells made is gone: run them again.",
    stopped: "Stopped. Python starts again; what earlier cells made is gone: run them again.",
  };
  let found = null;

  // What can be done instead: only ways that this page offers.
  function instead() {
    const buttons = [["Binder", "mybinder.org/"], ["Colab", "colab.research.google.com/"]]
      .filter(([, host]) => document.querySelector(`a[href*="//${host}"]`)).map(([name]) => `in ${name}`);
    return `Run the chapter ${[...buttons, "on your machine with “make lab”"].join(" or ")} instead.`;
  }

  // What the folder beside this script holds: asked once, and again after a failure.
  function manifest() {
    found ??= fetch(new URL("manifest.json", HERE), { cache: "no-cache" }).then(async (answer) => {
      if (answer.status === 404) return { missing: SAID.missing };
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    });
    found.catch(() => (found = null));
    return found;
  }

  // How much a start loads, with packages that code will import; null where that is not known.
  async function megabytes(...packages) {
    try {
      const { sets, files } = await manifest();
      const names = new Set(["start", ...packages.map((name) => files[name] ?? name)].filter((name) => name in sets));
      const bytes = [...names].reduce((sum, name) => sum + sets[name].sent, 0);
      return Number((bytes / 1e6).toPrecision(2));
    } catch {
      return null;
    }
  }

  class Kernel extends EventTarget {
    state = "off"; // off, starting, ready, busy, failed
    message = ""; // what the reader should know now
    share = 0; // of the files that a start loads
    life = 0; // grows when what cells made is gone
    arrived = new Set(); // packages that this page has loaded, and "start"
    #worker = null;
    #cells = []; // the first one runs
    #count = 0;
    #silence = 0;
    #bytes = 0;

    #become(state, message = "") {
      [this.state, this.message] = [state, message];
      this.dispatchEvent(new Event("state"));
    }

    async start() {
      if (this.#worker || this.state === "starting") return;
      const life = ++this.life;
      [this.#bytes, this.share] = [0, 0];
      this.#become("starting");
      this.#listen();
      if (location.protocol === "file:") return this.#fail("file");
      if (typeof WebAssembly === "undefined") return this.#fail("program");
      let held;
      try {
        held = await manifest();
      } catch {
        if (life === this.life) this.#fail("network");
        return;
      }
      if (life !== this.life) return;
      if (held.missing) return this.#fail("missing");
      this.#open(held);
    }

    #open(held) {
      const folder = new URL(`${held.folder}/`, HERE).href;
      try {
        this.#worker = new Worker(new URL(`worker.js?${held.key}`, HERE), { type: "module" });
      } catch {
        return this.#fail("start");
      }
      const worker = this.#worker;
      worker.onerror = (event) => {
        event.preventDefault();
        if (worker === this.#worker) this.#fail("start");
      };
      worker.onmessage = ({ data }) => worker === this.#worker && this.#hear(data, held);
      worker.postMessage({ type: "start", folder, lock: folder + held.lock });
    }

    // Every sign of life puts off the word that there is none.
    #listen() {
      clearTimeout(this.#silence);
      if (this.state !== "starting") return;
      if (this.message) this.#become("starting");
      this.#silence = setTimeout(
        () => this.#become("starting", `${SAID.silence} ${instead()}`), SILENCE_MS);
    }

    #hear(data, held) {
      this.#listen();
      if (data.type === "bytes" && this.state === "starting") {
        this.#bytes += data.bytes;
        this.share = Math.min(1, this.#bytes / held.sets.start.bytes);
        this.dispatchEvent(new Event("progress"));
      } else if (data.type === "ready") {
        this.share = 1;
        this.arrived.add("start");
        this.#become("ready");
        this.#listen();
        this.#next();
      } else if (data.type === "arrived") {
        for (const name of data.names) this.arrived.add(name);
      } else if (data.type === "fetching") {
        this.dispatchEvent(new CustomEvent("fetching", { detail: data.names }));
      } else if (data.type === "shown" && this.#cells[0]?.id === data.id) {
        const item = { kind: data.kind, data: data.data, words: data.words };
        this.#cells[0].shown.push(item);
        this.#cells[0].onShown?.(item);
      } else if (data.type === "done" && this.#cells[0]?.id === data.id) {
        const { module, shown, finish } = this.#cells.shift();
        this.#become("ready");
        if (!module) finish({ ok: data.ok, shown, message: "" });
        else finish(data.ok ? { ok: true, value: JSON.parse(data.answer), message: "" }
                            : { ok: false, value: null, message: data.answer });
        this.#next();
      } else if (data.type === "failed" && data.why === "broken") {
        this.#again(SAID.broken);
      } else if (data.type === "failed") {
        this.#fail(data.why);
      }
    }

    #next() {
      if (this.state !== "ready" || !this.#cells.length) return;
      const { id, code, number, packages, module, name, argument } = this.#cells[0];
      this.#become("busy");
      this.#worker.postMessage(
        { type: module ? "ask" : "run", id, code, number, packages, module, name, argument });
    }

    #end(message) {
      clearTimeout(this.#silence);
      this.#worker?.terminate();
      this.#worker = null;
      for (const { shown, finish } of this.#cells.splice(0)) finish({ ok: false, shown, value: null, message });
    }

    #fail(why) {
      const message = `${SAID[why]} ${instead()}`;
      found = null;
      this.life += 1;
      this.#become("failed", message);
      this.#end(message);
    }

    #again(message) {
      this.#end(message);
      this.life += 1;
      this.state = "off";
      this.start();
    }

    // Run a cell after those that wait; the promise is kept whatever happens. `onShown` gets each
    // piece as it comes: {kind, data, words}, as lessons.live.session says. Errors name the cell by
    // its number. `packages` come before it runs, besides those that it imports.
    run(code, onShown, number = 0, packages = []) {
      return this.#wait({ code, onShown, number, packages });
    }

    // Call a function of a module of the book with one argument that JSON can hold; its value comes
    // back through JSON. In turn with cells; the modules keep what they know until the worker ends.
    ask(module, name, argument = null) {
      return this.#wait({ module, name, argument: JSON.stringify(argument) });
    }

    // Fetch a large file of the package, by its path there; once until the worker ends.
    async bring(path) {
      const { files = {} } = await manifest().catch(() => ({}));
      const { ok, shown, message } = await this.run("", undefined, 0, [files[path] ?? path]);
      return { ok, message: message || shown.map(({ data }) => data).join("") };
    }

    #wait(cell) {
      return new Promise((finish) => {
        this.#cells.push({ id: ++this.#count, shown: [], finish, ...cell });
        if (this.state === "off" || this.state === "failed") this.start();
        else this.#next();
      });
    }

    // End what runs and what waits, at once; return what to tell the reader.
    stop() {
      if (this.state === "off" || this.state === "failed") return "";
      this.#again(SAID.stopped);
      return SAID.stopped;
    }
  }

  let shared = null;
  return { megabytes, kernel: () => (shared ??= new Kernel()) };
})();
