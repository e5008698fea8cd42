// A tiny GPT that trains in the page's Python, some 40 ms at a time: each call carries the learning
// rate as it stands then, and brings the losses since.
"use strict";

(() => {
  const { runtime } = window.lessonsLater;
  const MODULE = "lessons.live.tiny", MANUAL = "data/corpus_topics.txt.gz";
  const SLICE_MS = 40, PAUSE_EVERY = 2000; // steps
  const LEAST = 400, MOST = 200_000; // characters of a reader's text
  const LEFT = 46, RIGHT = 612, TOP = 12, BOTTOM = 250; // of the picture, as in html.py
  const PARTS = { names: " · " };
  const SVG = "http://www.w3.org/2000/svg";

  const rate = (position) => Number((10 ** (position / 20 - 3.5)).toPrecision(2)); // 0.00032 to 0.32
  const steps = (n) => n.toLocaleString("en");

  function drawn(name, attributes, text = "") {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  }

  class Training {
    constructor(figure) {
      this.figure = figure;
      this.find = (selector) => figure.querySelector(selector);
      this.payload = JSON.parse(this.find('script[type="application/json"]').textContent);
      this.slider = this.find(".training-slider input");
      this.python = null;
      this.life = -1; // of the worker that has the run
      this.run = null;
      this.earlier = []; // runs before this one, pale
      this.state = "off"; // off, starting, running, paused
      figure.dataset.awake = "true";
      figure.addEventListener("input", (event) => this.input(event));
      figure.addEventListener("click", (event) => {
        const button = event.target.closest("[data-do]");
        if (button && !button.disabled) this.do(button.dataset.do);
      });
      if (this.source !== this.payload.runs[0].source) this.choose();
      this.label();
      if (figure.dataset.wanted) this.do(figure.dataset.wanted);
    }

    get source() {
      return this.find(".training-choices input:checked").value;
    }

    get recorded() {
      return this.payload.runs.find((run) => run.source === this.source) ?? null;
    }

    get seed() {
      const seed = Math.floor(Number(this.find(".training-seed").value));
      return seed >= 0 && seed <= 999_999 ? seed : 0;
    }

    get lr() {
      return rate(this.slider.value);
    }

    say(words) {
      const status = this.find(".training-status");
      if (status.textContent !== words) status.textContent = words;
    }

    label() {
      this.slider.setAttribute("aria-valuetext", this.lr);
      this.slider.nextElementSibling.textContent = this.lr;
    }

    input(event) {
      if (event.target === this.slider) {
        this.label();
        if (this.run && this.run.step > 0 && this.lr !== this.run.rates.at(-1)[1]) {
          // a drag is one change
          if (this.run.step - this.run.rates.at(-1)[0] < 10 && this.run.rates.length > 1) this.run.rates.pop();
          this.run.rates.push([this.run.step, this.lr]);
          this.draw();
        }
      } else if (event.target.type === "radio") this.choose();
      else if (event.target.value.length > MOST) {
        event.target.value = event.target.value.slice(0, MOST);
        this.say(`Only the first ${steps(MOST)} characters are kept.`);
      }
    }

    // Another text: nothing is lost but the run, which stays as a pale curve.
    choose() {
      this.end();
      this.earlier = [];
      this.find(".training-own").hidden = this.source !== "own";
      const run = this.recorded;
      if (run) {
        this.samples(run.samples);
        this.say(`Recorded when the book was made: ${steps(run.n_weights)} weights, ${steps(run.train)} characters to learn from.`);
        const [step, held] = run.held.at(-1);
        this.tell(`After ${steps(step)} steps: ${held.toFixed(2)} bits per character on held-out text. ` +
          `Counting pairs of neighbours needs ${run.bigram.toFixed(2)}.`);
      } else {
        this.samples([]);
        this.say("Paste a text, then press “Train”. It stays in your browser.");
        this.tell("");
      }
      this.draw();
    }

    tell(words) {
      this.find(".training-said").textContent = words;
    }

    do(what) {
      if (what === "reset") return this.reset();
      if (this.state === "running") this.state = "paused";
      else if (this.state === "paused" && this.alive) this.go();
      else if (this.state !== "starting") {
        this.end(); // the run before, if there is one, becomes a pale curve
        this.start();
      }
      this.buttons();
    }

    get alive() {
      return this.run !== null && this.python !== null && this.life === this.python.life;
    }

    buttons() {
      const start = this.find('[data-do="start"]');
      start.disabled = this.state === "starting";
      start.textContent = { running: "Pause", paused: "Go on", starting: "Python starts …" }[this.state] ??
        (this.python?.state === "ready" || this.python?.state === "busy" ? "Train" : this.first ?? (this.first = start.textContent));
      this.find('[data-do="reset"]').disabled = this.run === null;
      this.find(".training-progress").hidden = this.state !== "starting";
    }

    async start() {
      const source = this.source, text = this.find("textarea").value;
      if (source === "own" && text.trim().length < LEAST)
        return this.say(`Paste more: ${LEAST} characters at least, better 10,000. A tenth is kept apart for the test.`);
      this.buttons(); // remembers the first words of the button
      this.state = "starting";
      this.say("Python starts …");
      this.buttons();
      let message = "";
      try {
        this.python ??= this.follow((await runtime()).kernel());
        if (source === "manual") message = (await this.python.bring(MANUAL)).message;
        if (!message) message = await this.begin(source, text);
      } catch {
        message = "The script for Python did not arrive: check the network, then press the button again.";
      }
      if (this.state !== "starting") return;
      this.state = message ? "off" : "paused";
      if (message) this.say(message);
      else this.go();
      this.buttons();
    }

    async begin(source, text) {
      const lr = this.lr, seed = this.seed;
      const answer = await this.python.ask(MODULE, "begin", { source, text: source === "own" ? text.slice(0, MOST) : "", lr, seed });
      if (!answer.ok) return answer.message.split("\n").at(-1).replace(/^ValueError: /, "");
      this.life = this.python.life;
      this.run = { ...answer.value, source, seed, step: 0, losses: [], held: [], samples: [],
        rates: [[0, lr]], seconds: 0, broken: false };
      this.say(`${steps(this.run.n_weights)} weights, ${steps(this.run.train)} characters to learn from.`);
      return "";
    }

    // The kernel is shared with the rest of the page: it may end at any moment.
    follow(python) {
      python.addEventListener("progress", () => (this.find(".training-progress").value = python.share));
      python.addEventListener("state", () => {
        if (this.state === "starting") this.say(python.message || "Python starts …");
        else if (this.run && this.life !== python.life && this.state !== "off") {
          this.state = "off";
          this.say("Python was ended, and the weights of this run with it. Its curve stays; “Train” begins a new one.");
          this.buttons();
        }
      });
      return python;
    }

    async go() {
      const run = this.run, until = run.step + PAUSE_EVERY;
      this.state = "running";
      this.buttons();
      while (this.state === "running" && this.run === run) {
        const begun = performance.now();
        const answer = await this.python.ask(MODULE, "advance", { lr: this.lr, ms: SLICE_MS });
        if (this.run !== run) return;
        if (!answer.ok) {
          if (this.state === "running") {
            this.state = "off";
            this.say(answer.message.split("\n").at(-1));
          }
          break;
        }
        this.take(answer.value, performance.now() - begun);
        if (run.broken) this.state = "off";
        else if (run.step >= until) {
          this.state = "paused";
          this.say(`Paused after ${steps(run.step)} steps: “Go on” takes more.`);
        }
      }
      this.buttons();
    }

    take(said, ms) {
      const run = this.run;
      run.step = said.step;
      run.seconds += ms / 1000;
      run.losses.push(...said.losses);
      if (said.held) run.held.push(said.held);
      if (said.sample) {
        run.samples.push(said.sample);
        this.samples(run.samples);
      }
      run.broken = said.broken;
      this.draw();
      if (run.broken) return this.say("The loss is not a number any more: the steps were too long, and the weights are ruined. " +
        "Take a smaller learning rate, then press “Train”.");
      this.count();
      if (said.held) this.tell(this.verdict(...said.held));
    }

    count() {
      const run = this.run, speed = run ? run.step / run.seconds : 0;
      this.find(".training-count").textContent = run && run.step ? `Step ${steps(run.step)}, ` +
        `${run.seconds.toFixed(0)} s, ${speed.toFixed(speed < 10 ? 1 : 0)} steps a second.` : "";
    }

    verdict(step, held) {
      const run = this.run, apart = Math.abs(held - run.bigram).toFixed(2);
      const place = held < run.bigram ? `${apart} better than counting pairs of neighbours`
        : `${apart} worse than counting pairs of neighbours`;
      return `After ${steps(step)} steps: ${held.toFixed(2)} bits per character on held-out text, ${place} (${run.bigram.toFixed(2)}).`;
    }

    samples(all) {
      const parts = PARTS[this.source];
      const flat = (text) => parts ? text.split(/\s+/).filter(Boolean).join(parts) : text.replaceAll("\n", "↵");
      const kept = all.filter((_, i) => i >= all.length - 3 || (i > 0 && (i & (i - 1)) === 0) || i === 0).slice(-6);
      this.find(".training-samples").replaceChildren(...kept.reverse().map(([step, text]) => {
        const row = document.createElement("li"), when = document.createElement("span");
        const what = document.createElement("q");
        when.textContent = `step ${steps(step)}`;
        what.textContent = flat(text);
        row.append(when, what);
        return row;
      }));
    }

    end() {
      if (this.run?.held.length) this.earlier = [...this.earlier, this.run].slice(-3);
      this.run = null;
      this.state = "off";
      this.count();
      this.buttons();
    }

    reset() {
      this.end();
      this.slider.value = this.slider.defaultValue;
      this.find(".training-seed").value = this.find(".training-seed").defaultValue;
      this.label();
      this.samples(this.recorded?.samples ?? []);
      this.say("Begin again when you like. The last run stays as a pale curve.");
      this.tell("");
      this.draw();
    }

    // Means of ten steps, and the last ones as they are.
    means(losses, of = 10) {
      const points = [];
      for (let at = 0; at < losses.length; at += of) {
        const some = losses.slice(at, at + of);
        points.push([at + some.length / 2, some.reduce((a, b) => a + b, 0) / some.length]);
      }
      return points;
    }

    draw() {
      const run = this.run, recorded = this.recorded;
      const pale = [...this.earlier, ...(recorded ? [recorded] : [])];
      const all = [...pale, ...(run ? [run] : [])];
      const chart = this.find(".training-chart");
      if (!all.length) return chart.replaceChildren();
      const reached = Math.max(...all.map((each) => each.step ?? each.held.at(-1)[0]), 1);
      let nSteps = 1000;
      while (nSteps < reached) nSteps *= 2;
      const first = run ?? recorded ?? pale.at(-1);
      const high = Math.max(first.alphabet, first.held[0]?.[1] ?? 0);
      const lowest = Math.min(first.bigram, ...all.flatMap((each) => each.held.map(([, bits]) => bits)));
      const low = Math.max(0, Math.floor(lowest - 0.3));
      const x = (step) => (LEFT + ((RIGHT - LEFT) * step) / nSteps).toFixed(1);
      const y = (bits) => (BOTTOM - ((BOTTOM - TOP) * (Math.min(bits, high) - low)) / (high - low)).toFixed(1);
      const line = (points, kind) => drawn("path", { class: kind,
        d: points.length ? "M" + points.map(([a, b]) => `${x(a)} ${y(b)}`).join("L") : "" });
      const svg = drawn("svg", { viewBox: "0 0 640 290", "aria-hidden": "true" });
      for (let bits = low; bits <= high; bits++) {
        svg.append(drawn("path", { class: "training-grid", d: `M${LEFT} ${y(bits)}H${RIGHT}` }),
          drawn("text", { x: LEFT - 8, y: Number(y(bits)) + 4, "text-anchor": "end" }, String(bits)));
      }
      for (let i = 0; i <= 4; i++)
        svg.append(drawn("text", { x: x((nSteps * i) / 4), y: BOTTOM + 20, "text-anchor": "middle" }, steps((nSteps * i) / 4)));
      svg.append(drawn("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 37, "text-anchor": "middle" }, "step"),
        drawn("path", { class: "training-bigram", d: `M${LEFT} ${y(first.bigram)}H${RIGHT}` }));
      for (const each of pale) {
        const means = each === recorded
          ? each.losses.map((bits, i) => [(i + 0.5) * this.payload.mean_of, bits]) : this.means(each.losses);
        svg.append(line(means, "training-was"), line(each.held, "training-was training-was-held"));
      }
      if (run) {
        svg.append(line(this.means(run.losses), "training-loss"), line(run.held, "training-held"));
        for (const [step, bits] of run.held)
          svg.append(drawn("circle", { class: "training-dot", cx: x(step), cy: y(bits), r: 3 }));
        run.rates.forEach(([step, lr], i) => {
          if (i) svg.append(drawn("path", { class: "training-change", d: `M${x(step)} ${TOP}V${BOTTOM}` }));
          const near = Number(x(step)) > RIGHT - 60;
          if (i) svg.append(drawn("text", { class: "training-rate", x: Number(x(step)) + (near ? -4 : 4),
            y: TOP + 10 + 14 * (i % 3), "text-anchor": near ? "end" : "start" }, `lr ${lr}`));
        });
      }
      chart.replaceChildren(svg);
    }
  }

  document.querySelectorAll("figure.training").forEach((figure) => new Training(figure));
})();
