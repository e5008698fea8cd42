"""Slides: what stands on them, from a tiny notebook; and what is said when there are none."""

import re
from functools import cache

import nbformat
import pytest

from lessons.widgets import explore, guess, quiz, slider
from tools.notebooks.cells import compose, dumps, parse
from tools.readers.plain import Book
from tools.slides import deck
from tools.slides.__main__ import main

TEXT = """# Odd <things>

What is $x<y$? See {doc}`02-other` and {term}`loss`.

```{code-cell}
1
```

```{code-cell}
2
```

```{code-cell}
3
```

## Summary

It is [so](https://a.b/c). And `a < b`.

## Exercises

Nothing of these.
"""


def frame(ax):
    ax.set(xlabel="x", xlim=(0, 1), ylim=(0, 3))


def draw(ax, x):
    ax.plot([0, x])
    return f"x is {x}"


@cache
def computed():
    """Return cells with the outputs that a build would have stored: a figure, a guess, a quiz."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESSONS_RECORD", "1")
        shown = [
            explore(draw, frame, name="line", title="A line", alt="A line that rises to x.",
                    x=slider([1, 2], label="x")),
            guess("How many?", name="odd/many", truth=3.0, between=(1, 5), why="Count."),
            quiz("Is <b> bold?", name="odd/bold", right="`<b>` is", why="By its name.",
                 wrong={"no": "It is.", "at times": "Always."}),
        ]
        bundles = [one._repr_mimebundle_() for one in shown]
    bundles = [bundle[0] if isinstance(bundle, tuple) else bundle for bundle in bundles]
    return [nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output(
        "display_data", {mime: data for mime, data in bundle.items() if "png" not in mime})])
        for bundle in bundles]


@pytest.fixture
def root(tmp_path):
    """A book of one chapter."""
    for folder in ("text", "book/_static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "text/01-odd.md").write_text(TEXT)
    (tmp_path / "text/teach.md").write_text(
        "| [Line](figure:01-odd#line) | Is `x` < 1 here? | It is not. |\n")
    colours = 'html[data-theme="{}"] {{\n  --c-ink: #000;\n}}\n'
    (tmp_path / "book/_static/book.css").write_text("".join(
        map(colours.format, ("light", "dark"))))
    vendor = tmp_path / "book/_static/vendor/katex"
    vendor.mkdir(parents=True)
    for name in ("katex.min.css", "katex.min.js"):
        (vendor / name).write_text("/* KaTeX */")
    (tmp_path / "book/_static/math.js").write_text("// math")
    done = computed()
    nb = compose(parse(TEXT), done, key="k")
    (tmp_path / "book/01-odd.ipynb").write_text(dumps(nb))
    return tmp_path


def found(root):
    nb = nbformat.read(root / "book/01-odd.ipynb", as_version=4)
    return list(deck.slides(nb, "01-odd", Book(root / "book"), deck.questions(root)))


def test_question_figures_guess_quiz_and_summary_stand_in_their_order(root):
    title, question, figure, asked, chosen, summary = found(root)
    assert "1. Odd &lt;things&gt;" in title
    assert '<span class="tex">x&lt;y</span>' in question and "<a " not in question
    assert figure.startswith('<p class="ask">Is <code>x</code> &lt; 1 here?</p><figure')
    assert "Between 1 and 5" in asked and 'class="answer truth">Computed: 3' in asked
    assert chosen.count('class="answer"') == 3 and chosen.count('<li class="right"') == 1
    assert "Is &lt;b&gt; bold?" in chosen
    assert "It is so." in summary and "<code>a &lt; b</code>" in summary
    assert "Exercises" not in "".join(found(root))


def test_a_long_summary_becomes_several_slides(root):
    path = root / "book/01-odd.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells[-1].source = nb.cells[-1].source.replace("It is [so]", "A sentence of words. " * 40)
    slides = list(deck.slides(nb, "01-odd", Book(root / "book"), {}))
    parts = [slide for slide in slides if "<h2>Summary</h2>" in slide]
    assert len(parts) > 1 and max(len(re.sub("<.*?>", "", p)) for p in parts) < 2 * deck.MOST


def test_the_deck_is_one_file_that_asks_for_nothing(root, capsys):
    assert main(["1"], root) == 0
    text = (root / "_build/slides/01-odd.html").read_text(encoding="utf-8")
    assert "wrote _build/slides/01-odd.html" in capsys.readouterr().out
    assert not re.search(r"""(?:src|href)=["'](?!#)|@import|url\((?!data:|#)""", text)
    assert text.count("<section ") == 6 and "KaTeX" in text


def test_without_a_number_all_chapters_are_made(root):
    assert main([], root) == 0
    assert [path.name for path in (root / "_build/slides").iterdir()] == ["01-odd.html"]


def test_an_unknown_chapter_is_named(root, capsys):
    assert main(["77"], root) == 1
    assert "no chapter '77'" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["missing", "edited"])
def test_a_chapter_that_is_not_built_says_how_to_build_it(root, capsys, fault):
    path = root / "book/01-odd.ipynb"
    if fault == "missing":
        path.unlink()
    else:
        path.write_text(path.read_text().replace("Nothing of these", "Something"))
    assert main(["01"], root) == 1
    assert "run `make notebooks CH=01` first" in capsys.readouterr().err


def test_a_style_sheet_without_colours_is_said(root, capsys):
    (root / "book/_static/book.css").write_text("")
    assert main(["1"], root) == 1
    assert "no light and dark palette" in capsys.readouterr().err
