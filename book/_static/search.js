// Looks through the words of the whole book (search-index.js, which tools/website/search.py writes):
// a section, a figure or a term for each result, with a line of it. No library, no request.
"use strict";
{
  const MOST = 40; // results that are shown
  const HAN = /[\u3400-\u9fff]+/;
  const field = document.querySelector(".bd-search-container input");
  const place = document.getElementById("search-results");
  const [status, list, help] = ["p", "ol", "div"].map((name) => document.createElement(name));
  status.setAttribute("role", "status");
  help.append(document.getElementById("search-help").content);
  place.append(status, list, help);

  const { pages, parts } = searchIndex;
  const book = parts.map(([page, anchor, title, text, names, kind]) =>
    ({ page, anchor, title, text, names, kind, head: pages[page][1] }));

  // ---------- what was asked

  const escaped = (word) => word.replace(/[.*+\-?^${}()|[\]\\]/g, "\\$&");

  // "optimizers" finds optimiser, "behavior" behaviour; a plural finds what there is one of.
  function spellings(word) {
    const stem = /^[a-z]{4,}[^s]s$/i.test(word) ? word.slice(0, -1) : word;
    return escaped(stem).replace(/[sz]/gi, "[sz]").replace(/ou?r$/i, "ou?r")
      .replaceAll("\\.", "\\.(?:\\w+\\.)*"); // lessons.nn finds lessons.engine.nn
  }

  // A word is found where a word begins with it; Chinese, which has no spaces, anywhere.
  const finder = (word) => HAN.test(word) ? new RegExp(escaped(word), "giu")
    : new RegExp(`(?<![\\p{L}\\p{N}])${spellings(word)}`, "giu");

  const SMALL = /^(an?|and|are|as|at|be|by|can|do|does|for|from|how|i|in|is|it|of|on|or|that|the|to|what|when|why|with)$/i;
  function wordsOf(query) {
    const words = query.normalize("NFKC").split(/[\s,;:“”"‘’'?!()\[\]–—-]+/)
      .flatMap((word) => word.split(/([\u3400-\u9fff]+)/)).filter(Boolean);
    const telling = words.filter((word) => !SMALL.test(word));
    return telling.length ? telling : words;
  }

  // ---------- what fits, the best first

  const count = (text, pattern, most) => Math.min(text.match(pattern)?.length ?? 0, most);

  function score(part, patterns, whole, query) {
    let sum = 0;
    for (const pattern of patterns) {
      const found = 20 * count(part.title, pattern, 1) + count(part.text, pattern, 5)
        + 3 * count(part.names, pattern, 1) + 2 * count(part.head, pattern, 1) * !part.anchor;
      if (!found) return 0;
      sum += found;
    }
    const title = part.title || part.head;
    if (whole) sum += 60 * whole.test(title) + 8 * count(part.text, new RegExp(whole, "giu"), 3);
    if (title.toLowerCase() === query.toLowerCase()) sum += 500;
    if (whole && new RegExp(`^${whole.source}s?$`, "iu").test(title)) sum += 100;
    return sum + (part.kind === "term" && sum > 60 ? 100 : 0);
  }

  function search(words, query = words.join(" ")) {
    const patterns = words.map(finder);
    const whole = words.length && new RegExp(`(?<![\\p{L}\\p{N}])${words.map(spellings).join("[-–\\s]?")}`, "iu");
    const anywhere = words.length === 1 && HAN.test(words[0]) ? new RegExp(`${escaped(words[0])}[^.]*\\.`, "u") : null;
    return book.map((part) => ({ part, patterns, score: score(part, patterns, whole, query)
        + (anywhere && part.kind === "term" && part.text.search(anywhere) === 0 ? 200 : 0) }))
      .filter((found) => found.score).sort((a, b) => b.score - a.score);
  }

  // ---------- what was meant, where nothing fits

  let vocabulary = null;
  function known() {
    vocabulary ??= [...new Set(book.flatMap(({ title, text, names }) =>
      `${title} ${text} ${names}`.toLowerCase().match(/[a-z][a-z_]{2,}/g) ?? []))];
    return vocabulary;
  }

  // Letters to change, add, leave out or swap; more than `most` are not counted.
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let [before, last] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] !== b[j - 1]));
        if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[b.length];
  }

  function nearest(word) {
    if (word.length < 4) return undefined; // too much is near
    const most = word.length < 6 ? 1 : 2;
    const near = known().map((other) => [distance(word.toLowerCase(), other, most), other])
      .filter(([far]) => far <= most);
    return near.sort((a, b) => a[0] - b[0])[0]?.[1];
  }

  // ---------- an answer

  // In a Chinese question, the English name of what it asks for is searched as well.
  function answer(query) {
    const words = wordsOf(query);
    let found = search(words, query);
    const term = HAN.test(query) && found[0]?.part.kind === "term" ? found[0].part.title : "";
    if (term) {
      const seen = new Set(found.map(({ part }) => part));
      found = [...found, ...search(wordsOf(term)).filter(({ part }) => !seen.has(part))];
      return { found, words: `; “${term}” was searched too` };
    }
    if (found.length || !words.length) return { found, words: "" };
    const missing = words.filter((word) => !search([word]).length);
    const mended = missing.map(nearest);
    if (missing.length && mended.every(Boolean)) {
      const better = words.map((word) => mended[missing.indexOf(word)] ?? word);
      found = search(better);
      if (found.length) return { found, words: ` for “${better.join(" ")}”: nothing has “${missing.join("”, “")}”` };
    }
    const some = words.flatMap((word) => word.split(".")).filter((word) => word.length > 1 && search([word]).length);
    const sums = new Map();
    for (const word of some)
      for (const one of search([word])) {
        const kept = sums.get(one.part);
        sums.set(one.part, kept ? { ...one, patterns: [...kept.patterns, ...one.patterns], score: kept.score + one.score + 50 } : one);
      }
    found = [...sums.values()].sort((a, b) => b.score - a.score);
    return { found, words: found.length ? " for some of these words: no place has all of them" : "" };
  }

  // ---------- what is shown

  function make(name, text, lang = "") {
    const made = Object.assign(document.createElement(name), { textContent: text });
    if (lang) made.lang = lang;
    return made;
  }

  // A text whose found words are marked, and whose Chinese says that it is.
  function marked(text, patterns) {
    const any = patterns.map(({ source }) => source).join("|");
    return text.split(new RegExp(`(${any}|${HAN.source})`, "iu")).filter(Boolean).map((words) => {
      const lang = HAN.test(words) ? "zh" : "";
      if (new RegExp(`^(?:${any})$`, "iu").test(words)) return make("mark", words, lang);
      return lang ? make("span", words, lang) : words;
    });
  }

  function excerpt({ part: { text, names }, patterns }) {
    const at = patterns.map((pattern) => text.search(pattern)).find((place) => place >= 0);
    if (at === undefined) {
      const used = names.split(" ").filter((name) => patterns.some((pattern) => name.search(pattern) >= 0));
      return used.length ? `In code: ${used.slice(0, 6).join(", ")}` : text.slice(0, 160);
    }
    const from = at < 90 ? 0 : text.indexOf(" ", at - 80) + 1;
    const to = text.length < from + 220 ? text.length : text.lastIndexOf(" ", from + 220);
    return `${from ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
  }

  function item(found) {
    const { part } = found;
    const [line, link, words] = ["li", "a", "p"].map((name) => make(name, ""));
    const [page] = pages[part.page];
    link.href = `${page}.html${part.anchor ? `#${encodeURIComponent(part.anchor)}` : ""}`;
    link.append(part.head, ...(part.title ? [` › ${part.title}`] : []));
    if (part.kind === "figure") link.append(" (a figure to move)");
    words.className = "context";
    words.append(...marked(excerpt(found), found.patterns));
    line.append(link, words);
    return line;
  }

  function show() {
    const query = field.value.trim();
    const { found, words } = answer(query);
    list.replaceChildren(...found.slice(0, MOST).map(item));
    status.textContent = !query ? "" : `${found.length || "No"} ${found.length === 1 ? "place" : "places"}${words}`
      + `${found.length > MOST ? `; the first ${MOST} are shown` : ""}.`;
    help.hidden = !query || found.length > 0;
    document.title = `${query ? `${query} – ` : ""}${document.title.split(" – ").at(-1)}`;
  }

  // ---------- by keyboard: arrows walk from the field through the results, Escape leads back

  addEventListener("keydown", (event) => {
    const links = [field, ...list.querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (here < 0 || (!step && event.key !== "Escape") || (event.key === "Escape" && here === 0)) return;
    event.preventDefault();
    links[step ? Math.min(Math.max(here + step, 0), links.length - 1) : 0].focus();
  });

  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200); // not for every letter
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    history.replaceState(null, "", `?q=${encodeURIComponent(field.value.trim())}`);
    show();
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus(); // to type at once
  show();
}
