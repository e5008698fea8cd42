"""What connects the pages to a learner's progress.

Exercises get an anchor and a field for the code that their check prints; a guess with
``hides="next"`` marks the output that stays folded until it is made; and the progress page learns
what there is to do on every page. The scripts are in ``book/_static``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

PANEL = "<!-- progress -->"  # becomes the template progress.html
ASKED = re.compile(r'<fieldset class="(quiz|guess)"[^>]* data-name="([^"]+)"')
CHECK = re.compile(r"""\bcheck\(\s*["']([a-z0-9-]+/([a-z0-9-]+))["']""")
NOTEBOOK = re.compile(r"([\w-]+)\.ipynb(#.*)?")


def connect_learner(app: Sphinx, doctree: nodes.document) -> None:
    """Prepare guesses, exercises and the progress panel of one page; note what it asks."""
    page = app.env.docname
    asked: dict[str, list] = {"guesses": [], "quizzes": [], "exercises": []}
    for raw in list(doctree.findall(nodes.raw)):
        for kind, name in ASKED.findall(raw.astext()):
            asked["quizzes" if kind == "quiz" else "guesses"].append([name, ""])
            if kind == "guess" and 'data-hides="next"' in raw.astext():
                fold_next(raw, name)
    for cell in list(doctree.findall(is_cell_with("tag_stub"))):
        if match := CHECK.search(cell.astext()):
            asked["exercises"].append([match[1], prepare_exercise(cell, *match.groups())])
    for reference in doctree.findall(nodes.reference):
        # A link that works between notebooks works between pages as well.
        match = NOTEBOOK.fullmatch(reference.get("refuri", ""))
        if match and match[1] in app.env.found_docs:
            reference["refuri"] = f"{match[1]}.html{match[2] or ''}"
    for box in list(doctree.findall(nodes.Admonition)):
        if "progress" in box.get("classes", ()):
            box.parent.insert(box.parent.index(box) + 1, nodes.raw("", PANEL, format="html"))
            to_update(app.env).add(page)
    everything(app.env)[page] = asked


def is_cell_with(tag: str) -> Any:
    """Return a condition for `findall`: a code cell with this tag."""
    return lambda node: isinstance(node, nodes.container) and {"cell", tag} <= set(node["classes"])


def fold_next(raw: nodes.raw, name: str) -> None:
    """Mark the next output and the paragraph about it: book.css folds them for the time being."""
    cell = raw
    while "cell" not in cell.get("classes", ()):
        cell = cell.parent
    after = cell.parent.children[cell.parent.index(cell) + 1 :]
    marks = ["await", f"await-guess-{name.replace('/', '-')}"]
    for place, later in enumerate(after):
        classes = set(later.get("classes", ())) if isinstance(later, nodes.Element) else set()
        shows = any("cell_output" in c["classes"] for c in later.findall(nodes.container))
        if "cell" in classes and shows and "tag_hide-cell" not in classes:
            later["classes"] += marks
            if isinstance((after + [None])[place + 1], nodes.paragraph):
                after[place + 1]["classes"] += marks
            return
    logging.getLogger(__name__).warning(
        "guess %r hides the next output, but none follows in its section", name, location=raw
    )


def prepare_exercise(cell: nodes.container, name: str, short: str) -> str:
    """Put an anchor before an exercise and a field for its code after; return its title."""
    place = cell.parent.index(cell)
    form = (
        f'<form class="exercise-code" data-name="{name}"><label for="code-{short}">Solved it in '
        f'the notebook? Its code:</label><input id="code-{short}" size="6" maxlength="12" '
        'autocomplete="off" spellcheck="false"><button>Enter</button>'
        '<output tabindex="-1"></output></form>'
    )
    cell.parent.insert(place + 1, nodes.raw("", form, format="html"))
    for task in reversed(cell.parent.children[:place]):  # the paragraph that begins in bold
        words = next((part for part in task.children if part.astext().strip()), None)
        if isinstance(task, nodes.paragraph) and isinstance(words, nodes.strong):
            task["ids"].append(f"exercise-{short}")
            return words.astext()
    cell["ids"].append(f"exercise-{short}")
    return short


def everything(env: BuildEnvironment) -> dict[str, dict[str, list]]:
    """Return what every page asks: names of guesses, quizzes and exercises."""
    return vars(env).setdefault("learner_asked", {})


def to_update(env: BuildEnvironment) -> set[str]:
    """Return the pages that show the progress panel: they are written at every build."""
    return vars(env).setdefault("learner_panels", set())


def forget_page(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Drop what was noted about a page that is read again, or gone."""
    everything(env).pop(page, None)
    to_update(env).discard(page)


def join_pages(app: Sphinx, env: BuildEnvironment, pages: Any, other: BuildEnvironment) -> None:
    """Take over what another process noted about the pages it read."""
    everything(env).update({p: everything(other)[p] for p in pages if p in everything(other)})
    to_update(env).update(to_update(other))


def fill_panel(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the table of all pages where the progress page wants it."""
    body = context.get("body", "")
    if PANEL not in body:
        return
    env = app.builder.env
    numbers = {page: found.get("", ()) for page, found in env.toc_secnumbers.items()}
    pages = [
        {"page": page, "title": ". ".join([*map(str, numbers.get(page, ())),
                                           env.titles[page].astext()]), **asked}
        for page, asked in sorted(everything(env).items()) if re.match(r"\d\d-", page)
    ]
    data = json.dumps(pages, ensure_ascii=False).replace("</", "<\\/")
    panel = app.builder.templates.render("progress.html", {"pages": data})
    context["body"] = body.replace(PANEL, panel)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.connect("doctree-read", connect_learner)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", join_pages)
    app.connect("env-updated", lambda app, env: to_update(env))
    app.connect("html-page-context", fill_panel)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True,
            "parallel_write_safe": True}
