"""Which library is this docstring from? What the reader may see, splits, and naive Bayes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lessons.data.texts import LIBRARIES, docstrings
from lessons.engine.naive_bayes import NaiveBayes

#: What is left of a docstring, from all of it to the words of its first paragraphs.
SHOWN = ("everything", "no names", "prose alone")
NAMES = {"matplotlib", "mpl", "mpltoolkits", "numpy", "np", "plt", "pyplot", "pytorch", "scikit",
         "scipy", "sklearn", "torch"}
HEAD = re.compile(  # where prose ends: a title with a line below it, a title with a colon, code
    r"(?m)^[ \t]*(?:\S[^\n]*\n[ \t]*[-=~]{3,}[ \t]*$|[A-Z]\w*(?: \w+)?::?[ \t]*$|>>>|\.\. )")
CODE = re.compile(r"[._`()=\[\]]|[a-z][A-Z]")
N_VALID, N_TEST = 500, 1000
LEAST = 2  # training texts in which a word must stand to be counted


def words_of(text: str, shown: str = "everything") -> list[str]:
    """Return the words of a docstring that a reader may see, in small letters.

    Parameters
    ----------
    text : str
        The docstring.
    shown : {"everything", "no names", "prose alone"}
        Without names, everything written as code is gone (with a dot, a bracket, an underscore, a
        sign of equality, a backquote or a capital inside), and so is each word of `NAMES`. Prose
        alone ends before the first title or example, and has no names either.

    Raises
    ------
    ValueError
        If `shown` is another word, or the text is not a text.

    Examples
    --------
    >>> words_of("Return np.sum of an array.\\n\\nArgs:\\n    x (Tensor): input", "prose alone")
    ['return', 'of', 'an', 'array']
    >>> words_of("See numpy.sum", "no names")
    ['see']
    """
    if shown not in SHOWN or not isinstance(text, str):
        raise ValueError(f"give a text, and what is shown: {', '.join(SHOWN)}; got {shown!r}")
    if shown == "prose alone":
        text = HEAD.split(text)[0]
    if shown != "everything":
        pieces = (re.sub(r"[.,;:!?)]+$", "", piece) for piece in text.split())
        text = " ".join(piece for piece in pieces if not CODE.search(piece))
    found = re.findall(r"[a-z]+", text.lower())
    return found if shown == "everything" else [word for word in found if word not in NAMES]


@dataclass
class Split:
    """Texts for learning, choosing and testing, as rows of `docstrings`."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def split(seed: int, together: bool = True, n_train: int = 3000) -> Split:
    """Split the docstrings at random.

    Parameters
    ----------
    seed : int
        Decides the order.
    together : bool
        Whether docstrings that are nearly the same stay on one side.
    n_train : int
        How many to learn from, 10 to 3,000; a smaller set is the beginning of a larger one.

    Examples
    --------
    >>> parts = split(0)
    >>> len(parts.train), len(parts.valid), len(parts.test)
    (3000, 500, 1000)
    """
    if not 10 <= n_train <= 3000:
        raise ValueError(f"learn from 10 to 3,000 docstrings, got {n_train}")
    group = np.array([one.group for one in docstrings()])
    rng = np.random.default_rng(seed)
    place = rng.permutation(len(group))
    if together:
        place = place[group]  # all of a group come with its leader
    order = np.lexsort((np.arange(len(group)), place))
    ends = [N_TEST, N_TEST + N_VALID]
    if together:  # a group that lies across a border goes to the earlier part
        ends = [next(e for e in range(end, len(order)) if group[order[e]] != group[order[e - 1]])
                for end in ends]
    test, valid, rest = np.split(order, ends)
    return Split(rng.permutation(rest)[:n_train], valid[:N_VALID], test[:N_TEST])


def labels() -> np.ndarray:
    """Return the number of the library of each docstring, shape (4500,).

    Examples
    --------
    >>> labels()[[0, -1]].tolist()
    [0, 4]
    """
    return np.array([LIBRARIES.index(one.library) for one in docstrings()])


def counted(texts: Sequence[Sequence[str]], train: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Count the words of all texts; only words that stand in two training texts or more count.

    Returns
    -------
    counts : numpy.ndarray
        Shape (n_texts, n_words), float32.
    words : list of str
        Sorted.

    Examples
    --------
    >>> counts, words = counted([["a", "b"], ["b", "b"], ["b", "c"]], np.array([0, 1]))
    >>> words, counts.tolist()
    (['b'], [[1.0], [2.0], [1.0]])
    """
    in_texts: dict[str, int] = {}
    for i in train:
        for word in set(texts[i]):
            in_texts[word] = in_texts.get(word, 0) + 1
    words = sorted(word for word, n in in_texts.items() if n >= LEAST)
    if not words:
        raise ValueError("no word stands in two of the training texts: give more of them")
    index = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(texts), len(words)), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text:
            if word in index:
                counts[row, index[word]] += 1
    return counts, words


def bayes(counts: np.ndarray, y: np.ndarray, alpha: float) -> NaiveBayes:
    """Return naive Bayes, fitted."""
    return NaiveBayes(alpha).fit(counts, y)
