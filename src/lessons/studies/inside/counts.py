"""What the last bytes tell of quotation marks to whoever counts in all windows that teach."""

import numpy as np
import torch

from lessons.gpt.text import topics
from lessons.studies.inside import states

Votes = dict[bytes, float]


def teaching(seed: int) -> tuple[list[int], np.ndarray, bytes]:
    """Return where the tokens stand that may teach, whether each is between marks, and the text.

    They are all tokens of the windows from which `states.places` draws those that teach a probe,
    but for the first 32 of each window and the marks themselves.

    Examples
    --------
    >>> at, inside, text = teaching(0)
    >>> len(at) == len(inside) > 100_000, bytes([text[at[0]]]) == b'"'
    (True, False)
    """
    data = bytes(topics().train[: 250_000].tolist())
    n_windows = len(data) // states.LENGTH
    some = np.random.default_rng(seed).permutation(n_windows)[: n_windows * 2 // 3]
    at = (some[:, None] * states.LENGTH + np.arange(states.FIRST, states.LENGTH)).ravel()
    at = at[np.frombuffer(data, np.uint8)[at] != ord('"')]
    return at.tolist(), states.inside_marks(data)[at], data


def votes(data: bytes, at: list[int], inside: np.ndarray, n: int) -> Votes:
    """Return for each group of `n` bytes how far it speaks for a place between marks.

    Both sides weigh as much in all, however rare one of them is.

    Examples
    --------
    >>> votes(b"abab", [0, 1, 2, 3], np.array([True, False, False, False]), 1)
    {b'a': 0.6666666666666667, b'b': -0.6666666666666666}
    """
    share = float(inside.mean())
    found: Votes = {}
    for i, yes in zip(at, inside.tolist(), strict=True):
        group = data[i - n + 1: i + 1]
        found[group] = found.get(group, 0) + (1 / share if yes else -1 / (1 - share)) / len(at)
    return found


def says(tables: list[Votes], data: bytes, i: int) -> bool:
    """Return what the longest group that was seen says; `tables` holds those of 1 byte, then of 2.

    Examples
    --------
    >>> says([{b"a": 0.5, b"b": -0.5}, {b"ab": 0.1}], b"abb", 1)  # "ab" was seen
    True
    >>> says([{b"a": 0.5, b"b": -0.5}, {b"ab": 0.1}], b"abb", 2)  # "bb" was not, so ask "b"
    False
    """
    for n in range(len(tables), 0, -1):
        group = data[i - n + 1: i + 1]
        if group in tables[n - 1]:
            return tables[n - 1][group] > 0
    return False


def by_counting(seed: int, n: int) -> float:
    """Return the share of the probe's test tokens that up to `n` last bytes tell rightly."""
    at, inside, data = teaching(seed)
    tables = [votes(data, at, inside, size) for size in range(1, n + 1)]
    w, t, y = states.places(seed)["test"]
    guesses = [says(tables, data, i) for i in (w * states.LENGTH + t).tolist()]
    return (torch.tensor(guesses) == y.bool()).double().mean().item()
