"""Recorded trainings of a tiny GPT, and a place to train another one."""

from typing import Any

from lessons.widgets.base import Recorded, check_recorded
from lessons.widgets.trainings.html import NAMES, plain

MIME_TYPE = "application/vnd.lessons.training+json"


def training(runs: list[dict[str, Any]], *, mean_of: int, name: str, title: str) -> Recorded:
    """Show recorded trainings of a tiny GPT, and let the reader train one.

    Parameters
    ----------
    runs : list of dict
        As `experiments.page_live` records them; the first one is shown first.
    mean_of : int
        How many steps each recorded training loss is the mean of.
    name : str
        Short and unique on the page, such as ``"train-here"``.
    title : str
        What to try.

    Raises
    ------
    ValueError
        For an author's mistake: names the widget and says what to change.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> made = training(record()["tiny"], mean_of=10, name="train-here", title="Train a tiny GPT")
    >>> print(in_words(made.payload).splitlines()[2][:60])
    names of functions: 1,000 steps, held-out loss from 5.08 to
    """
    check_recorded("training", name, title)
    if not runs or any(run.get("source") not in NAMES for run in runs):
        raise ValueError(f"training {name!r}: give one run or more, of {', '.join(NAMES)}")
    payload = {"name": name, "title": title, "mean_of": mean_of, "runs": runs}
    return Recorded(MIME_TYPE, payload, plain, in_words)


def in_words(payload: dict[str, Any]) -> str:
    """Return the recorded trainings in a line each, and how to train without the website."""
    lines = [f"{NAMES[run['source']]}: {run['held'][-1][0]:,} steps, held-out loss from "
             f"{run['held'][0][1]:.2f} to {run['held'][-1][1]:.2f} bits per character; counting "
             f"pairs of neighbours needs {run['bigram']:.2f}" for run in payload["runs"]]
    return "\n".join([payload["title"], "Recorded:", *lines, "On the website you can train one; "
                      "here, use lessons.train.tiny.TinyRun."])
