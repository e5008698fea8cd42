// Typesets the formulas of a page with our own copy of KaTeX, once, when the page has been read.
// A formula that KaTeX cannot read stays as LaTeX source, in the class katex-error.
document.querySelectorAll(".tex").forEach((element) => {
  const displayMode = element.parentElement.matches("div.math");
  katex.render(element.textContent, element, { displayMode, throwOnError: false });
});
