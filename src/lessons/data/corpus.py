"""Text for language models that needs no download, and its split for training and validation."""

import gzip
import re
from collections.abc import Iterator
from importlib import resources

import numpy as np

TITLE = re.compile(r"\n\n(?=\S[^\n]*\n\*{3,}\n)")  # a blank line before an underlined title
BLANK = re.compile(r"\r?\n\s*\n")  # one that may hold spaces, tabs or a form feed
N_STRETCHES, N_LEAST = 100, 10  # how many, and of how many characters at least


def topics() -> str:
    """Return the help topics of the Python language reference, as `pydoc` shows them.

    Notes
    -----
    Every Python ships such topics as ``pydoc_data.topics``, but from one version to the next the
    text differs, and with it every number that is computed from it. So the package holds a copy
    of Python 3.11's, under the licence of Python (``corpus_topics.LICENSE.txt``, beside it): all
    79 topics, sorted by their keys and joined by blank lines. Nearly a fifth of the text repeats,
    word for word, what stands in another topic.

    Examples
    --------
    >>> text = topics()
    >>> len(text), text[:22]
    (465048, 'The "assert" statement')
    """
    packed = (resources.files("lessons.data") / "corpus_topics.txt.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8")


def split(
    text: str, valid_share: float = 0.1, rng: np.random.Generator | None = None
) -> tuple[str, str]:
    """Split a text into one for training and one for validation, which share no paragraph.

    Parameters
    ----------
    text : str
        It is cut into parts, which stay whole: the first of `ways` with a part that fits.
    valid_share : float
        At most this share of the text is kept for validation, above 0 and below 1.
    rng : numpy.random.Generator
        Draws the parts for validation: from all over the text, because its end is rarely like
        the rest. If not given, a new generator with seed 0, so that all runs are measured alike.

    Returns
    -------
    train, valid : str
        In the order of the text. A paragraph of two lines or more that stands in both is taken
        out of `train`: a model that has seen it would repeat it and look better than it is.

    Raises
    ------
    ValueError
        If the share is out of range, or so small that no part fits into it.

    Examples
    --------
    >>> train, valid = split(topics())
    >>> len(train), len(valid)
    (403209, 46286)
    """
    for _, train, valid in splits(text, valid_share, rng):
        return train, valid
    if not text.strip():
        raise ValueError("there is nothing in this text but white space: give a longer text")
    raise ValueError(f"no part of this text fits into {valid_share:.3g} of it, wherever it is cut: "
                     "give a longer text, or a larger valid_share")


def splits(
    text: str, valid_share: float = 0.1, rng: np.random.Generator | None = None
) -> Iterator[tuple[str, str, str]]:
    """Yield what `split` returns for each way that gives both parts, after the way's name.

    Examples
    --------
    >>> names = "".join(f"name {i}\\n" for i in range(300))
    >>> [way for way, train, valid in splits(names)]
    ['lines', 'stretches of equal length']
    """
    if not 0 < valid_share < 1:
        raise ValueError(f"valid_share is above 0 and below 1, such as 0.1, got {valid_share}")
    rng = np.random.default_rng(0) if rng is None else rng
    for way, parts, joint in ways(text):
        if len(parts) > 1:
            chosen, room = set(), valid_share * len(text)
            for i in rng.permutation(len(parts)):
                size = len(parts[i]) + len(joint)
                if size <= room:
                    chosen.add(i)
                    room -= size
            train, valid = (joint.join(p for i, p in enumerate(parts) if (i in chosen) is kept)
                            for kept in (False, True))
            if valid.strip():
                yield way, _without_shared(train, valid), valid


def ways(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield the ways to cut a text, the strictest first: name, parts, and what joins them again.

    Topics under titles that are underlined with asterisks, as in `topics`; paragraphs with blank
    lines between them; the same where blank lines may hold spaces; lines, whatever ends them; and
    at last, for a text that is one line, a hundred stretches, cut at spaces if it has some.

    Examples
    --------
    >>> [len(parts) for way, parts, joint in ways("one\\n \\ntwo\\nthree")]
    [1, 1, 2, 4, 0]
    """
    yield "topics", TITLE.split(text), "\n\n"
    yield "paragraphs", text.split("\n\n"), "\n\n"
    yield "parts between blank lines", BLANK.split(text), "\n\n"
    yield "lines", text.splitlines(keepends=True), ""
    size = len(text) // N_STRETCHES
    yield ("stretches of equal length",
           re.findall(rf"(?s).{{1,{size}}}\S{{0,50}}", text) if size >= N_LEAST else [], "")


def _without_shared(train: str, valid: str) -> str:
    """Return `train` less the paragraphs of two lines or more that `valid` has too."""
    held_out = {paragraph for paragraph in valid.split("\n\n") if "\n" in paragraph}
    return "\n\n".join(p for p in train.split("\n\n") if p not in held_out)
