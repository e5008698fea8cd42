"""Text for language models that needs no download, and its split for training and validation."""

import gzip
import re
from importlib import resources

import numpy as np

TITLE = re.compile(r"\n\n(?=\S[^\n]*\n\*{3,}\n)")  # a blank line before an underlined title


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
        Topics under titles that are underlined with asterisks, as in `topics`, which are kept
        whole; or paragraphs with blank lines between them.
    valid_share : float
        At most this share of the text is kept for validation, above 0 and below 1.
    rng : numpy.random.Generator
        Draws the topics for validation: from all over the text, because its end is rarely like
        the rest. If not given, a new generator with seed 0, so that all runs are measured alike.

    Returns
    -------
    train, valid : str
        In the order of the text. A paragraph of two lines or more that stands in both is taken
        out of `train`: a model that has seen it would repeat it and look better than it is.

    Raises
    ------
    ValueError
        If the share is out of range, or so small that no topic fits into it.

    Examples
    --------
    >>> train, valid = split(topics())
    >>> len(train), len(valid)
    (403209, 46286)
    """
    if not 0 < valid_share < 1:
        raise ValueError(f"valid_share is above 0 and below 1, such as 0.1, got {valid_share}")
    parts = TITLE.split(text)
    parts = parts if len(parts) > 1 else text.split("\n\n")
    rng = np.random.default_rng(0) if rng is None else rng
    chosen, room = set(), valid_share * len(text)
    for i in rng.permutation(len(parts)):
        if len(parts[i]) + 2 <= room:  # with the blank line that joins it to others
            chosen.add(i)
            room -= len(parts[i]) + 2
    train, valid = ("\n\n".join(part for i, part in enumerate(parts) if (i in chosen) is kept)
                    for kept in (False, True))
    if not valid.strip():
        raise ValueError(f"none of the {len(parts)} parts of this text fits into {valid_share:.3g} "
                         "of it: give a longer text with blank lines, or a larger valid_share")
    return _without_shared(train, valid), valid


def _without_shared(train: str, valid: str) -> str:
    """Return `train` less the paragraphs of two lines or more that `valid` has too."""
    held_out = {paragraph for paragraph in valid.split("\n\n") if "\n" in paragraph}
    return "\n\n".join(p for p in train.split("\n\n") if p not in held_out)
