"""What enters a speedrun: a recipe, its number of steps, and the idea behind it."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from lessons.studies.trial import Recipe


@dataclass(frozen=True)
class Entry:
    """One way to chapter 10's score.

    It chooses model, optimiser, schedule, objective, batches and steps. The text, its split, the
    tokens and the way the score is read are those of chapter 10, and no entry can change them.

    Attributes
    ----------
    name, idea : str
        The idea in a line: what differs from the row before.
    n_steps : int
    recipe : Recipe
        Its model gives logits (B, T, 1024) for up to 128 tokens. Its schedule is told which share
        of the `n_steps` is done.

    Raises
    ------
    ValueError
        If there is no name, or no step.

    Examples
    --------
    >>> Entry("mine", "no step at all", 0, Recipe())
    Traceback (most recent call last):
        ...
    ValueError: n_steps is a whole number from 1 on, got 0
    """

    name: str
    idea: str
    n_steps: int
    recipe: Recipe

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"an entry needs a name, got {self.name!r}")
        if type(self.n_steps) is not int or self.n_steps < 1:
            raise ValueError(f"n_steps is a whole number from 1 on, got {self.n_steps!r}")
        if not isinstance(self.recipe, Recipe):
            raise ValueError(f"recipe is a lessons.studies.trial.Recipe, got {self.recipe!r}")


def from_file(path: str | Path) -> Entry:
    """Return the entry of a Python file: what the file names ``entry``.

    The file is run as any program is: read those of others before you do this.

    Raises
    ------
    ValueError
        If there is no such file, it fails, or it has no entry.
    """
    path = Path(path)
    if not path.is_file() or path.suffix != ".py":
        raise ValueError(f"no Python file {str(path)!r}: give one that sets `entry = Entry(...)`")
    spec = importlib.util.spec_from_file_location("entry_of_a_reader", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} fails: {type(error).__name__}: {error}") from error
    entry = getattr(module, "entry", None)
    if not isinstance(entry, Entry):
        raise ValueError(f"{path} has no entry: let it end with `entry = Entry(...)`")
    return entry
