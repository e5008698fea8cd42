// A playground for small networks: Python in the page trains (lessons.playground.page), this draws
// and hands on what the reader changes. Before the click it shows a recorded run.
"use strict";

(() => {
  const { runtime } = window.lessonsLater; // Python's files are fetched at the click
  const { Refused, MOST_RUNS, RUNS, defaultsFor, write, read, loadRuns, storeRuns, thinned,
    palette, tile, signed, fieldOf, surface, examples, curveOfUnit, losses, accuracy } = window.lessonsPlayground;
  const MODULE = "lessons.playground.page";
  const SLICE_MS = 25; // of training between two pictures
  const SOON_MS = 8; // of training until the curve shows a setting that was dragged
  const CALM_MS = 250; // between two pictures, for those who want less motion
  const RESOLUTION = 40;
  const SAY_MS = 5000; // between two sentences while it trains
  const MERGE_MS = 700; // changes of one setting that follow each other closely are one mark
  const LIVE = ["rate", "momentum", "batch", "decay"];
  const SHORT = { rate: "rate", momentum: "momentum", batch: "batch", decay: "decay" };
  const FIRST_POINTS = [[-0.8, -0.5], [-0.6, 0.3], [-0.3, -0.8], [-0.2, 0.1], [0.3, -0.2], [0.4, 0.7],
    [0.7, 0.1], [0.8, -0.6]];
  const STILL = matchMedia("(prefers-reduced-motion: reduce)");
  const LOST = "The network is gone; its curve stays among the earlier runs. Run begins a new one.";

  const sleep = (ms) => new Promise((finish) => setTimeout(finish, ms));
  const frame = () => new Promise((finish) => requestAnimationFrame(finish));
  const two = (value) => Number(value.toPrecision(2));
  const shown = (value, digits = 3) => {
    if (value === null || value === undefined) return "–";
    if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
    if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) return value.toExponential(1).replace("e+", "e");
    return String(Number(value.toPrecision(digits)));
  };

  // From the place of a slider to its value, and back.
  const SCALES = {
    linear: [(p) => Number(p.toFixed(4)), (v) => v],
    tens: [Math.round, (v) => v],
    log: [(p) => two(10 ** p), Math.log10],
    powers: [(p) => Math.min(2000, 2 ** p), Math.log2],
    zero: [(p) => (p < -5.05 ? 0 : two(10 ** p)), (v) => (v > 0 ? Math.log10(v) : -6)],
  };

  class Playground {
    constructor(root) {
      this.root = root;
      this.record = JSON.parse(root.querySelector(".playground-record").textContent);
      this.options = this.record.options;
      this.python = null;
      this.turn = 0; // grows with every new run: what an older one answers is dropped
      this.isRunning = this.isLooping = this.isBegun = this.isStarted = false;
      this.pictures = this.curves = 0; // drawn so far
      this.unit = null; // the hidden unit that is shown large
      this.cursor = null;
      this.pale = null; // the earlier run that is pointed at
      this.earlier = loadRuns();
      this.experiment = { ...this.record.experiment };
      this.take(this.record.begin, this.experiment);
      this.step = this.record.advance.step;
      this.points = this.record.advance.points;
      this.layers = this.record.advance.layers;
      this.see(this.record.look);
      root.playground = this; // for tests and the console
      this.bind();
      this.follow(location.hash, true);
      this.showControls();
      this.showCaption();
      this.showEarlier();
      this.say(this.record.advance.said);
      this.draw();
      this.tellSize();
    }

    find(name) { return this.root.querySelector(`.playground-${name}`); }
    control(key) { return this.root.querySelector(`[data-key="${key}"]`); }

    // ---------- what the reader does

    bind() {
      const clicks = {
        start: () => this.start(), run: () => (this.isRunning ? this.pause() : this.run()),
        step: () => this.oneStep(), reset: () => this.reset(), stop: () => this.stop(),
        back: () => this.back(), gentle: () => this.gentle(), close: () => this.hush(),
        add: () => this.widen(1), remove: () => this.widen(-1), dice: () => this.dice(),
        "clear-points": () => this.setPoints([]), "use-table": () => this.useTable(),
        forget: () => this.forget(), link: () => this.copyLink(),
        engine: () => this.program("engine", "Python"), torch: () => this.program("torch", "PyTorch"),
      };
      for (const [name, act] of Object.entries(clicks)) this.find(name).addEventListener("click", act);
      this.root.addEventListener("input", (event) => {
        if (event.target.dataset.key) this.changed(event.target);
      });
      this.bindPicture();
      const again = () => this.later();
      new ResizeObserver(again).observe(this.root);
      new MutationObserver(() => this.recolour()).observe(document.documentElement,
        { attributes: true, attributeFilter: ["data-theme"] });
      matchMedia("(forced-colors: active)").addEventListener("change", () => this.recolour());
      addEventListener("beforeprint", () => { // no frame comes while it prints
        this.colours = null;
        this.draw();
      });
      addEventListener("afterprint", () => this.recolour());
      window.addEventListener("hashchange", () => this.follow(location.hash, false));
      window.addEventListener("storage", (event) => event.key === RUNS && this.shared());
      document.addEventListener("visibilitychange", () => this.isRunning && this.loop());
      this.find("loss").addEventListener("pointermove", (event) => this.point(event));
      this.find("loss").addEventListener("pointerleave", () => this.choose(null));
    }

    changed(input) {
      const { key, scale } = input.dataset;
      if (key === "width") {
        this.experiment.layers = this.widths();
      } else if (scale) {
        this.experiment[key] = SCALES[scale][0](Number(input.value));
      } else if (key === "seed") {
        const seed = Math.round(Number(input.value));
        if (!(seed >= 0 && seed <= 9999)) return;
        this.experiment.seed = seed;
      } else {
        this.choice(key, input.value);
      }
      this.afterChange(key);
    }

    // Other data or another optimiser bring settings that suit them.
    choice(key, value) {
      const old = this.experiment;
      if (key === "data") {
        const { seed, split } = old;
        this.experiment = { ...defaultsFor({ data: value }, this.options), seed, split };
        if (value === "own") this.experiment.points = this.firstPoints();
      } else if (key === "optimizer") {
        const { rate, momentum, decay } = defaultsFor({ data: old.data, optimizer: value }, this.options);
        this.experiment = { ...old, optimizer: value, rate, momentum, decay };
      } else {
        this.experiment = { ...old, [key]: value };
      }
    }

    afterChange(key) {
      this.hush();
      this.showControls(key);
      this.writeAddress();
      if (LIVE.includes(key) && this.isBegun && this.step > 0) {
        this.settled(`${SHORT[key]} ${shown(this.experiment[key])} from here on`);
      } else {
        this.soon();
      }
    }

    // A run with the settings as they stand, a moment after the last change.
    soon() {
      if (!this.isStarted) return this.showCaption();
      this.goesOn ||= this.isRunning;
      this.turn += 1;
      this.isRunning = false;
      this.wait(180);
      this.showButtons();
    }

    wait(ms) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(async () => {
        const { goesOn } = this;
        this.goesOn = false;
        if (await this.begin() && goesOn) this.run();
      }, ms);
    }

    settled(text) {
      clearTimeout(this.saying);
      this.saying = setTimeout(() => this.say(text), 600);
    }

    widths() {
      const [low, high] = this.options.limits.units;
      return [...this.root.querySelectorAll('[data-key="width"]')].map((input) =>
        Math.max(low, Math.min(high, Math.round(Number(input.value)) || low)));
    }

    widen(by) {
      const { layers } = this.experiment;
      if (by > 0 && layers.length >= this.options.limits.layers[1]) return;
      this.experiment.layers = by > 0 ? [...layers, layers.at(-1) ?? 8] : layers.slice(0, -1);
      this.afterChange("layers");
    }

    dice() {
      this.experiment.seed = (this.experiment.seed + 1) % 10000;
      this.afterChange("seed");
    }

    // ---------- Python

    async tellSize() {
      if (location.protocol === "file:") return;
      try {
        const size = await (await runtime()).megabytes();
        if (size) this.find("size").textContent = ` · loads ${size} MB once`;
      } catch {
        // Said at the click.
      }
    }

    async start() {
      const button = this.find("start");
      button.disabled = true;
      this.hush();
      try {
        this.python ??= this.listen((await runtime()).kernel());
      } catch {
        button.disabled = false;
        return this.tell("Python's files did not arrive. Check the network, then try again.");
      }
      this.isStarted = true;
      this.showButtons();
      this.find("load").hidden = false;
      this.note("Python is loaded …");
      const isReady = await this.begin();
      this.find("load").hidden = true;
      this.note("");
      if (isReady) return this.run();
      if (this.python.state === "failed") {
        this.isStarted = false;
        button.disabled = false;
      }
      this.showButtons();
    }

    listen(python) {
      python.addEventListener("progress", () => (this.find("load").value = python.share));
      python.addEventListener("state", () => python.message && this.note(python.state === "starting" ? python.message : ""));
      return python;
    }

    // Ask Python; null if it refused or was ended, which is then said.
    async ask(name, argument = {}) {
      const turn = this.turn;
      const { ok, value, message } = await this.python.ask(MODULE, name, argument);
      if (ok) return turn === this.turn ? value : null;
      if (turn !== this.turn) return null;
      const last = message.trim().split("\n").at(-1);
      const error = last.match(/^(\w*(?:Error|Exception)): (.*)$/);
      if (error) {
        const sentence = error[1] === "ValueError" ? error[2] : last;
        this.tell(`${sentence[0].toUpperCase()}${sentence.slice(1)}.`.replace(/([.!?])\.$/, "$1"));
      } else {
        this.ended(message);
      }
      return null;
    }

    ended(message) {
      this.turn += 1;
      this.isRunning = false;
      const isLost = this.isBegun;
      this.keep();
      this.isBegun = this.goesOn = false;
      this.tell(isLost ? `${message.match(/^[^.]*\./)[0]} ${LOST}` : message);
      this.showButtons();
    }

    noWait() {
      clearTimeout(this.waiting);
      this.waiting = 0;
    }

    async begin() {
      this.turn += 1;
      this.noWait();
      this.keep();
      this.isBegun = false;
      this.isRunning = false;
      const begun = await this.ask("begin", this.experiment);
      if (!begun) {
        this.showButtons();
        return false;
      }
      this.take(begun, begun.experiment);
      [this.step, this.points, this.layers] = [0, begun.curve, []];
      this.isBegun = true;
      this.root.dataset.state = "own";
      this.showControls();
      for (let layer = 0; layer < Math.max(1, this.experiment.layers.length); layer++) {
        const look = await this.ask("look", { resolution: RESOLUTION, layer: this.experiment.layers.length ? layer : null });
        if (!look) return false;
        this.see(look);
      }
      this.say(begun.said);
      this.showButtons();
      this.later();
      return true;
    }

    // What a run is about, from Python or from the record.
    take(begun, experiment) {
      this.experiment = { ...experiment };
      this.ran = { ...experiment }; // what the curve belongs to, with settings as they were dragged
      this.begun = begun;
      this.known = begun.points;
      this.domain = begun.domain;
      this.look = null;
      this.units = [];
      this.unit = null;
      [this.marks, this.diverged, this.canRewind, this.epoch] = [[], null, null, 0];
      this.turnLayer = 0;
      this.buildUnits();
    }

    see(look) {
      const { units, ...rest } = look;
      this.look = rest;
      for (const each of [units].flat()) if (each) this.units[each.layer] = each;
    }

    async run() {
      if (this.waiting) {
        this.goesOn = true;
        return this.wait(0);
      }
      if (!this.isBegun && !(await this.begin())) return;
      if (this.diverged !== null) return this.tell(this.divergence, true);
      this.hush();
      this.isRunning = true;
      this.saidAt = performance.now();
      this.showButtons();
      this.loop();
    }

    pause() {
      this.isRunning = false;
      this.showButtons();
      this.say(this.lastSaid ?? "");
    }

    async loop() {
      if (this.isLooping) return;
      this.isLooping = true;
      while (this.isRunning && !document.hidden) {
        const start = performance.now();
        const speed = this.root.querySelector(".playground-speed select").value;
        if (!(await this.slice(speed === "fast" ? { ms: SLICE_MS } : { steps: 1 }))) break;
        const wait = (speed === "fast" ? 0 : 1000 / Number(speed)) - (performance.now() - start);
        if (wait > 0) await sleep(wait);
      }
      this.isLooping = false;
      if (this.isRunning && !document.hidden) this.loop();
    }

    async oneStep() {
      if (this.isRunning) this.pause();
      if ((!this.isBegun || this.waiting) && !(await this.begin())) return;
      if (this.diverged !== null) return this.tell(this.divergence, true);
      if (await this.slice({ steps: 1 }, true)) this.say(this.lastSaid);
    }

    // Some steps and, if it is time for it, a picture; false if the run is over.
    async slice(size, isSingle = false) {
      const settings = Object.fromEntries(LIVE.map((name) => [name, this.experiment[name]]));
      if (size.ms && this.isDragged) size = { ms: SOON_MS };
      const answer = await this.ask("advance", { ...size, settings });
      if (!answer) return false;
      Object.assign(this.ran, settings);
      this.advance(answer);
      if (answer.changed.length) this.drawCurves(); // who drags waits for no picture
      else if (size.ms && this.isDragged && !answer.diverged) return true; // nor for this one
      const now = performance.now();
      if (isSingle || answer.diverged || !STILL.matches || now - (this.drawnAt ?? 0) > CALM_MS) {
        const n = this.experiment.layers.length;
        const layer = n ? this.turnLayer++ % n : null;
        const look = await this.ask("look", { resolution: RESOLUTION, layer });
        if (!look) return false;
        this.see(look);
        this.later();
      }
      if (!answer.diverged) return true;
      this.break(answer);
      return false;
    }

    // Whether the reader wants settings with which nothing was trained yet.
    get isDragged() {
      return LIVE.some((name) => this.experiment[name] !== this.ran[name]);
    }

    advance(answer) {
      const { step, epoch, points, now, layers, changed } = answer;
      [this.step, this.epoch, this.canRewind] = [step, epoch, answer.can_rewind];
      while (this.points.length && points.length && this.points.at(-1)[0] >= points[0][0]) this.points.pop();
      this.points.push(...points);
      if (now && this.points.at(-1)?.[0] !== now[0]) this.points.push(now);
      if (this.points.length > 6000) this.points = this.points.filter((_, i) => i % 2 === 0 || i > 3000);
      if (layers.length) this.layers = layers;
      changed.forEach(([at, settings]) => this.mark(at, settings));
      this.lastSaid = answer.said;
      if (this.isRunning && performance.now() - this.saidAt > SAY_MS) this.say(answer.said);
    }

    mark(step, settings) {
      for (const [name, value] of Object.entries(settings)) {
        const text = `${SHORT[name]} ${shown(value)}`, now = performance.now();
        const last = this.marks.at(-1);
        if (last?.name === name && now - last.at < MERGE_MS) Object.assign(last, { text, at: now });
        else this.marks.push({ step, name, text, at: now });
      }
    }

    // ---------- divergence

    break(answer) {
      this.isRunning = false;
      this.diverged = answer.step;
      this.divergence = answer.diverged;
      this.showButtons();
      this.tell(answer.diverged, true);
      this.later();
    }

    async back() {
      const answer = await this.ask("rewind");
      if (!answer) return;
      this.hush();
      this.step = answer.step;
      this.points = this.points.filter(([step]) => step <= answer.step);
      this.marks = this.marks.filter(({ step }) => step <= answer.step);
      this.diverged = this.canRewind = null;
      const look = await this.ask("look", { resolution: RESOLUTION, layer: this.experiment.layers.length ? 0 : null });
      if (look) this.see(look);
      this.say(answer.said);
      this.showButtons();
      this.later();
      this.control("rate").focus();
    }

    async gentle() {
      this.experiment.rate = Math.max(this.options.limits.rate[0], two(this.experiment.rate / 10));
      this.hush();
      this.showControls();
      this.writeAddress();
      if (await this.begin()) this.run();
    }

    async reset() {
      this.hush();
      await this.begin();
    }

    // The worker is ended; what waits is told, see `ended`.
    stop() {
      const hadRun = this.isBegun;
      const message = this.python.stop();
      if (hadRun && this.isBegun && message) this.ended(message);
    }

    // ---------- own points

    firstPoints() {
      const { training } = this.known, isPlane = this.begun.shape === "plane" && this.begun.task === "classes";
      if (!isPlane) return { x: FIRST_POINTS, y: FIRST_POINTS.map(([x]) => Number(x > 0)), labels: ["class 1", "class 2"] };
      const every = Math.ceil(training.x.length / 60);
      const few = (list) => list.filter((_, i) => i % every === 0);
      return { x: few(training.x), y: few(training.y), labels: ["class 1", "class 2"] };
    }

    get isDrawable() {
      return this.experiment.data === "own" && this.begun.shape === "plane" &&
        (this.experiment.points?.x[0]?.length ?? 2) === 2 && this.experiment.points?.labels !== null;
    }

    setPoints(x, y = []) {
      const labels = this.experiment.points?.labels ?? ["class 1", "class 2"];
      const features = this.experiment.points?.features;
      this.experiment.points = { x, y, labels, ...(features ? { features } : {}) };
      this.known = { training: { x, y }, validation: { x: [], y: [] } };
      this.later();
      this.writeAddress();
      if (x.length >= 4 && new Set(y).size > 1) return this.soon();
      this.turn += 1;
      this.noWait();
      this.keep();
      this.isBegun = this.isRunning = this.goesOn = false;
      this.showButtons();
      this.note("Add points of both classes: four or more.");
    }

    bindPicture() {
      const canvas = this.find("surface");
      const place = (event) => {
        const box = canvas.getBoundingClientRect(), field = fieldOf(canvas), { x, y } = this.domain;
        const u = (event.clientX - box.left - field.left) / field.width;
        const v = (event.clientY - box.top - field.top) / field.height;
        return u >= 0 && u <= 1 && v >= 0 && v <= 1 ? [x[0] + u * (x[1] - x[0]), y[1] - v * (y[1] - y[0])] : null;
      };
      canvas.addEventListener("click", (event) => {
        const at = this.isDrawable && place(event); // a click on an axis means no point
        if (at) this.put(at, true);
      });
      canvas.addEventListener("blur", () => {
        this.cursor = null;
        this.later();
      });
      canvas.addEventListener("keydown", (event) => this.isDrawable && this.key(event));
    }

    key(event) {
      const { x, y } = this.domain, wide = (x[1] - x[0]) / 40, high = (y[1] - y[0]) / 40;
      const moves = { ArrowLeft: [-wide, 0], ArrowRight: [wide, 0], ArrowUp: [0, high], ArrowDown: [0, -high] };
      this.cursor ??= [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
      if (moves[event.key]) this.cursor = this.cursor.map((v, i) => v + moves[event.key][i]);
      else if (event.key === "Enter") this.put(this.cursor, false);
      else if (event.key === "Delete" || event.key === "Backspace") this.remove(this.cursor);
      else return;
      event.preventDefault();
      this.say(`Cross at ${this.cursor.map((v) => shown(v, 2)).join(", ")}; ${this.experiment.points.x.length} points.`);
      this.later();
    }

    nearest([u, v]) {
      const { x, y } = this.domain, near = 0.02;
      return this.experiment.points.x.findIndex(([a, b]) =>
        Math.hypot((a - u) / (x[1] - x[0]), (b - v) / (y[1] - y[0])) < near);
    }

    put(at, removes) {
      if (removes && this.nearest(at) >= 0) return this.remove(at);
      const { x, y } = this.experiment.points;
      if (x.length >= this.options.limits.n[1]) return this.tell(`There are ${x.length} points; there is no room for more.`);
      const label = Number(this.root.querySelector(".playground-own select").value);
      this.setPoints([...x, at.map((value) => Number(value.toFixed(3)))], [...y, label]);
    }

    remove(at) {
      const found = this.nearest(at);
      if (found < 0) return;
      const without = (list) => list.filter((_, i) => i !== found);
      this.setPoints(without(this.experiment.points.x), without(this.experiment.points.y));
    }

    async useTable() {
      const text = this.root.querySelector(".playground-own textarea").value;
      this.turn += 1;
      const answer = await this.ask("table", text);
      if (!answer) return;
      this.hush();
      this.experiment = { ...defaultsFor({ data: "own" }, this.options), ...this.experiment, points: answer.points };
      if (answer.points.labels === null && this.experiment.loss === "cross_entropy") this.experiment.loss = "squared";
      this.writeAddress();
      if (await this.begin()) this.say(`${answer.said} Press Run.`);
    }

    // ---------- earlier runs

    keep() {
      if (!this.isBegun || this.step < 10) return;
      const n = this.marks.length; // settings that were dragged while it trained
      const last = n ? ` (at its end; changed ${n === 1 ? "once" : `${n} times`} on the way)` : "";
      const words = `${this.words(this.ran)}${last}, ${this.step} steps, loss ${shown(this.points.at(-1)?.[1])} / ${shown(this.points.at(-1)?.[2])}`;
      this.earlier = [...this.earlier, {
        words, kind: this.kind(this.ran), link: `#${write(this.ran, this.options)}`, points: thinned(this.points),
      }].slice(-MOST_RUNS);
      this.isBegun = false;
      if (!storeRuns(this.earlier) && !this.hasToldStorage) {
        this.hasToldStorage = true;
        this.tell("This browser has no room for earlier runs, or forbids it: they last until you leave this page.");
      }
      this.showEarlier();
    }

    // Only curves of the same data and loss can be compared.
    kind({ data, loss }) { return `${data} ${loss}`; }

    words({ data, layers, activation, optimizer, rate, batch, momentum, decay }) {
      const label = (list, name) => list.find((each) => each.name === name)?.label ?? name;
      return [label(this.options.data, data), layers.length ? layers.join("-") : "no hidden layer",
        label(this.options.activations, activation), `${label(this.options.optimizers, optimizer)}`,
        `rate ${shown(rate)}`, momentum ? `momentum ${shown(momentum)}` : "", `batch ${batch}`,
        decay ? `decay ${shown(decay)}` : ""].filter(Boolean).join(", ");
    }

    forget() {
      this.earlier = [];
      this.pale = null;
      storeRuns([]);
      this.showEarlier();
      this.later();
      this.say("The earlier runs are forgotten.");
    }

    shared() {
      this.earlier = loadRuns();
      this.showEarlier();
      this.later();
      this.note("Another page of this book has changed the earlier runs.");
    }

    showEarlier() {
      this.find("earlier").hidden = !this.earlier.length;
      const items = this.earlier.map((run, i) => {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = run.link;
        link.textContent = run.words;
        for (const kind of ["pointerenter", "focus"]) link.addEventListener(kind, () => this.choose(i));
        for (const kind of ["pointerleave", "blur"]) link.addEventListener(kind, () => this.choose(null));
        item.append(link);
        return item;
      });
      this.root.querySelector(".playground-earlier ul").replaceChildren(...items);
    }

    choose(i) {
      if (this.pale === i) return;
      this.pale = i;
      const items = this.root.querySelectorAll(".playground-earlier li");
      items.forEach((item, k) => item.toggleAttribute("data-chosen", k === i));
      this.find("loss").title = i === null ? "" : this.earlier[i].words;
      this.later();
    }

    // The earlier run below the pointer.
    point(event) {
      if (!this.places || !this.earlier.length) return;
      const box = this.find("loss").getBoundingClientRect();
      const [u, v] = [event.clientX - box.left, event.clientY - box.top];
      let best = null, least = 10;
      this.earlier.forEach(({ points, kind }, i) => {
        if (kind !== this.kind(this.ran)) return;
        for (const [step, ...values] of points) {
          if (Math.abs(this.places.x(step) - u) > 8) continue;
          for (const value of values) {
            const far = value === null ? Infinity : Math.abs(this.places.y(value) - v);
            if (far < least) [best, least] = [i, far];
          }
        }
      });
      this.choose(best);
    }

    // ---------- the address

    hash() {
      const text = write(this.experiment, this.options);
      return `#${text}`;
    }

    writeAddress() {
      clearTimeout(this.writing);
      this.writing = setTimeout(() => {
        this.ownHash = this.hash();
        history.replaceState(history.state, "", this.ownHash);
      }, 400);
    }

    // Set up what an address says; a broken one gives one message and the usual experiment.
    follow(hash, isFirst) {
      let found, isBroken = false;
      try {
        found = read(hash, this.options);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        isBroken = true;
        found = { ...this.record.experiment };
        this.tell(error.message);
      }
      if (!found) return;
      if (!isBroken) this.hush();
      this.experiment = found;
      this.showControls();
      this.showCaption();
      if (!isFirst) this.root.scrollIntoView({ block: "start" });
      if (isFirst || !this.isStarted) return;
      this.turn += 1;
      this.begin().then((isReady) => isReady && !isBroken && this.run());
    }

    async copyLink() {
      this.ownHash = this.hash();
      history.replaceState(history.state, "", this.ownHash);
      const isWhole = this.experiment.data !== "own" || this.ownHash.includes("points=");
      await this.copy(location.href, isWhole ? "The link is copied." : "The link is copied, without your points: there are too many for a link.");
    }

    async program(kind, name) {
      const found = await this.ask("program");
      const part = this.isLong ? `: the first ${this.lastWritten} of ${this.step.toLocaleString("en")} steps` : "";
      if (found) await this.copy(found[kind], `The program in ${name} is copied${part}.`, true);
    }

    get mostSteps() { return this.options.most_steps; }
    get lastWritten() { return this.mostSteps.toLocaleString("en"); }
    get isLong() { return this.step > this.mostSteps; } // longer than a program

    namePrograms() {
      const part = this.isLong ? ` (to step ${this.lastWritten})` : "";
      for (const [kind, name] of [["engine", "Python"], ["torch", "PyTorch"]]) {
        const text = `Copy as ${name}${part}`, button = this.find(kind);
        if (button.textContent !== text) button.textContent = text;
      }
    }

    // To the clipboard; where that is not allowed, a field to copy from.
    async copy(text, said, isShown = false) {
      const field = this.find("program"), area = field.querySelector("textarea");
      area.value = text;
      field.hidden = !isShown;
      try {
        await navigator.clipboard.writeText(text);
        this.find("copied").textContent = said;
      } catch {
        field.hidden = false;
        area.focus();
        area.select();
        this.find("copied").textContent = "This browser does not let the page copy: the text below is selected, copy it from there.";
      }
    }

    // ---------- words

    say(text) {
      this.saidAt = performance.now();
      this.find("said").textContent = text;
    }

    note(text) { this.find("note").textContent = text; }

    tell(text, isDivergence = false) {
      const box = this.find("message");
      box.querySelector("p").textContent = text;
      this.find("back").hidden = !isDivergence || this.canRewind === null;
      this.find("back").textContent = `Go back to step ${this.canRewind}`;
      this.find("gentle").hidden = !isDivergence;
      box.hidden = false;
    }

    hush() {
      this.find("message").hidden = true;
      this.note("");
    }

    // ---------- controls

    showButtons() {
      const { isStarted } = this, isReady = isStarted && this.python?.state !== "failed";
      this.find("start").hidden = isStarted && this.isBegun || (isReady && this.root.dataset.state === "own");
      for (const name of ["run", "step", "reset", "stop", "speed"]) this.find(name).hidden = !isReady;
      this.find("run").textContent = this.isRunning ? "Pause" : "Run";
      this.root.toggleAttribute("data-running", this.isRunning);
      for (const name of ["engine", "torch"]) this.find(name).disabled = !this.isBegun;
      this.showCaption();
    }

    showControls(except = "") {
      const { experiment, options } = this;
      const data = options.data.find((each) => each.name === experiment.data);
      const isNumbers = experiment.points?.labels === null;
      for (const option of this.control("loss").options) {
        option.hidden = option.disabled = !data.losses.includes(option.value) || (isNumbers && option.value === "cross_entropy");
      }
      for (const input of this.root.querySelectorAll("[data-key]")) {
        const { key, scale } = input.dataset;
        if (key === "width") continue;
        const value = experiment[key];
        if (scale) {
          if (key !== except) input.value = SCALES[scale][1](value);
          const text = key === "split" ? `${Math.round(100 * value)} %` : shown(value);
          input.setAttribute("aria-valuetext", text);
          input.parentElement.querySelector("output").textContent = text;
        } else if (key !== except || input.value !== String(value)) {
          input.value = value;
        }
      }
      const optimizer = options.optimizers.find((each) => each.name === experiment.optimizer);
      this.control("momentum").disabled = !optimizer.momentum;
      const isUsed = experiment.layers.length > 0;
      this.control("activation").disabled = !isUsed;
      this.control("activation").setAttribute("aria-describedby", isUsed ? "" : this.find("unused").id);
      this.find("unused").hidden = isUsed;
      this.control("n").disabled = experiment.data === "own";
      this.control("noise").disabled = experiment.data === "own";
      this.find("own").hidden = experiment.data !== "own";
      if (except !== "width") this.showWidths();
      this.showClasses();
    }

    showWidths() {
      const { layers } = this.experiment, [low, high] = this.options.limits.units;
      const place = this.root.querySelector(".playground-widths > span:nth-child(2)");
      const inputs = layers.map((width, i) => {
        const input = document.createElement("input");
        Object.assign(input, { type: "number", min: low, max: high, value: width, autocomplete: "off" });
        input.dataset.key = "width";
        input.setAttribute("aria-label", `Units of hidden layer ${i + 1}`);
        return input;
      });
      place.replaceChildren(...(inputs.length ? inputs : ["none"]));
      this.find("add").disabled = layers.length >= this.options.limits.layers[1];
      this.find("remove").disabled = !layers.length;
    }

    showClasses() {
      const select = this.root.querySelector(".playground-own select");
      const labels = this.experiment.points?.labels ?? [];
      if (labels.length === select.options.length && labels.every((l, i) => l === select.options[i].textContent)) return;
      const options = labels.map((label, i) => new Option(label, String(i)));
      if (options.length) select.replaceChildren(...options);
    }

    showCaption() {
      const { shape, task } = this.begun;
      const isRecorded = this.root.dataset.state === "recorded";
      const hasOther = isRecorded && write(this.experiment, this.options) !== write(this.record.experiment, this.options);
      const kinds = {
        plane: task === "classes" && this.begun.labels.length === 2 ? "Filled points train the network, hollow ones validate it. The line: all undecided." : "Filled points train the network, hollow ones validate it.",
        line: "Filled points train the network, hollow ones validate it. The curve is what it says.",
        pixels: task === "pictures" ? "Images of the validation set, and below each what the network draws." : "Images of the validation set, and what the network says.",
      };
      const unit = this.unit && `Unit ${this.unit.index + 1} of hidden layer ${this.unit.layer + 1}: blue where it is low, orange where it is high.`;
      this.find("caption").textContent = hasOther ? "This picture is a recorded run. “Train here” trains what you have set up."
        : isRecorded ? `A recorded run. “Train here” makes it yours. ${kinds[shape]}` : unit || kinds[shape];
      const isDrawn = this.isDrawable;
      const canvas = this.find("surface");
      canvas.toggleAttribute("data-drawable", isDrawn);
      if (isDrawn) canvas.tabIndex = 0;
      else canvas.removeAttribute("tabindex");
    }

    // ---------- pictures

    buildUnits() {
      const place = this.find("units");
      place.replaceChildren();
      this.tiles = [];
    }

    // The buttons of a layer's units, made when the first picture of them is there.
    tilesOf(layer, count) {
      const place = this.find("units");
      while (this.tiles.length <= layer) {
        const row = document.createElement("div"), head = document.createElement("p");
        row.className = "playground-layer";
        head.textContent = `Layer ${this.tiles.length + 1}`;
        row.append(head);
        place.append(row);
        this.tiles.push({ row, list: [] });
      }
      const { row, list } = this.tiles[layer];
      while (list.length < count) {
        const button = document.createElement("button"), canvas = document.createElement("canvas");
        const index = list.length;
        button.type = "button";
        button.setAttribute("aria-label", `Unit ${index + 1} of hidden layer ${layer + 1}`);
        button.setAttribute("aria-pressed", "false");
        button.disabled = this.begun.shape !== "plane";
        button.addEventListener("click", () => this.enlarge(layer, index));
        button.append(canvas);
        row.append(button);
        list.push({ button, canvas });
      }
      return list;
    }

    enlarge(layer, index) {
      const isSame = this.unit?.layer === layer && this.unit.index === index;
      this.unit = isSame ? null : { layer, index };
      this.tiles.forEach(({ list }, l) => list.forEach(({ button }, i) =>
        button.setAttribute("aria-pressed", String(this.unit?.layer === l && this.unit.index === i))));
      this.showCaption();
      this.later();
    }

    recolour() {
      this.colours = null;
      this.later();
    }

    later() {
      if (this.isDue) return;
      this.isDue = true;
      requestAnimationFrame(() => {
        this.isDue = false;
        this.draw();
      });
    }

    draw() {
      if (!this.find("surface").clientWidth) return; // out of sight
      this.drawnAt = performance.now();
      this.drawCurves();
      this.drawPicture();
      this.units.forEach((units) => this.drawUnits(units));
      this.showNumbers();
      this.pictures += 1;
    }

    drawCurves() {
      if (!this.find("loss").clientWidth) return; // out of sight
      this.colours ??= palette(this.root);
      const { points, marks, diverged, begun } = this, kind = this.kind(this.ran);
      const earlier = this.earlier.map((run, i) => ({ ...run, isChosen: i === this.pale }))
        .filter((run) => run.kind === kind || run.isChosen);
      this.places = losses(this.find("loss"), this.colours, {
        points, marks, earlier, diverged,
        title: `loss (${this.lossName()}), logarithmic axis` });
      const hasAccuracy = begun.task === "classes";
      this.find("share").hidden = !hasAccuracy;
      this.find("now-accuracy").parentElement.hidden = !hasAccuracy;
      if (hasAccuracy) accuracy(this.find("share"), this.colours, { points, earlier });
      this.curves += 1;
    }

    lossName() {
      return this.options.losses.find((each) => each.name === this.ran.loss).label;
    }

    drawPicture() {
      const canvas = this.find("surface");
      if (this.look?.examples) return examples(canvas, this.colours, this.look.examples);
      if (!this.domain) return; // pictures of digits, and the first ones have not come yet
      const of = this.unit && this.units[this.unit.layer];
      const unit = of?.bytes && { bytes: of.bytes[this.unit.index], n: of.n, range: of.ranges[this.unit.index] };
      surface(canvas, this.colours, { look: this.look, unit, domain: this.domain, names: this.axisNames(),
        points: this.known, task: this.begun.task, cursor: this.isDrawable ? this.cursor : null });
    }

    // Made-up data has no units; in a reader's own table they stand in the heads of its columns.
    axisNames() {
      const { features, shape } = this.begun, names = shape === "line" ? [features[0], "y"] : features.slice(0, 2);
      return this.ran.data === "own" ? names : names.map((name) => `${name} (no unit)`);
    }

    drawUnits(units) {
      const { layer, n, bytes, curves } = units;
      if (units.drawn === this.colours) return;
      units.drawn = this.colours;
      const tiles = this.tilesOf(layer, (bytes ?? curves).length);
      const all = curves?.flat().filter(Number.isFinite) ?? [];
      const ends = [Math.min(...all), Math.max(...all)];
      const { inks } = this.colours;
      const shade = (i) => units.what === "images" ? (level) => inks[level] : signed(this.colours, units.ranges[i]);
      tiles.forEach(({ canvas }, i) => {
        if (bytes) tile(bytes[i], n, shade(i), canvas);
        else curveOfUnit(canvas, this.colours, curves[i], ends);
      });
    }

    showNumbers() {
      const [, training, validation, inTraining, inValidation] = this.points.at(-1) ?? [];
      const percent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
      const texts = {
        "now-step": String(this.step), "now-training": shown(training),
        "now-validation": shown(validation),
        "now-accuracy": this.begun.task === "classes" ? `${percent(inTraining)} / ${percent(inValidation)}` : "–",
      };
      for (const [name, text] of Object.entries(texts)) {
        const place = this.find(name);
        if (place.textContent !== text) place.textContent = text;
      }
      this.showLayers();
      this.namePrograms();
      this.find("loss").setAttribute("aria-label", `Loss by step, on a logarithmic axis: training ${texts["now-training"]}, validation ${texts["now-validation"]} at step ${this.step}.`);
    }

    // Sizes by layer: a bar on a logarithmic scale from 1e-6 to 100, and the number.
    showLayers() {
      const body = this.root.querySelector(".playground-flow tbody");
      while (body.rows.length > this.layers.length) body.deleteRow(-1);
      this.layers.forEach((layer, i) => {
        const row = body.rows[i] ?? this.rowFor(body, i);
        ["gradient", "update", "weights"].forEach((name, k) => {
          const cell = row.cells[k + 1], value = layer[name];
          const text = shown(value, 2);
          if (cell.lastChild.textContent !== text) cell.lastChild.textContent = text;
          const share = value > 0 ? Math.max(0, Math.min(1, (Math.log10(value) + 6) / 8)) : 0;
          cell.firstChild.style.transform = `scaleX(${share.toFixed(3)})`;
        });
      });
    }

    rowFor(body, i) {
      const row = body.insertRow(), head = document.createElement("th");
      head.scope = "row";
      head.textContent = i + 1 === this.begun.sizes.length - 1 ? "output" : String(i + 1);
      row.append(head);
      for (const name of ["gradient", "update", "weights"]) {
        const cell = row.insertCell(), bar = document.createElement("span"), text = document.createElement("span");
        bar.className = "playground-size-bar";
        bar.dataset.of = name;
        cell.append(bar, text);
      }
      return row;
    }
  }

  document.querySelectorAll(".playground").forEach((root) => new Playground(root));
})();
