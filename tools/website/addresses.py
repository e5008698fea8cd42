"""How pages are found: their full addresses, a list of them, a preview, and a page for wrong ones.

Full addresses are written only where the site's own is known: with the repository's (see `build`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

#: What a link to the book shows where it is posted: an explorer, as the README shows it.
PREVIEW = Path(__file__).parents[2] / ".github" / "pictures" / "watch-light.webp"
NOT_FOUND = """<section class="not-found"><h1>No such page</h1>
<p>This book has no page at this address. It may have been mistyped, or the page has another name
now.</p>
<ul><li><a href="search.html">Search the book</a></li>
<li><a href="index.html">All chapters</a></li><li><a href="glossary.html">The glossary</a></li></ul>
</section>"""


def site_of(repository: str) -> str:
    """Return the address at which GitHub publishes the pages of a repository.

    Examples
    --------
    >>> site_of("https://github.com/Ada/book"), site_of("https://github.com/ada/ada.github.io")
    ('https://ada.github.io/book/', 'https://ada.github.io/')
    """
    owner, name = repository.split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" + ("" if name.lower() == host else f"{name}/")


def sitemap(base: str, pages: list[str]) -> str:
    """Return the list of all pages that search engines read.

    Examples
    --------
    >>> print(sitemap("https://ada.github.io/book/", ["index"]), end="")
    <?xml version="1.0" encoding="UTF-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://ada.github.io/book/index.html</loc></url>
    </urlset>
    """
    rows = [f"<url><loc>{escape(base)}{page}.html</loc></url>" for page in pages]
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>',
                      '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">', *rows,
                      "</urlset>\n"))


def not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the page for wrong addresses; hosts serve it by its name."""
    yield "404", {"title": "No such page", "body": NOT_FOUND}, "page.html"


def opening(doctree: nodes.document, n_characters: int = 200) -> str:
    """Return the first paragraph of a page, up to a whole word; "" if it has none."""
    words = next((p.astext() for p in doctree.findall(nodes.paragraph)), "")
    return shorten(words, n_characters, placeholder=" …")


def tell_addresses(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the template what it writes into the head of a page."""
    if doctree and (words := opening(doctree)):
        context["page_description"] = words
    base = app.config.html_baseurl
    context["preview"] = f"{base}_static/preview{PREVIEW.suffix}" if base else ""
    if pagename == "404":
        context.pop("pageurl", None)
        # It stands in for addresses in folders too, from where its own links would lead astray.
        context["base"] = urlsplit(base).path


def write_addresses(app: Sphinx, error: Exception | None) -> None:
    """Write what needs the site's own address."""
    if error or app.builder.format != "html" or not app.config.html_baseurl:
        return
    out = Path(app.outdir)
    pages = sorted(app.env.found_docs)
    (out / "sitemap.xml").write_text(sitemap(app.config.html_baseurl, pages), encoding="utf-8")
    shutil.copy(PREVIEW, out / "_static" / f"preview{PREVIEW.suffix}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts with Sphinx."""
    app.connect("html-collect-pages", not_found)
    app.connect("html-page-context", tell_addresses, priority=900)  # after the theme's words
    app.connect("build-finished", write_addresses)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
