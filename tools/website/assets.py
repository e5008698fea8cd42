"""A page lists only the style sheets and scripts that its own text needs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from lessons.widgets.registry import REGISTRY

KATEX = "vendor/katex"
STARTER = "python/starter.js"  # `tools.pyodide.assemble` writes it

#: The scripts and style sheets of the widgets, and the pattern that asks for each; some are shared.
OF_WIDGETS: dict[str, str] = {}
for widget in REGISTRY:
    for name in (file.name for file in widget.assets):
        OF_WIDGETS[name] = "|".join([*filter(None, [OF_WIDGETS.get(name)]), widget.pattern])

#: What a page loads, and the pattern in its text that asks for it. Anything in the folder
#: ``_static`` that is named neither here nor in `EVERY_PAGE` is loaded by no page.
ON_DEMAND = {
    rf"{KATEX}/katex.min.css": r'class="[^"]*\btex\b',
    rf"{KATEX}/katex.min.js": r'class="[^"]*\btex\b',
    "math.js": r'class="[^"]*\btex\b',
    "progress-page.js": r'class="[^"]*\bprogress-panel\b',
    "not-found.js": r'class="not-found"',
    "clipboard.min.js": r'class="[^"]*\bhighlight\b',
    "copybutton.js": r'class="[^"]*\bhighlight\b',
    "copybutton.css": r'class="[^"]*\bhighlight\b',
    "sphinx-design.min.css": r'class="[^"]*\bsd-',
    "design-tabs.js": r'class="[^"]*\bsd-tab-set\b',
    "mystnb": r'class="[^"]*\bcell\b',
    STARTER: r'class="[^"]*\bpy-cell\b',
    **OF_WIDGETS,
}
#: What is made after the pages: a later build would put its sum into their addresses, and every
#: page that it writes would differ from what the first build wrote.
MADE_LATER = re.compile(rf"(?<=_static/)(mystnb\.\w+\.css|{re.escape(STARTER)})\?v=\w+")
EVERY_PAGE = ("book.css", "progress.js", "reading.js")

#: What a page may do, as its first line tells the browser: nothing comes from another host, and no
#: script stands in a page. Styles do: pictures carry their own. Python in a page is WebAssembly.
SECURITY_POLICY = "; ".join((
    "default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "media-src 'self' data:",
    "object-src 'none'", "base-uri 'self'", "form-action 'self'",
))

#: Where the theme asks every box of code, one layout each, whether it must be scrolled: on a long
#: page the longest task of all. ``reading.js`` does it without.
ASKS_EACH_BOX = re.compile(
    r'"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')
ASKS_NONE = "void 0/* see reading.js */"

#: What a page says where no scripts run, and the pattern in its text that asks for it.
WITHOUT_SCRIPTS = {
    **{rf'class="[^"]*\b{widget.css_class}\b': widget.without_scripts for widget in REGISTRY},
    r'class="[^"]*\btex\b': "formulas stand as LaTeX, the notation they are written in",
}


def forget_found_assets(app: Sphinx, config: Any) -> None:
    """Drop what Jupyter Book found by searching ``_static``: it would load on every page."""
    config.html_css_files = []
    config.html_js_files = []


def mend_addresses(app: Sphinx, doctree: nodes.document) -> None:
    """Undo that MyST escapes the addresses of links, which Sphinx then does once more."""
    for link in doctree.findall(nodes.reference):
        if "refuri" in link:
            link["refuri"] = link["refuri"].replace("&amp;", "&")


def add_own_assets(app: Sphinx) -> None:
    """Register our files; `choose_assets` then decides page by page."""
    if app.builder.format != "html":
        return
    app.add_css_file(f"{KATEX}/katex.min.css", priority=400)
    app.add_css_file("book.css", priority=900)
    assets = list(dict.fromkeys(file for widget in REGISTRY for file in widget.assets))
    # progress.js first: others ask it what was done. Widgets in the order of their rows.
    # reading.js last: it unfolds what they have folded.
    scripts = ("progress.js", f"{KATEX}/katex.min.js", "math.js",
               *(file.name for file in assets if file.suffix == ".js"), "progress-page.js",
               "not-found.js", "reading.js", STARTER)
    for name in scripts:
        app.add_js_file(name, loading_method="defer")
    for file in assets:
        if file.suffix == ".css":
            app.add_css_file(file.name, priority=910)
    # They live beside the Python of their widget; Sphinx copies folders.
    folder = Path(app.doctreedir, "widgets")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in [*assets, *(file for widget in REGISTRY for file in widget.later)]:
        shutil.copy(file, folder)
    app.config.html_static_path.append(str(folder))


def choose_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the style sheets and scripts that the text of this page asks for.

    Scripts that the theme writes into the page itself go: they tell of a list of versions and of a
    search while one types, and this book has neither. Style sheets that are not ours move to
    ``layered_css``: the template imports them into a cascade layer, below ``book.css``.

    Raises
    ------
    RuntimeError
        If something asks for a file from another host: pages must work without a network.
    """
    # Docutils marks the list of sources with two roles that contradict each other.
    body = context["body"] = (
        context.get("body", "")
        .replace('<div role="list" class="citation-list">', '<div class="citation-list">')
        .replace(' role="doc-biblioentry"', "")
    )
    context["without_scripts"] = [
        words for pattern, words in WITHOUT_SCRIPTS.items() if re.search(pattern, body)]
    context["security_policy"] = SECURITY_POLICY
    context["script_files"] = [file for file in context.get("script_files", []) if file.filename]
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, []) if is_wanted(file, body)]
        for file in context[kind]:
            if "//" in str(file.filename or ""):
                raise RuntimeError(
                    f"page {pagename} asks another host for {file.filename}: "
                    "store the file under book/_static/vendor instead"
                )
    ours = [file for file in context["css_files"] if is_ours(file)]
    links = [context["css_tag"](file) for file in context["css_files"] if file not in ours]
    context["layered_css"] = [
        re.findall(r'href="([^"]+)"', MADE_LATER.sub(r"\1", link))[0] for link in links]
    script = context["js_tag"]
    context["js_tag"] = lambda file: MADE_LATER.sub(r"\1", script(file))
    context["css_files"] = ours


def is_wanted(file: Any, body: str) -> bool:
    """Return whether a page with this text needs this style sheet or script."""
    name = str(getattr(file, "filename", file) or "").removeprefix("_static/")
    for asset, pattern in ON_DEMAND.items():
        if name == asset or (asset == "mystnb" and name.startswith("mystnb.")):
            return re.search(pattern, body) is not None
    return True


def is_ours(file: Any) -> bool:
    """Return whether a style sheet is the book's, or KaTeX's, rather than the theme's."""
    name = str(file.filename).removeprefix("_static/")
    return name in EVERY_PAGE or name in OF_WIDGETS or name.startswith("vendor/")


def calm_theme(app: Sphinx, exception: Exception | None) -> None:
    """Take out of the theme's script what `ASKS_EACH_BOX` finds.

    Raises
    ------
    RuntimeError
        If it is not there: another version of the theme.
    """
    if app.builder.format != "html" or exception:
        return
    script = Path(app.outdir, "_static/scripts/pydata-sphinx-theme.js")
    text, n_found = ASKS_EACH_BOX.subn(ASKS_NONE, script.read_text(encoding="utf-8"))
    if not n_found and ASKS_NONE not in text:
        raise RuntimeError(f"{script.name} is not as it was: put ASKS_EACH_BOX right")
    script.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what decides about assets with Sphinx."""
    # Jupyter Book sets this for an extension that we leave out.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", forget_found_assets)
    app.connect("builder-inited", add_own_assets)
    app.connect("doctree-read", mend_addresses)
    # 900: after the theme and every other extension have added theirs
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("build-finished", calm_theme, priority=900)  # files have been copied then
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
