"""Every kind of widget that a page can show: one row each.

The row feeds the renderer of the website (`lessons.widgets.sphinx`), the scripts and style sheets
that a page loads, what it says where no scripts run, the key by which the site is built again, and
the comparison of stored with computed outputs. To add a widget: one folder beside this file, and
one row here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lessons.widgets.catalogues import html as catalogues
from lessons.widgets.catalogues.browse import MIME_TYPE as CATALOGUE
from lessons.widgets.estimates import html as estimates
from lessons.widgets.estimates.table import MIME_TYPE as ESTIMATE
from lessons.widgets.explorers import html as explorers
from lessons.widgets.explorers.compare import differences
from lessons.widgets.explorers.explorer import MIME_TYPE as EXPLORER
from lessons.widgets.guesses import html as guesses
from lessons.widgets.guesses.ask import MIME_TYPE as GUESS
from lessons.widgets.playground import html as playground
from lessons.widgets.playground.play import MIME_TYPE as PLAYGROUND
from lessons.widgets.prompts import html as prompts
from lessons.widgets.prompts.ask import MIME_TYPE as PROMPT
from lessons.widgets.quizzes import html as quizzes
from lessons.widgets.quizzes.ask import MIME_TYPE as QUIZ
from lessons.widgets.sounds import html as sounds
from lessons.widgets.sounds.listen import MIME_TYPE as SOUNDS
from lessons.widgets.tables import html as tables
from lessons.widgets.tables.browse import MIME_TYPE as TABLE
from lessons.widgets.trainings import html as trainings
from lessons.widgets.trainings.show import MIME_TYPE as TRAINING

HERE = Path(__file__).parent


def same(stored: Any, computed: Any) -> list[str]:
    """Say whether two payloads differ at all.

    Examples
    --------
    >>> same({"name": "a"}, {"name": "a"}), same({"name": "a"}, {"name": "b"})
    ([], ['differs'])
    """
    return [] if stored == computed else ["differs"]


@dataclass(frozen=True)
class Widget:
    """One kind of widget.

    Attributes
    ----------
    mime_type : str
        Under which an output holds its payload.
    to_html : callable
        Takes the payload, returns the HTML of a page.
    folder : str
        Its folder in this one, with its Python, its script and its style sheet.
    css_class : str
        The class of its outermost element, by which a page is known to have one.
    without_scripts : str
        What a page says of it where no scripts run.
    shares : tuple of str
        Scripts and style sheets that it has in common with others, in the folder ``shared``.
    also : str
        A pattern for pages without one that need its script all the same.
    differences : callable
        Takes a stored and a computed payload; returns what differs, in words.
    """

    mime_type: str
    to_html: Callable[[Any], str]
    folder: str
    css_class: str
    without_scripts: str
    shares: tuple[str, ...] = ()
    also: str = ""
    differences: Callable[[Any, Any], list[str]] = field(default=same)

    @property
    def pattern(self) -> str:
        """What in the HTML of a page asks for the script."""
        return rf'class="[^"]*\b{self.css_class}\b' + (f"|{self.also}" if self.also else "")

    @property
    def assets(self) -> list[Path]:
        """Its scripts and style sheets; what it shares with others first."""
        own = sorted(p for p in (HERE / self.folder).iterdir() if p.suffix in {".js", ".css"})
        return [*(HERE / "shared" / name for name in self.shares), *own]

    @property
    def later(self) -> list[Path]:
        """Scripts that its script loads when a reader begins to use it."""
        return sorted((HERE / self.folder / "later").glob("*.js"))


REGISTRY = (
    Widget(EXPLORER, explorers.to_html, "explorers", "explorer",
           "figures show their first state only", differences=differences),
    Widget(QUIZ, quizzes.to_html, "quizzes", "quiz", "quizzes do not answer"),
    Widget(GUESS, guesses.to_html, "guesses", "guess", "what is to be guessed is told at once"),
    # An explorer of accelerators follows the machine that was chosen in an estimate.
    Widget(ESTIMATE, estimates.to_html, "estimates", "estimate",
           "estimates hold for the first machine only", also='data-key="chip"'),
    Widget(SOUNDS, sounds.to_html, "sounds", "sounds",
           "of several sounds only the first can be played"),
    Widget(CATALOGUE, catalogues.to_html, "catalogues", "catalogue",
           "lists show all their entries"),
    Widget(PLAYGROUND, playground.to_html, "playground", "playground",
           "the playground trains and draws nothing", shares=("later.js",)),
    Widget(TABLE, tables.to_html, "tables", "browse", "long tables have no search"),
    Widget(PROMPT, prompts.to_html, "prompts", "prompt", "the small GPT reads no other text",
           shares=("later.js", "later.css")),
    Widget(TRAINING, trainings.to_html, "trainings", "training",
           "no GPT trains here: its recorded run is shown", shares=("later.js", "later.css")),
)
