"""Sounds to play, in a kernel and on the website, each with its picture if the author gives one.

What is stored are the samples and the picture in few levels: the same bytes in every build.
"""

import base64
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from lessons.data.sounds import RATE, to_wav
from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name

MIME_TYPE = "application/vnd.lessons.sounds+json"
N_LEVELS = 7  # of a picture, besides white
DEPTH = 4.0  # how many powers of ten below its loudest cell a picture is white
MAX_BYTES = 400_000  # of all sounds and pictures of one widget


class Sounds:
    """Some sounds, one at a time. Made by `listen`; shows itself as a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        names = ", ".join(sound["text"] for sound in self.payload["sounds"])
        text = f"{self.payload['title']} Sounds: {names}. Run this cell to hear them here."
        if in_page():
            from lessons.widgets.sounds.html import to_html

            return {"text/html": to_html(self.payload), "text/plain": text}
        if not recording():
            from lessons.widgets.sounds.html import players

            return {"text/html": players(self.payload), "text/plain": text}
        return {MIME_TYPE: self.payload, "text/plain": text}


def listen(
    sounds: Mapping[str, np.ndarray], *, name: str, title: str,
    pictures: Mapping[str, np.ndarray] | None = None, rate: int = RATE,
) -> Sounds:
    """Let the reader hear sounds.

    Parameters
    ----------
    sounds : dict of str to numpy.ndarray
        What each is called, and its samples, shape (n_samples,), between -1 and 1.
    name : str
        Short and unique on the page, such as ``"voices"``.
    title : str
        What to listen for.
    pictures : dict of str to numpy.ndarray, optional
        For each sound, with the same names, levels as powers of ten, shape (n_frames, n_bands),
        such as ``log_mel`` gives. A line runs over the picture while the sound is played.
    rate : int
        Samples a second.

    Raises
    ------
    ValueError
        For an author's mistake: names the widget and says what to change.

    Examples
    --------
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / 8000)
    >>> made = listen({"A": tone, "louder": 1.9 * tone}, name="tones", title="Which is louder?")
    >>> [(sound["text"], sound["seconds"]) for sound in made.payload["sounds"]]
    [('A', 0.1), ('louder', 0.1)]
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"sounds {name!r}: {what}")

    if not is_short_name(name):
        fail(SHORT_NAME)
    if not title.strip():
        fail("give a title that says what to listen for")
    if not sounds or not all(isinstance(text, str) and text.strip() for text in sounds):
        fail("give one sound or more, each with what it is called")
    if pictures is not None and list(pictures) != list(sounds):
        fail("pictures need the same names as sounds, in the same order")
    made: list[dict[str, Any]] = []
    for text, x in sounds.items():
        try:
            wav = to_wav(x, rate)
        except ValueError as error:
            fail(f"{text!r}: {error}")
        sound: dict[str, Any] = {"text": text, "seconds": round(len(x) / rate, 3),
                                 "wav": base64.b64encode(wav).decode("ascii")}
        if pictures is not None:
            sound["picture"] = _levels(fail, text, pictures[text])
        made.append(sound)
    size = sum(len(s["wav"]) + sum(map(len, s.get("picture", []))) for s in made)
    if size > MAX_BYTES:
        fail(f"{size:,} bytes, at most {MAX_BYTES:,}: give fewer or shorter sounds")
    return Sounds({"name": name, "title": title, "sounds": made})


def _levels(fail: Any, text: str, picture: np.ndarray) -> list[str]:
    """Return a picture as one line of digits for each band, the highest band first."""
    picture = np.asarray(picture, dtype=float)
    if picture.ndim != 2 or picture.size == 0 or not np.isfinite(picture).all():
        fail(f"the picture of {text!r} is no table of finite numbers, (n_frames, n_bands)")
    share = np.clip((picture - picture.max()) / DEPTH + 1, 0, 1)
    return ["".join(map(str, row)) for row in np.rint(N_LEVELS * share).astype(int).T[::-1]]
