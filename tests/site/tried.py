"""One widget of each kind on a page of the book, with texts that a test chooses."""

import re

from tests.hostile import TO_HTML, WIDGETS
from tests.site.unchanged import opened
from tools.website.assets import OF_WIDGETS

LINKS = "".join(
    f'<script defer src="_static/{name}"></script>' if name.endswith(".js") else
    f'<link rel="stylesheet" href="_static/{name}">' for name in OF_WIDGETS)


def tried(page, site, kind, text=str):
    """Open the book's first page with a widget in place of its text; return the widget's place."""
    opened.add("index")
    index = (site.folder / "index.html").read_text("utf8")
    body = TO_HTML[kind.partition(" ")[0]](WIDGETS[kind](text))
    shown = re.sub(r"(<article[^>]*>).*(</article>)",
                   lambda found: f'{found[1]}<div id="tried">{body}</div>{found[2]}', index,
                   count=1, flags=re.DOTALL).replace("</head>", f"{LINKS}</head>")
    page.route("**/tried.html",
               lambda route: route.fulfill(body=shown, content_type="text/html"))
    page.goto(f"{site.served}/tried.html")
    page.wait_for_function("() => document.readyState === 'complete'")
    root = page.locator("#tried")
    if root.locator("[data-later]").count():  # it wakes when it is touched
        root.locator("[data-later] :enabled").first.focus()
        root.locator("[data-awake]").wait_for()
    return root
