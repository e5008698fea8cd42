"""What a page shows or asks: explorers, guesses, quizzes, estimates, sounds, lists, checks."""

from lessons.widgets.catalogues.browse import browse
from lessons.widgets.checks.check import check, hint
from lessons.widgets.estimates.table import estimate
from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.explorer import explore
from lessons.widgets.guesses.ask import guess
from lessons.widgets.quizzes.ask import quiz
from lessons.widgets.sounds.listen import listen

__all__ = [
    "browse", "check", "choice", "estimate", "explore", "guess", "hint", "listen", "quiz", "slider",
]
