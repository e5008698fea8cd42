"""What a page shows or asks: explorers, guesses, quizzes, estimates, sounds, checks."""

from lessons.widgets.checks.check import check, hint
from lessons.widgets.estimates.table import estimate
from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.explorer import explore
from lessons.widgets.guesses.ask import guess
from lessons.widgets.quizzes.ask import quiz
from lessons.widgets.sounds.listen import listen

__all__ = ["check", "choice", "estimate", "explore", "guess", "hint", "listen", "quiz", "slider"]
