// Takes a guess, then shows it beside what Python computed. No library, no request.
// Every sentence was made by Python (lessons.widgets.guesses); here one is chosen.
"use strict";

(() => {
  function start(box) {
    const data = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
    const inputs = [...box.querySelectorAll("input")];
    const [make, skip, again] = ["make", "skip", "again"].map((c) => box.querySelector(`.guess-${c}`));
    const feedback = box.querySelector(".guess-feedback");
    const hidden = document.querySelectorAll(`.await-${box.id}`);
    const kinds = { number: numberKind, choice: choiceKind, curve: curveKind };
    const kind = kinds[data.kind](box, data, inputs);

    function mark() {
      inputs.forEach((input) => {
        if (input.type === "range") input.setAttribute("aria-valuetext", data.texts[input.value]);
      });
      make.disabled = kind.answer() === null;
      kind.show();
    }

    // answer: what was guessed, or null for "show me"
    function reveal(answer) {
      const said = answer === null ? data.shown : kind.said(answer);
      feedback.replaceChildren(...marked(`${said} ${data.why}`.trim()));
      kind.reveal(answer);
      inputs.forEach((input) => (input.disabled = true));
      make.hidden = skip.hidden = true;
      again.hidden = false;
      box.dataset.shown = answer === null ? "skipped" : "guessed";
      hidden.forEach((cell) => cell.classList.add("shown"));
    }

    function done(answer, button) {
      const hadFocus = document.activeElement === button;
      reveal(answer);
      if (hadFocus) again.focus(); // the button is gone: keep the place of a keyboard reader
      const detail = { kind: "guesses", name: data.name, value: answer };
      document.dispatchEvent(new CustomEvent("lessons:done", { detail }));
    }

    box.addEventListener("input", mark);
    make.addEventListener("click", () => done(kind.answer(), make));
    skip.addEventListener("click", () => done(null, skip));
    again.addEventListener("click", () => {
      inputs.forEach((input) => {
        input.disabled = false;
        input.checked = false;
      });
      feedback.textContent = "";
      make.hidden = skip.hidden = false;
      again.hidden = true;
      delete box.dataset.shown;
      hidden.forEach((cell) => cell.classList.remove("shown"));
      kind.hide();
      mark();
      inputs[0].focus();
    });
    mark();
    const kept = window.lessonsProgress?.find("guesses", data.name);
    if (kept !== undefined && kind.set(kept)) {
      mark();
      reveal(kept);
    }
  }

  // Text with code between backticks, as nodes.
  function marked(text) {
    return text.split(/(`[^`]+`)/).map((part) => {
      if (!/^`[^`]+`$/.test(part)) return part;
      const code = document.createElement("code");
      code.textContent = part.slice(1, -1);
      return code;
    });
  }

  const isStop = (data, i) => Number.isInteger(i) && i >= 0 && i < data.texts.length;

  function numberKind(box, data, [input]) {
    const scale = box.querySelector(".guess-scale");
    function put(name, text, place) {
      const flag = document.createElement("span");
      flag.className = name;
      flag.style.left = `${100 * place}%`;
      flag.dataset.side = place > 0.5 ? "left" : "right";
      flag.textContent = text;
      scale.append(flag);
    }
    return {
      answer: () => Number(input.value),
      show: () => (box.querySelector(".guess-value").textContent = data.texts[input.value]),
      said: (i) => data.said[i],
      reveal(i) {
        if (i !== null) put("mine", `you: ${data.texts[i]}`, data.places[i]);
        put("truth", `computed: ${data.truth}`, data.truth_place);
        scale.hidden = false;
      },
      hide() {
        scale.replaceChildren();
        scale.hidden = true;
      },
      set: (i) => i === null || (isStop(data, i) && ((input.value = i), true)),
    };
  }

  function choiceKind(box, data, inputs) {
    return {
      answer() {
        const i = inputs.findIndex((input) => input.checked);
        return i < 0 ? null : i;
      },
      show() {},
      said: (i) => data.said[i],
      reveal(i) {
        inputs.forEach((input, j) => {
          input.parentElement.dataset.mark =
            data.texts[j] === data.truth ? "computed" : j === i ? "yours" : "";
        });
      },
      hide: () => inputs.forEach((input) => delete input.parentElement.dataset.mark),
      set: (i) => i === null || (isStop(data, i) && (inputs[i].checked = true)),
    };
  }

  function curveKind(box, data, inputs) {
    const svg = box.querySelector("svg");
    const [left, top, width, height] = svg.dataset.box.split(" ").map(Number);
    const handles = [...svg.querySelectorAll(".handle")];
    const table = box.querySelector("table");
    const last = data.texts.length - 1;
    const at = ([x, y]) => [left + x * width, top + (1 - y) * height];
    const line = (points) => points.map((p) => p.map((v) => v.toFixed(1)).join()).join(" ");
    const mine = () => inputs.map((input, i) => at([data.points[i].place, input.value / last]));

    handles.forEach((handle, i) => {
      const input = inputs[i];
      handle.addEventListener("pointerdown", (event) => {
        if (input.disabled) return;
        event.preventDefault();
        handle.setPointerCapture(event.pointerId);
        input.focus({ preventScroll: true });
      });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const y = new DOMPoint(event.clientX, event.clientY).matrixTransform(
          svg.getScreenCTM().inverse()).y;
        input.value = Math.round(last * (1 - (y - top) / height)); // the input keeps its ends
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      input.addEventListener("focus", () => handle.classList.add("focus"));
      input.addEventListener("blur", () => handle.classList.remove("focus"));
    });
    return {
      answer: () => inputs.map((input) => Number(input.value)),
      show() {
        const places = mine();
        svg.querySelector(".mine").setAttribute("points", line(places));
        handles.forEach((h, i) => h.setAttribute("transform", `translate(${places[i].join(" ")})`));
      },
      said(levels) {
        const errors = levels.map((level, i) => data.points[i].errors[level]);
        const worst = errors.indexOf(Math.max(...errors));
        return data.points[worst].said[levels[worst]];
      },
      reveal(levels) {
        svg.querySelector(".truth").setAttribute("points", line(data.line.map(at)));
        svg.classList.toggle("skipped", levels === null);
        table.tBodies[0].replaceChildren(...data.points.map((point, i) => {
          const row = document.createElement("tr");
          const yours = levels === null ? ["–", "–"] : [data.texts[levels[i]], point.off[levels[i]]];
          for (const text of [point.x, yours[0], point.truth, yours[1]])
            row.insertCell().textContent = text;
          return row;
        }));
        table.hidden = false;
      },
      hide() {
        svg.querySelector(".truth").setAttribute("points", "");
        svg.classList.remove("skipped");
        table.hidden = true;
      },
      set(levels) {
        if (levels === null) return true;
        if (!Array.isArray(levels) || levels.length !== inputs.length) return false;
        if (!levels.every((level) => isStop(data, level))) return false;
        levels.forEach((level, i) => (inputs[i].value = level));
        return true;
      },
    };
  }

  const startAll = (root) => root.querySelectorAll("fieldset.guess").forEach(start);
  startAll(document);
  document.addEventListener("lessons:shown", ({ detail }) => startAll(detail)); // by a cell
})();
