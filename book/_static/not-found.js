// A wrong address often names what was looked for: let the search begin with its words.
"use strict";
{
  const name = decodeURI(location.pathname).split("/").pop().replace(/\.\w+$/, "");
  const words = name.match(/\p{L}{2,}/gu)?.join(" ");
  const link = document.querySelector('.not-found a[href="search.html"]');
  if (words) {
    link.search = `?q=${encodeURIComponent(words)}`;
    link.textContent = `Search the book for “${words}”`;
  }
}
