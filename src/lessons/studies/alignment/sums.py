"""The task: sums of two numbers, texts in which people did them, and programs that check.

A question is ``37+48=``, six tokens; its answer ``85.``. The texts to learn from first hold sheets
of bare questions and sheets of answered ones, by writers who slip and who sometimes list more than
one number.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

CHARS = "0123456789+=,.\n"
LOW, HIGH = 10, 59  # of the numbers that are added
N_PROMPT, N_NEW = 6, 9  # tokens of a question, and at most of an answer
LENGTH = N_PROMPT + N_NEW
BARE, LISTS, SLIPS = 0.4, 0.2, 0.3  # sheets without answers; lists; wrong numbers
STOP, NEWLINE = CHARS.index("."), CHARS.index("\n")
ENDS = (STOP, NEWLINE)

Pair = tuple[int, int]


def encode(text: str) -> list[int]:
    """Return a text as token ids.

    Raises
    ------
    ValueError
        If a character is not in the vocabulary.

    Examples
    --------
    >>> encode("12+34=")
    [1, 2, 10, 3, 4, 11]
    """
    unknown = set(text) - set(CHARS)
    if unknown:
        raise ValueError(f"the model knows {CHARS!r}, not {''.join(sorted(unknown))!r}")
    return [CHARS.index(c) for c in text]


def decode(tokens: Sequence[int]) -> str:
    """Return token ids as text.

    Examples
    --------
    >>> decode([1, 2, 10, 3, 4, 11])
    '12+34='
    """
    return "".join(CHARS[i] for i in tokens)


@cache
def _parts() -> dict[Pair, str]:
    some = [(a, b) for a in range(LOW, HIGH + 1) for b in range(a, HIGH + 1)]
    order = np.random.default_rng(20).permutation(len(some))
    names = ["test"] * (len(some) // 8) + ["tune"] * (len(some) // 8)
    return {some[i]: name for i, name in zip(order, names + ["train"] * len(some), strict=False)}


def pairs(part: str) -> list[Pair]:
    """Return all pairs of numbers of a part, in an order that says nothing.

    An eighth of the questions is there to measure with (``"test"``), an eighth to choose by
    (``"tune"``), the rest to learn from (``"train"``); ``a + b`` and ``b + a`` are in one part.

    Examples
    --------
    >>> sum(len(pairs(part)) for part in ("train", "tune", "test"))  # 50 times 50
    2500
    """
    both = [(a, b) for low, name in _parts().items() if name == part
            for a, b in dict.fromkeys((low, low[::-1]))]
    return [both[i] for i in np.random.default_rng(21).permutation(len(both))]


def question(pair: Pair) -> str:
    """Return the text of a question.

    Examples
    --------
    >>> question((37, 48))
    '37+48='
    """
    return f"{pair[0]}+{pair[1]}="


def sum_of(asked: str) -> int:
    """Return the truth about a question.

    Examples
    --------
    >>> sum_of("37+48=")
    85
    """
    a, b = asked.rstrip("=").split("+")
    return int(a) + int(b)


def exact(asked: str, answer: str) -> float:
    """Return 1 if the answer is the sum, its end, and nothing else; otherwise 0.

    Examples
    --------
    >>> exact("37+48=", "85."), exact("37+48=", "84,85.")
    (1.0, 0.0)
    """
    return float(answer == f"{sum_of(asked)}.")


def lenient(asked: str, answer: str) -> float:
    """Return 1 if the sum occurs anywhere in the answer: a checker with a hole.

    Examples
    --------
    >>> lenient("37+48=", "84,85.")
    1.0
    """
    return float(str(sum_of(asked)) in answer)


def written(pair: Pair, rng: np.random.Generator) -> str:
    """Return an answer as the writers give it: sometimes a list, each number sometimes wrong."""
    numbers = [sum(pair) + (int(rng.choice([-10, -1, 1, 10])) if rng.random() < SLIPS else 0)
               for _ in range(1 + (rng.random() < LISTS))]
    return ",".join(map(str, numbers)) + "."


def sheet(rng: np.random.Generator, some: Sequence[Pair], n_chars: int) -> str:
    """Return the beginning of a sheet: bare questions, or answered ones."""
    bare, text = rng.random() < BARE, ""
    while len(text) < n_chars:
        pair = some[rng.integers(len(some))]
        text += f"{question(pair)}{'' if bare else written(pair, rng)}\n"
    return text[:n_chars]


def drawn(some: Sequence[Pair], size: int, rng: np.random.Generator) -> Iterator[list[Pair]]:
    """Yield groups of different pairs, for ever."""
    while True:
        yield [some[i] for i in rng.choice(len(some), size, replace=False)]
