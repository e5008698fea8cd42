// A page opened as a file may not read other files: its results come without an excerpt, and lead
// to the top of a page. Else Sphinx reads each page that it found; we look there for the part that
// the words are about, and let the result lead to it.
"use strict";
document.querySelector("form.bd-search input")?.focus(); // to type at once
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
{
  // The section, or the entry of the glossary, with most of the words: first in its title.
  const bestPart = (html, words) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll("script, .headerlink").forEach((e) => e.remove());
    const count = (text, word) => // of words that begin with it: Sphinx cuts off their ends
      [...text.toLowerCase().matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${_escapeRegExp(word.toLowerCase())}`, "gu"))].length;
    let best = { score: 0 };
    const headingOf = (part) => part.tagName === "SECTION" && part.querySelector("h2, h3, h4");
    for (const part of page.querySelectorAll("article section section[id], article dt[id]")) {
      const isEntry = part.tagName === "DT";
      const heading = isEntry ? part : headingOf(part);
      if (!heading) continue; // a list in a section, which has its words
      const own = [...part.children].filter((e) => !headingOf(e));
      const title = heading.textContent.trim();
      const text = isEntry ? part.nextElementSibling.textContent : own.map((e) => e.textContent).join(" ");
      const score = words.reduce((sum, word) => sum + count(text, word)
        + (count(title, word) ? 500 : 0) + (count(title + text, word) ? 1000 : 0), 0);
      if (score > best.score) best = { score, title, id: part.id, isEntry };
    }
    return best;
  };
  const summary = Search.makeSearchSummary;
  Search.makeSearchSummary = (html, words, anchor) => {
    const best = anchor ? { score: 0 } : bestPart(html, [...words]);
    if (!best.score) return summary(html, words, anchor);
    const found = summary(html, words, best.isEntry ? "" : `#${CSS.escape(best.id)}`);
    queueMicrotask(() => { // when it stands below its link
      const link = found.closest("li").querySelector("a");
      link.hash = best.id;
      link.append(` › ${best.title}`);
    });
    return found;
  };
}
