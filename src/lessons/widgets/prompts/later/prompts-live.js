// A text and what the small GPT makes of it. All pictures are drawn from what Python said of the
// text: temperature, top-k and top-p move here, from its logits, as `lessons.gpt.choosing` does it.
"use strict";

(() => {
  const { runtime } = window.lessonsLater;
  const MODULE = "lessons.live.prompt", WEIGHTS = "studies/page_gpt/weights.npz";
  const MOST = 20_000, MOST_NEW = 300; // characters that are sent, tokens that are written
  const KS = [1, 2, 3, 5, 10, 20, 50, 100, null];
  const RECORDED = "This text was read when the book was made.";
  const LOST = "Your text stands here still: press “Read my text” to go on.";

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
  const visible = (token) => token.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥");
  const percent = (p) => `${(100 * p).toFixed(1)}\u202f%`;

  // As lessons.gpt.choosing.probabilities: the same order of the same operations.
  function probabilities(logits, temperature, k, p) {
    const n = logits.length, max = Math.max(...logits), chosen = new Float64Array(n);
    if (temperature === 0) {
      chosen[logits.indexOf(max)] = 1;
      return chosen;
    }
    const e = Array.from(logits, (z) => Math.exp((z - max) / temperature));
    const sum = e.reduce((a, b) => a + b, 0);
    if (k === null && p === 1) return Float64Array.from(e, (x) => x / sum); // no order is needed
    const order = [...e.keys()].sort((i, j) => e[j] - e[i] || i - j);
    let sorted = order.map((i) => e[i] / sum);
    const again = () => {
      const all = sorted.reduce((a, b) => a + b, 0);
      sorted = sorted.map((x) => x / all);
    };
    if (k !== null) {
      sorted.fill(0, k);
      again();
    }
    if (p < 1) {
      let before = 0;
      sorted = sorted.map((x) => {
        const kept = before < p ? x : 0;
        before += x;
        return kept;
      });
      again();
    }
    order.forEach((i, place) => (chosen[i] = sorted[place]));
    return chosen;
  }

  class Prompt {
    constructor(figure) {
      this.figure = figure;
      this.find = (selector) => figure.querySelector(selector);
      this.text = this.find("textarea");
      this.sliders = Object.fromEntries(
        [...figure.querySelectorAll("[data-key]")].map((input) => [input.dataset.key, input]));
      this.recorded = JSON.parse(this.find('script[type="application/json"]').textContent);
      this.python = null;
      this.life = -1; // of the worker that has read the text
      this.wanted = null; // a text that waits to be read
      this.writing = false;
      this.colours = getComputedStyle(figure);
      this.take(this.recorded);
      figure.dataset.awake = "true";
      figure.addEventListener("input", (event) => this.input(event));
      figure.addEventListener("click", (event) => this.click(event));
      figure.addEventListener("keydown", (event) => this.key(event));
      const tokens = this.find(".prompt-tokens");
      tokens.addEventListener("pointerover", (event) => this.over(event));
      tokens.addEventListener("focusin", (event) => this.over(event));
      new MutationObserver(() => this.maps()).observe(
        document.documentElement, { attributeFilter: ["data-theme"] });
      if (figure.dataset.wanted) this.do(figure.dataset.wanted);
      else if (this.text.value !== this.recorded.text) this.edited();
    }

    say(words) {
      const status = this.find(".prompt-status");
      if (status.textContent !== words) status.textContent = words;
    }

    settings() {
      return { temperature: this.sliders.temperature.value / 20,
        top_k: KS[this.sliders.top_k.value], top_p: this.sliders.top_p.value / 20 };
    }

    get seed() {
      const seed = Math.floor(Number(this.find(".prompt-seed").value));
      return seed >= 0 && seed <= 999_999 ? seed : 0;
    }

    // What Python said of a text, or of one token more.
    take(said) {
      delete this.figure.dataset.empty;
      const [n_layers, n_heads] = said.heads;
      const values = new Uint16Array(bytes(said.rows));
      this.rows = said.first ? this.rows.slice(0, said.first) : [];
      for (let t = said.first, place = 0; t < said.tokens.length; t++) {
        this.rows.push(values.subarray(place, (place += n_layers * n_heads * (t + 1))));
      }
      this.said = { ...said, logits: new Float64Array(new Float32Array(bytes(said.logits))) };
      this.at = said.tokens.length - 1;
      this.chips();
      this.bars();
      this.maps();
      this.look();
    }

    chips() {
      const place = this.find(".prompt-tokens");
      const focused = [...place.querySelectorAll(".prompt-token")].indexOf(document.activeElement);
      place.replaceChildren(...this.said.tokens.map(([id, text], t) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.className = "prompt-token";
        chip.textContent = visible(text);
        chip.title = `token ${id}`;
        chip.tabIndex = t === this.at ? 0 : -1;
        return chip;
      }));
      if (this.said.before) {
        const note = document.createElement("span");
        note.className = "prompt-before";
        note.textContent = `${this.said.before.toLocaleString("en")} earlier tokens are out of sight …`;
        place.prepend(note);
      }
      this.chip = [...place.querySelectorAll(".prompt-token")];
      if (focused >= 0) this.chip[Math.min(focused, this.at)].focus({ preventScroll: true });
    }

    bars() {
      const { temperature, top_k, top_p } = this.settings();
      const own = probabilities(this.said.logits, 1, null, 1);
      const chosen = probabilities(this.said.logits, temperature, top_k, top_p);
      const most = Math.max(...this.said.top.flatMap(([id]) => [own[id], chosen[id]]));
      const full = [0.25, 0.5, 1].find((each) => most <= each) ?? 1;
      this.find(".prompt-scale").textContent = `bars up to ${100 * full}\u202f%`;
      const rows = this.said.top.map(([id, text]) => {
        const row = document.createElement("li"), name = document.createElement("code");
        const bar = this.find(".prompt-bar").cloneNode(true), value = document.createElement("span");
        name.textContent = visible(text);
        bar.querySelector(".prompt-own").setAttribute("width", (100 * own[id]) / full);
        bar.querySelector(".prompt-chosen").setAttribute("width", (100 * chosen[id]) / full);
        value.textContent = percent(chosen[id]);
        row.classList.toggle("prompt-cut", chosen[id] === 0);
        row.append(name, bar, value);
        return row;
      });
      this.find(".prompt-bars").replaceChildren(...rows);
      const n = chosen.reduce((sum, p) => sum + (p > 0), 0);
      const best = this.said.top[0];
      this.find(".prompt-said").textContent = `Most likely: “${visible(best[1])}”, ` +
        `${percent(chosen[best[0]])}. ${n.toLocaleString("en")} of ` +
        `${chosen.length.toLocaleString("en")} tokens can be drawn.`;
      const texts = { temperature: String(temperature), top_k: top_k === null ? "all" : String(top_k),
        top_p: String(top_p) };
      for (const [key, input] of Object.entries(this.sliders)) {
        input.setAttribute("aria-valuetext", texts[key]);
        input.nextElementSibling.textContent = texts[key];
      }
    }

    // The weight of token s for token t, in the head of a block.
    weight(i, j, t, s) {
      return this.rows[t][(i * this.said.heads[1] + j) * (t + 1) + s] / 10_000;
    }

    maps() {
      const n = this.rows.length, page = document.createElement("canvas").getContext("2d");
      page.fillStyle = this.colours.getPropertyValue("--c-train").trim(); // read once: as #rrggbb
      const colour = [1, 3, 5].map((at) => parseInt(page.fillStyle.slice(at, at + 2), 16));
      for (const radio of this.figure.querySelectorAll(".prompt-heads input")) {
        const [i, j] = radio.value.split(",").map(Number);
        const place = radio.nextElementSibling;
        const canvas = place.querySelector("canvas") ?? document.createElement("canvas");
        canvas.width = canvas.height = n;
        const pen = canvas.getContext("2d"), image = pen.createImageData(n, n);
        for (let t = 0; t < n; t++)
          for (let s = 0, at = 4 * t * n; s <= t; s++, at += 4) {
            [image.data[at], image.data[at + 1], image.data[at + 2]] = colour;
            image.data[at + 3] = 255 * Math.sqrt(this.weight(i, j, t, s));
          }
        pen.putImageData(image, 0, 0);
        if (place.firstElementChild !== canvas) place.replaceChildren(canvas);
      }
    }

    look() {
      const [i, j] = this.find(".prompt-heads input:checked").value.split(",").map(Number);
      const weights = this.chip.map((_, s) => (s <= this.at ? this.weight(i, j, this.at, s) : 0));
      this.chip.forEach((chip, s) => {
        chip.style.setProperty("--weight", `${(70 * Math.sqrt(weights[s])).toFixed(0)}%`);
        chip.classList.toggle("prompt-looking", s === this.at);
        chip.tabIndex = s === this.at ? 0 : -1;
      });
      const order = weights.map((w, s) => [w, s]).filter(([w]) => w >= 0.01)
        .sort((a, b) => b[0] - a[0]).slice(0, 3);
      const name = (s) => `“${visible(this.said.tokens[s][1])}”`;
      this.find(".prompt-look").textContent = `Block ${i + 1}, head ${j + 1}: token ${this.at + 1}, ` +
        `${name(this.at)}, looks at ` + order.map(([w, s]) => `${s === this.at ? "itself" : name(s)} ` +
        `with ${(100 * w).toFixed(0)}\u202f%`).join(", ") + ".";
    }

    over(event) {
      const t = this.chip.indexOf(event.target);
      if (t < 0 || t === this.at) return;
      this.at = t;
      this.look();
    }

    key(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (!step || !event.target.matches(".prompt-token")) return;
      event.preventDefault();
      this.chip[Math.min(Math.max(this.at + step, 0), this.chip.length - 1)].focus();
    }

    input(event) {
      if (event.target === this.text) this.edited();
      else if (event.target.dataset.key) this.bars();
      else if (event.target.type === "radio") this.look();
      else if (event.target.matches(".prompt-seed") && this.ready) this.edited();
      this.find('[data-do="reset"]').disabled = false;
    }

    click(event) {
      const button = event.target.closest("[data-do]");
      if (button && !button.disabled) this.do(button.dataset.do);
    }

    do(what) {
      if (what === "start") this.start();
      if (what === "write") this.writing ? this.pause() : this.write();
      if (what === "back") this.edited();
      if (what === "reset") this.reset();
    }

    get ready() {
      return this.python !== null && this.life === this.python.life;
    }

    buttons() {
      this.find('[data-do="start"]').hidden = this.ready || this.starting;
      const write = this.find('[data-do="write"]');
      write.disabled = !this.ready;
      write.textContent = this.writing ? "Pause" : "Write on";
      this.find('[data-do="back"]').disabled = !this.ready || !this.written;
      this.find(".prompt-progress").hidden = !this.starting;
    }

    async start() {
      if (this.starting) return;
      this.starting = true;
      this.say("Python starts …");
      this.buttons();
      let message = "";
      try {
        this.python ??= this.follow((await runtime()).kernel());
        const brought = await this.python.bring(WEIGHTS);
        message = brought.message;
        if (brought.ok) this.life = this.python.life;
      } catch {
        message = "The script for Python did not arrive: check the network, then press the button again.";
      }
      this.starting = false;
      if (message) this.say(message);
      else this.edited();
      this.find('[data-do="reset"]').disabled = false;
      this.buttons();
    }

    // The kernel is shared with the rest of the page: it may end at any moment.
    follow(python) {
      python.addEventListener("progress", () => (this.find(".prompt-progress").value = python.share));
      python.addEventListener("state", () => {
        if (this.starting) this.say(python.message || "Python starts …");
        else if (this.life >= 0 && this.life !== python.life) this.lost();
      });
      return python;
    }

    lost() {
      [this.life, this.writing, this.written] = [-1, false, false];
      const start = this.find('[data-do="start"]');
      start.textContent = "Read my text";
      this.say(`Python was ended. ${LOST}`);
      this.buttons();
    }

    // The reader's text has changed: read it, and of several waiting texts the last one.
    async edited() {
      this.writing = this.written = false;
      this.wanted = this.text.value;
      if (!this.ready) {
        if (!this.starting)
          this.say(this.wanted === this.said.text ? RECORDED : "Press “Read my text” to see what the model makes of it.");
        return;
      }
      if (this.reading) return;
      this.reading = this.find(".prompt-tokens").ariaBusy = true;
      while (this.wanted !== null) {
        const text = this.wanted;
        this.wanted = null;
        if (!text) {
          this.figure.dataset.empty = "true"; // what stands there is of another text
          this.say("Type one character at least: the model continues a text.");
          continue;
        }
        const answer = await this.ask("read", { text: text.slice(-MOST), seed: this.seed });
        if (!answer.ok) continue;
        this.take({ ...answer.value, text });
        this.say(this.about(text));
      }
      this.reading = this.find(".prompt-tokens").ariaBusy = false;
      this.buttons();
    }

    about(text) {
      const n = this.said.tokens.length + this.said.before;
      const odd = this.said.tokens.filter(([, token]) => /^<[0-9A-F·]+>$/.test(token)).length;
      const words = [text.length > MOST ? `Only the last ${MOST.toLocaleString("en")} characters were read.`
        : `${n.toLocaleString("en")} token${n === 1 ? "" : "s"}.`];
      if (this.said.before)
        words.push(`The model sees the last ${this.said.tokens.length} only.`);
      if (odd)
        words.push(`${odd} are parts of characters that it hardly ever saw: expect little.`);
      return words.join(" ");
    }

    async ask(name, argument) {
      const answer = await this.python.ask(MODULE, name, argument);
      if (!answer.ok && this.ready) this.say(answer.message.split("\n").at(-1));
      return answer;
    }

    async write() {
      if (!this.ready || this.writing) return;
      if (!this.written) await this.edited();
      if (!this.text.value) return;
      this.writing = this.written = true;
      this.buttons();
      this.find(".prompt-halves").ariaBusy = true; // not every token is read aloud
      let n = 0;
      for (; this.writing && n < MOST_NEW; n++) {
        const answer = await this.ask("write", this.settings());
        if (!answer.ok || !this.written) break;
        this.take(answer.value);
      }
      if (this.written) this.say(`${n} token${n === 1 ? "" : "s"} written${n < MOST_NEW ? "" : ", the most at a time"}.`);
      this.pause();
    }

    pause() {
      this.writing = false;
      this.find(".prompt-halves").ariaBusy = false;
      this.buttons();
    }

    reset() {
      this.text.value = this.recorded.text;
      this.find(".prompt-seed").value = this.recorded.seed;
      for (const input of Object.values(this.sliders)) input.value = input.dataset.default;
      this.take(this.recorded);
      if (this.ready) this.edited();
      else this.say(RECORDED);
      this.find('[data-do="reset"]').disabled = true;
    }
  }

  document.querySelectorAll("figure.prompt").forEach((figure) => new Prompt(figure));
})();
