"""No script of a page reads text as HTML, except where it is said here and why."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDORED = "book/_static/vendor/"
#: What makes elements out of text: assigned, called, or asked of a parser.
PARSES = re.compile(
    r"\b(?:innerHTML|outerHTML|srcdoc)\s*(?:[+|&?]{0,2}=)(?!=)|"
    r"\b(?:insertAdjacentHTML|createContextualFragment|setHTML\w*|parseHTMLUnsafe|parseFromString)\b|"
    r"\bdocument\s*\.\s*write(?:ln)?\b|\[\s*[\"'`](?:inner|outer)HTML")
#: Where text is parsed all the same, by file, with the reason.
ALLOWED = {
    "tools/offline/book.js": "pages of the book, joined to be printed; no reader's page has it",
    "src/lessons/live/cells.js": "HTML that a reader's cell made: cleaned before it is shown",
}


def scripts():
    """Return the scripts that the repository keeps, by their place in it."""
    listed = subprocess.run(["git", "ls-files", "*.js"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split()
    return {name: (ROOT / name).read_text("utf8") for name in listed
            if not name.startswith(VENDORED)}


def parsing(text):
    """Return what in a script makes elements out of text.

    Examples
    --------
    >>> parsing("a.innerHTML = b; c = d.innerHTML; if (e.innerHTML === f) g.outerHTML += h")
    ['innerHTML =', 'outerHTML +=']
    """
    return PARSES.findall(text)


def test_the_rule_sees_every_way_of_parsing():
    ways = ["e.innerHTML = x", "e.outerHTML+=x", "e.innerHTML ??= x", 'e["innerHTML"] = x',
            'e.insertAdjacentHTML("beforeend", x)', "document.write(x)", "f.srcdoc = x",
            "range.createContextualFragment(x)", 'p.parseFromString(x, "text/html")',
            "e.setHTMLUnsafe(x)", "Document.parseHTMLUnsafe(x)"]
    assert [way for way in ways if not parsing(way)] == []
    assert parsing("const was = e.innerHTML; if (was === e.innerHTML) e.textContent = x") == []


def test_scripts_of_a_page_make_elements_and_do_not_parse_them():
    found = {name for name, text in scripts().items() if parsing(text)}
    assert found == ALLOWED.keys()


def test_the_two_that_parse_do_so_once_and_keep_scripts_out():
    texts = scripts()
    assert [len(parsing(texts[name])) for name in ALLOWED] == [1, 1]
    assert "BANNED" in texts["src/lessons/live/cells.js"]
