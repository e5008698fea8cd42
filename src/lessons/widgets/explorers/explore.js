// Replays the recorded states of every explorer on the page; one whose cell ran in the page asks
// Python for its states. No library, no request.
"use strict";

(() => {
  const PLAY_MS = 120;
  const CANNOT_UNPACK =
    "The controls are off: this browser cannot unpack the other states; one of 2023 or later can.";
  const NARROW = matchMedia("(max-width: 30rem)"); // as in explore.css: one panel at a time

  const MOST_KEPT = 300; // states of a figure that Python draws
  const settings = new Map(); // of each name: what was chosen last, for when its cell runs again

  const SVG = "http://www.w3.org/2000/svg", XLINK = "http://www.w3.org/1999/xlink";
  const ELEMENTS = new Set(["g", "path", "use", "text", "tspan", "defs", "pattern", "rect", "image"]);
  const ATTRIBUTES = new Set(["id", "d", "x", "y", "width", "height", "points", "transform", "style", "clip-path",
    "opacity", "fill", "patternUnits"]);
  const INNER = /^(#|data:image\/png)/; // what a drawing may refer to
  const PIECES = /<(\/?)([\w:]+)([^>]*?)(\/?)>|([^<]+)/g, PAIRS = /([\w:-]+)="([^"]*)"/g;
  const SIGNS = { lt: "<", gt: ">", quot: '"', amp: "&" };
  const plain = (text) => text.replace(/&(lt|gt|quot|amp);/g, (_, name) => SIGNS[name]);

  // What matplotlib drew, element by element: a state may come from a reader's code, and nothing
  // but the few kinds that a drawing needs gets into the page.
  function built(state) {
    const open = [document.createElementNS(SVG, "g")];
    for (const [, isEnd, name, attributes, isEmpty, text] of state.matchAll(PIECES)) {
      if (text) open.at(-1).append(plain(text));
      else if (isEnd) open.length > 1 && open.pop();
      else {
        const element = document.createElementNS(SVG, ELEMENTS.has(name) ? name : "g");
        for (const [, key, value] of attributes.matchAll(PAIRS)) {
          if (ATTRIBUTES.has(key)) element.setAttribute(key, plain(value));
          else if (key === "xlink:href" && INNER.test(value)) element.setAttributeNS(XLINK, key, value);
        }
        open.at(-1).append(element);
        if (!isEmpty) open.push(element);
      }
    }
    return [...open[0].childNodes];
  }

  const drawn = new WeakMap(); // of each group: its states so far, by their texts

  function draw(group, state) {
    if (!drawn.has(group)) drawn.set(group, new Map());
    const known = drawn.get(group);
    if (known.size > MOST_KEPT) known.clear();
    if (!known.has(state)) known.set(state, typeof state === "string" ? built(state) : state);
    group.replaceChildren(...known.get(state));
  }

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  function start(figure) {
    const live = Number(figure.dataset.live ?? 0);
    const inputs = [...figure.querySelectorAll("[data-key]")];
    const fields = [...inputs, ...figure.querySelectorAll(".explorer-play, .explorer-reset")];
    const panels = figure.querySelector(".explorer-panels");
    const turns = [...figure.querySelectorAll(".explorer-turn")];
    const moving = [...figure.querySelectorAll("g.moving")];
    const sentence = figure.querySelector(".explorer-sentence");
    const payload = figure.querySelector('script[type="application/gzip+base64"]');
    const sizes = inputs.map((input) => (input.options ? input.options.length : +input.max + 1));
    const texts = inputs.map((input) =>
      input.options ? [...input.options].map((o) => o.textContent) : input.dataset.texts.split("\n"));
    let states = null;
    let asking = false;
    let loading = null;
    let player = null;
    let wanted = false;
    let inSight = 0; // the panel that a narrow screen shows

    function load() {
      loading ??= unpack(payload.textContent).then((record) => {
        states = record.states;
        const first = states[stateIndex((input) => input.dataset.default)];
        moving.forEach((group, i) => (group.shown = first[i]));
        figure.dataset.ready = "true";
        if (wanted) show();
      }, refuse);
      return loading;
    }

    // A label must not move where the picture cannot.
    function refuse() {
      stop();
      reset();
      fields.forEach((field) => (field.disabled = true));
      const note = figure.querySelector(".explorer-note");
      note.textContent = CANNOT_UNPACK;
      note.classList.remove("no-scripts");
    }

    // The last control changes fastest, as in Python's itertools.product.
    function stateIndex(chosen = (input) => input.value) {
      return inputs.reduce((index, input, i) => index * sizes[i] + Number(chosen(input)), 0);
    }

    // Python draws one state at a time, always the newest wish: a drag overtakes what it has passed.
    async function compute() {
      if (asking) return;
      asking = true;
      let index;
      do {
        index = stateIndex();
        const values = Object.fromEntries(inputs.map((input) => [input.dataset.key, +input.value]));
        const { ok, value, message } = await window.lessonsPython.kernel().ask(
          "lessons.widgets.explorers.page", "draw", { name: figure.dataset.name, number: live, values });
        const error = ok ? value.error : message;
        if (Object.keys(states).length > MOST_KEPT) states = {};
        if (!error) states[index] = value.state;
        paint(error ? [...moving.map(() => ""), error] : value.state, index);
      } while (stateIndex() !== index && !states[stateIndex()]);
      asking = false;
      if (stateIndex() !== index) show();
    }

    // Where a figure's cell ran again, or for the first time, it goes on where the reader was.
    function begin() {
      const first = stateIndex();
      states = { [first]: [...moving.map((group) => [...group.childNodes]), sentence.textContent] };
      settings.get(figure.dataset.name)?.forEach((text, i) => {
        const place = texts[i]?.indexOf(text) ?? -1;
        if (place >= 0) inputs[i].value = place;
      });
      figure.dataset.ready = "true";
      show();
    }

    function reset() {
      inputs.forEach((input) => (input.value = input.dataset.default));
    }

    function turn(panel, behavior) {
      panels.scrollTo({ left: panel * panels.clientWidth, behavior });
    }

    function label(input, i) {
      if (input.type !== "range") return;
      const text = texts[i][input.value];
      if (input.getAttribute("aria-valuetext") === text) return;
      input.setAttribute("aria-valuetext", text);
      input.nextElementSibling.textContent = text;
    }

    function show() {
      if (!states) {
        wanted = true;
        load();
        return;
      }
      inputs.forEach(label);
      settings.set(figure.dataset.name, inputs.map((input, i) => texts[i][input.value]));
      const index = stateIndex();
      if (live && !states[index]) compute();
      else paint(states[index], index);
    }

    function paint(state, index) {
      const changed = [];
      moving.forEach((group, i) => {
        if (group.shown === state[i]) return;
        group.shown = state[i];
        draw(group, state[i]);
        changed.push(i);
      });
      if (NARROW.matches && changed.length && !changed.includes(inSight)) turn(changed[0], "instant");
      sentence.textContent = state[moving.length];
      figure.dataset.state = index;
    }

    function stop() {
      if (!player) return;
      clearInterval(player.timer);
      sentence.setAttribute("aria-live", "polite"); // and what has been arrived at is said
      sentence.textContent = sentence.textContent;
      player.button.textContent = "Play";
      player.button.setAttribute("aria-label", player.label);
      player = null;
    }

    function play(button) {
      const input = button.parentElement.querySelector("[data-key]");
      const every = Number(input.dataset.every ?? 1);
      if (input.value === input.max) input.value = 0;
      player = { button, label: button.getAttribute("aria-label") };
      button.textContent = "Pause";
      button.setAttribute("aria-label", player.label.replace("Play", "Pause"));
      show();
      sentence.setAttribute("aria-live", "off"); // eight sentences a second are noise to who listens
      player.timer = setInterval(() => {
        input.value = Number(input.value) + every - (Number(input.value) % every);
        show();
        if (input.value === input.max) stop();
      }, PLAY_MS);
    }

    figure.addEventListener("input", () => {
      stop();
      show();
    });
    figure.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.matches(".explorer-turn")) {
        turn(turns.indexOf(button));
        return;
      }
      const playing = player && player.button === button;
      stop();
      if (button.matches(".explorer-play") && !playing) play(button);
      if (button.matches(".explorer-reset")) {
        reset();
        show();
      }
    });
    if (turns.length) panels.addEventListener("scroll", () => {
      inSight = Math.round(panels.scrollLeft / panels.clientWidth);
      turns.forEach((button, i) => button.setAttribute("aria-pressed", i === inSight));
    }, { passive: true });
    fields.forEach((field) => (field.disabled = false));
    if (live) {
      begin();
      return;
    }
    // Unpack shortly before the reader gets there: memory is only used for what is seen.
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      load();
    }, { rootMargin: "100%" }).observe(figure);
  }

  // The theme's menus and its search look through the whole page at every key, which costs more
  // than 1 ms. A key that moves a control is not for them.
  for (const type of ["keydown", "keyup"])
    window.addEventListener(type, (event) => {
      if (/^(Arrow|Home|End|Page)/.test(event.key) && event.target.closest?.("figure.explorer"))
        event.stopImmediatePropagation();
    }, true);

  // What a cell has shown in this page.
  document.addEventListener("lessons:shown", ({ detail }) =>
    detail.querySelectorAll("figure.explorer:not([data-ready])").forEach(start));

  const startAll = () => document.querySelectorAll("figure.explorer").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
