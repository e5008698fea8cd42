// Joins the pages of the site into one document: anchors get the name of their page before them,
// links between pages become links inside, and the contents are made of the headings.
"use strict";

const anchor = (page, id) => (id ? `${page}--${id}` : page);
const make = (tag, more, ...inside) => {
  const element = Object.assign(document.createElement(tag), more);
  element.append(...inside);
  return element;
};
// The words of a heading; formulas are not typeset yet.
const titleOf = (heading) => heading.textContent.trim().replace(/\s+/g, " ");

function rename(element, page) {
  for (const { name, value } of [...element.attributes]) {
    if (name === "id") element.id = anchor(page, value);
    else if (name === "xlink:href" && value[0] === "#") element.setAttribute(name, `#${anchor(page, value.slice(1))}`);
    else if (value.includes("url(#")) element.setAttribute(name, value.replaceAll("url(#", `url(#${page}--`));
    else if (/^(for|aria-labelledby|aria-describedby)$/.test(name))
      element.setAttribute(name, value.split(" ").map((id) => anchor(page, id)).join(" "));
  }
}

function addPage(page, html) {
  const read = new DOMParser().parseFromString(html, "text/html");
  for (const sheet of read.querySelectorAll("head > style, link[rel=stylesheet]"))
    if (![...document.head.children].some((own) => own.isEqualNode(sheet))) document.head.append(sheet);
  const article = document.adoptNode(read.querySelector("article.bd-article"));
  article.querySelectorAll("script, noscript, .no-scripts, .headerlink, form.exercise-code").forEach((e) => e.remove());
  article.querySelectorAll("*").forEach((element) => rename(element, page));
  article.id = page;
  document.body.append(article);
}

// What only a script can draw is shown as it was photographed.
function showPicture(page, selector, picture) {
  const image = make("img", { src: picture, alt: "The widget of this page, as it looks when the page opens" });
  document.querySelector(`[id="${page}"] ${selector}`).replaceWith(image);
}

// A link inside the book leads to its place, or to its page; where this document has neither, the
// words stay.
function joinLinks() {
  for (const link of document.querySelectorAll("article a[href]")) {
    const here = link.closest("article").id;
    const href = link.getAttribute("href");
    if (/^(https?|mailto):/.test(href)) continue;
    const [, page = here, id] = /^(?:([\w-]+)\.html)?(?:#(.*))?$/.exec(href) ?? [, ""];
    const found = [anchor(page, id), page].find((id) => document.getElementById(id));
    if (found) link.href = `#${found}`;
    else link.removeAttribute("href");
  }
}

// Writes the contents; returns [level, title, anchor] of every part, chapter and section.
function addContents(parts) {
  const entries = [];
  for (const { caption, pages } of parts) {
    if (caption) entries.push([0, caption, pages[0]]);
    for (const page of pages) {
      const article = document.getElementById(page);
      entries.push([1, titleOf(article.querySelector("h1")), page]);
      for (const heading of article.querySelectorAll("h2"))
        entries.push([2, titleOf(heading), heading.closest("[id]:not(h2)").id]);
    }
  }
  document.getElementById("contents").append(...entries.map(([level, title, id]) =>
    make("li", { className: `level-${level}` },
      make("a", { href: `#${id}` }, title, make("i"), make("span", { className: "on-page" })))));
  return entries;
}

// Each chapter begins on a page of its own, and has its title above its pages.
function addRunningHeads() {
  const rules = [...document.querySelectorAll("article")].map((article, i) => {
    const title = JSON.stringify(titleOf(article.querySelector("h1")));
    return `@page chapter-${i} { @top-center { content: ${title}; } } [id="${article.id}"] { page: chapter-${i}; }`;
  });
  document.head.append(make("style", {}, rules.join("\n")));
}

// Leaves nothing to be seen but the page numbers of the contents.
function leaveNumbers(numbers) {
  document.querySelectorAll("article").forEach((article) => article.remove());
  document.querySelectorAll(".on-page").forEach((place, i) => (place.textContent = numbers[i]));
  document.documentElement.className = "numbers";
  document.head.append(make("style", {}, "@page contents { @bottom-center { content: none; } }"));
}
