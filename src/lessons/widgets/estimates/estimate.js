// Turns operations into time on the machine that the reader has chosen. The choice is kept in this
// browser, and every estimate of the book follows it. No library, no request.
"use strict";

(() => {
  const KEY = "training-large-models/machine"; // a name of the list, or the rates of one's own
  const OWN = "own";
  const HELP = "Write it as python -m lessons.machines.card prints it, for example ";

  // From how many seconds on a unit is used, its length in seconds, its name: as in
  // lessons.words, which a test compares with this for every machine.
  const YEAR = 365.25 * 86400;
  const UNITS = [[2 * YEAR, YEAR, "years"], [2 * 86400, 86400, "days"], [2 * 3600, 3600, "hours"],
    [120, 60, "min"], [1, 1, "s"], [1e-3, 1e-3, "ms"], [0, 1e-6, "µs"]];
  const LARGE = [[1e9, "billion "], [1e6, "million "], [0, ""]];

  function duration(seconds) {
    const [, length, unit] = UNITS.find(([from]) => seconds >= from);
    const [size, word] = LARGE.find(([from]) => seconds / length >= from);
    const value = Number((seconds / length / (size || 1)).toPrecision(2));
    return `${value.toLocaleString("en-US", { maximumFractionDigits: 12 })} ${word}${unit}`;
  }

  // "181 GFLOP/s in 32 bit, 16 GB/s" in numbers; null if it is not such a line.
  function parse(rates) {
    const found = rates.match(/^\s*([\d.,]+)\s*GFLOP\/s\s+in\s+(16|32|64)\s*bit\s*[,;]\s*([\d.,]+)\s*GB\/s\s*\.?\s*$/i);
    if (!found) return null;
    const [flops, bytes] = [found[1], found[3]].map((text) => 1e9 * Number(text.replaceAll(",", "")));
    return flops > 0 && bytes > 0 ? { flops, bytes, size: Number(found[2]) / 8 } : null;
  }

  function start(box) {
    const select = box.querySelector("select");
    const own = box.querySelector("input.estimate-own");
    const how = box.querySelector("output");
    const isKnown = (name) => [...select.options].some((o) => o.value === name && name !== OWN);

    function show() {
      const isOwn = select.value === OWN;
      box.querySelectorAll(".estimate-own").forEach((e) => (e.hidden = !isOwn));
      const rates = isOwn ? own.value.trim() : select.selectedOptions[0].dataset.rates;
      const machine = parse(rates);
      own.setAttribute("aria-invalid", isOwn && !machine);
      box.querySelectorAll("tbody tr").forEach((row) => {
        const { flops, numbers } = row.dataset;
        row.querySelector(".estimate-time").textContent = machine ? duration(Math.max(
          flops / (box.dataset.share * machine.flops), numbers * machine.size / machine.bytes)) : "–";
      });
      how.textContent = machine ? `Counted with ${100 * box.dataset.share} % of ${rates.replace(/\.$/, "")}.`
        : `${HELP}“${own.placeholder}”.`;
      return machine;
    }

    // What another estimate, page or tab has chosen; what is not understood changes nothing.
    function follow() {
      const kept = localStorage.getItem(KEY);
      if (kept === null) select.selectedIndex = 0;
      else if (isKnown(kept)) select.value = kept;
      else if (parse(kept)) [select.value, own.value] = [OWN, kept];
      show();
    }

    function keep() {
      if (!show()) return;
      try {
        localStorage.setItem(KEY, select.value === OWN ? own.value.trim() : select.value);
      } catch {
        return; // full: the choice holds for this estimate alone
      }
      document.dispatchEvent(new CustomEvent("lessons:machine"));
    }

    select.addEventListener("input", () => {
      keep();
      if (select.value === OWN) own.focus();
    });
    own.addEventListener("input", show);
    own.addEventListener("change", keep);
    document.addEventListener("lessons:machine", follow);
    follow();
  }

  // A control of an explorer that is named `chip` follows too, where it offers that machine.
  function followChip() {
    const kept = localStorage.getItem(KEY);
    document.querySelectorAll('select[data-key="chip"]').forEach((select) => {
      const option = [...select.options].find((o) => o.textContent === kept);
      if (!option || option.selected) return;
      option.selected = true;
      select.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  const startAll = (root) => root.querySelectorAll(".estimate").forEach(start);
  startAll(document);
  document.addEventListener("lessons:shown", ({ detail }) => startAll(detail)); // by a cell
  document.addEventListener("lessons:machine", followChip);
  window.addEventListener("storage", (event) => (event.key === KEY || event.key === null) &&
    document.dispatchEvent(new CustomEvent("lessons:machine")));
  followChip();
})();
