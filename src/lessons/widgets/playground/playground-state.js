// What the playground remembers and reads: the address, and earlier runs.
// Nothing here touches the page. No library, no request.
"use strict";

window.lessonsPlayground ??= {};

(() => {
  const FEWEST_POINTS = 4, MOST_POINTS = 500, MOST_LINKED = 6000; // own points, and their characters in an address
  const MOST_CHARACTERS = 40_000; // of an address
  const POINTS = ["points", "features", "labels"];
  const WHOLE = ["n", "seed", "batch"];
  const RUNS = "training-large-models/playground"; // the place of earlier runs in this browser
  const MOST_RUNS = 8, MOST_KEPT = 240; // runs, and the points of each

  class Refused extends Error {}
  const refuse = (text) => { throw new Refused(text); };
  const shorten = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

  // ---- settings: as in lessons.playground.settings, from which `options` come

  // All defaults that fit the data and the optimiser.
  function defaultsFor(chosen, options) {
    const find = (list, name, what) => list.find((each) => each.name === name) ??
      refuse(`${what} cannot be “${shorten(String(name))}”`);
    const data = find(options.data, chosen.data ?? options.data[0].name, "data");
    const base = { ...data.defaults };
    const optimizer = find(options.optimizers, chosen.optimizer ?? base.optimizer, "optimizer");
    return { ...base, optimizer: optimizer.name, ...optimizer.defaults };
  }

  const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // The part of an address behind #: what differs from the defaults, as lessons.playground.address.
  function write(experiment, options) {
    const base = defaultsFor(experiment, options);
    const usual = options.data.find((each) => each.name === experiment.data).defaults;
    const words = { data: experiment.data };
    for (const name of Object.keys(base)) {
      const now = experiment[name];
      const isUsual = name === "optimizer" ? now === usual.optimizer : isSame(now, base[name]);
      if (isUsual || name === "data" || (name === "n" && experiment.points)) continue;
      words[name] = Array.isArray(now) ? now.join("-") : String(now);
    }
    if (experiment.points) {
      const { x, y, labels, features } = experiment.points;
      words.points = x.map((row, i) => [...row, y[i]].map((v) => Number(v.toPrecision(6))).join(",")).join(";");
      if (features) words.features = features.join(",");
      if (labels) words.labels = labels.join(",");
      if (words.points.length > MOST_LINKED) delete words.points;
    }
    return Object.entries(words).map(([name, text]) =>
      `${name}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3B/g, ";")}`).join("&");
  }

  // The experiment of an address, null if it names none; throws `Refused` with one sentence.
  function read(hash, options) {
    const text = hash.replace(/^#/, "").replaceAll("&amp;", "&"); // some programs escape links twice
    if (!text.includes("=")) return null;
    try {
      if (text.length > MOST_CHARACTERS) refuse("it is too long");
      const pairs = [...new URLSearchParams(text)], chosen = Object.fromEntries(pairs);
      if (Object.keys(chosen).length < pairs.length) refuse("it sets the same thing twice");
      const base = defaultsFor(chosen, options);
      const found = { ...base };
      for (const [name, value] of Object.entries(chosen)) {
        if (POINTS.includes(name)) continue;
        if (!Object.hasOwn(base, name)) refuse(`there is no setting “${shorten(name)}”`);
        found[name] = setting(name, value, options, chosen);
      }
      if (found.data === "own") {
        found.points = pointsOf(chosen);
        found.n = found.points.x.length;
      }
      if (found.data === "own" && !chosen.labels && !chosen.loss) found.loss = "squared";
      return found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(`This link cannot be opened: ${error.message}. ` +
        "Here is the usual experiment instead.");
    }
  }

  const LISTS = { activation: "activations", optimizer: "optimizers", data: "data" };

  function setting(name, text, options, { data }) {
    if (name === "layers") return widths(text, options.limits);
    if (name === "loss") {
      const { losses } = options.data.find((each) => each.name === (data ?? options.data[0].name));
      return losses.includes(text) ? text : refuse(`the loss cannot be “${shorten(text)}” here`);
    }
    if (LISTS[name]) {
      const isKnown = options[LISTS[name]].some((each) => each.name === text);
      return isKnown ? text : refuse(`${name} cannot be “${shorten(text)}”`);
    }
    return number(name, text, options.limits[name]);
  }

  function number(name, text, [low, high]) {
    const value = text.trim() === "" ? NaN : Number(text);
    const isWhole = WHOLE.includes(name), isOwn = name === "n" && value === 0;
    if (!isOwn && (!(value >= low && value <= high) || (isWhole && value % 1))) {
      refuse(`${name} must be a ${isWhole ? "whole " : ""}number from ${low} to ${high}, not “${shorten(text)}”`);
    }
    return value;
  }

  function widths(text, limits) {
    if (text === "") return [];
    const found = text.split("-").map(Number), [low, high] = limits.units;
    const isGood = found.length <= limits.layers[1] && found.every((w) => w >= low && w <= high && w % 1 === 0);
    return isGood ? found : refuse(`layers must be up to ${limits.layers[1]} whole numbers from ${low} to ${high}, ` +
      `such as 8-8, not “${shorten(text)}”`);
  }

  // Own points, "x,y,class;…"; Python checks them once more.
  function pointsOf({ points, labels, features }) {
    if (!points) refuse("it has no points; there were too many for a link");
    const rows = points.split(";").map((row) => row.split(",").map((cell) => (cell ? Number(cell) : NaN)));
    const isTable = rows.length >= FEWEST_POINTS && rows.length <= MOST_POINTS && rows.every((row) => row.length === rows[0].length &&
      row.length > 1 && row.every(Number.isFinite));
    const names = labels?.split(",") ?? null;
    const y = rows.map((row) => row.at(-1));
    if (!isTable || (names && y.some((v) => !(v in names)))) refuse("its points are no points");
    return { x: rows.map((row) => row.slice(0, -1)), y, labels: names, ...(features ? { features: features.split(",") } : {}) };
  }

  // ---- earlier runs, kept in this browser

  const isRun = (run) => typeof run?.words === "string" && typeof run.link === "string" &&
    run.link.startsWith("#") && typeof run.kind === "string" &&
    Array.isArray(run.points) && run.points.length > 0 && run.points.every((p) => Array.isArray(p) &&
      p.length === 3 && p.every((v) => v === null || Number.isFinite(v)));

  function loadRuns() {
    try {
      const runs = JSON.parse(localStorage.getItem(RUNS) ?? "[]");
      return Array.isArray(runs) ? runs.filter(isRun).slice(-MOST_RUNS) : [];
    } catch {
      return [];
    }
  }

  // Keep the runs; false if this browser does not take them.
  function storeRuns(runs) {
    try {
      if (runs.length) localStorage.setItem(RUNS, JSON.stringify(runs.slice(-MOST_RUNS)));
      else localStorage.removeItem(RUNS);
      return !localStorage.trouble;
    } catch {
      return false;
    }
  }

  // A curve with so few points that it can be kept: step and both losses.
  function thinned(points) {
    const every = Math.ceil(points.length / MOST_KEPT);
    return points.filter((_, i) => i % every === 0 || i === points.length - 1)
      .map(([step, training, validation]) => [step, training, validation]);
  }

  Object.assign(window.lessonsPlayground, {
    Refused, MOST_RUNS, RUNS, defaultsFor, write, read, loadRuns, storeRuns, thinned,
  });
})();
