// Searches and filters a long table as the reader types. No library, no request.
"use strict";

function lessonsTable(box) {
  const search = box.querySelector('input[type="search"]');
  const selects = [...box.querySelectorAll("select")];
  const count = box.querySelector(".browse-count");
  // Small and capital letters, and letters with and without accents, are the same.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = [...box.querySelectorAll("tbody tr")].map((row) => {
    const cells = [...row.cells].map((cell) => cell.textContent);
    return { row, cells, text: plain(cells.join(" ")) };
  });

  const show = () => {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    let n = 0;
    for (const { row, cells, text } of rows) {
      row.hidden = !(words.every((word) => text.includes(word))
        && selects.every((select) => select.selectedIndex === 0
          || cells[select.dataset.column] === select.value));
      n += !row.hidden;
    }
    count.textContent = n === rows.length ? `${n} rows` : `${n} of ${rows.length} rows`;
  };

  box.addEventListener("input", show);
  box.querySelector(".browse-reset").addEventListener("click", () => {
    search.value = "";
    for (const select of selects) select.selectedIndex = 0;
    show();
    search.focus();
  });
  box.querySelector(".browse-controls").hidden = false;
}

document.querySelectorAll(".browse").forEach(lessonsTable);
document.addEventListener("lessons:shown", // by a cell of the page
  ({ detail }) => detail.querySelectorAll(".browse").forEach(lessonsTable));
