// Hides the entries of a catalogue that do not fit the choices. No library, no request.
"use strict";

function lessonsCatalogue(catalogue) {
  const fields = [...catalogue.querySelectorAll("select")];
  const word = catalogue.querySelector('input[type="search"]');
  const groups = [...catalogue.querySelectorAll(".catalogue-group")];
  const said = catalogue.querySelector("output");
  const reset = catalogue.querySelector(".catalogue-reset");
  const show = () => {
    const wanted = word.value.trim().toLowerCase();
    let found = 0;
    for (const group of groups) {
      let inGroup = 0;
      for (const entry of group.querySelectorAll("li")) {
        const fits = fields.every((f) => !f.value || entry.dataset[f.dataset.key] === f.value)
          && entry.textContent.toLowerCase().includes(wanted);
        entry.hidden = !fits;
        inGroup += fits;
      }
      group.hidden = !inGroup;
      found += inGroup;
    }
    const all = Number(said.dataset.all);
    said.textContent = found === all ? `${all} entries` : `${found} of ${all} entries`;
    reset.disabled = !word.value && fields.every((f) => !f.value);
  };
  for (const field of [...fields, word]) {
    field.disabled = false;
    field.addEventListener("input", show);
  }
  reset.addEventListener("click", () => {
    for (const field of [...fields, word]) field.value = "";
    word.focus(); // the button is about to be of no use: keep the place of a keyboard reader
    show();
  });
}

document.querySelectorAll(".catalogue").forEach(lessonsCatalogue);
document.addEventListener("lessons:shown", // by a cell of the page
  ({ detail }) => detail.querySelectorAll(".catalogue").forEach(lessonsCatalogue));
