"""A model that only counts, and what becomes of a text when it learns from its own."""

import numpy as np

MEMORY = 5  # bytes that it looks back at
ROWS = 256


def written(raw: bytes, rng: np.random.Generator, memory: int = MEMORY) -> bytes:
    """Return as many bytes as were read, each drawn from those that followed the same ones before.

    Rows are written side by side. The text is read as a circle, so that every context goes on.

    Raises
    ------
    ValueError
        If the memory is not 1 to 7 bytes, or the text no longer than the memory or the rows.

    Examples
    --------
    >>> written(b"ab" * 200, np.random.default_rng(0), memory=1)[:4] in (b"abab", b"baba")
    True
    """
    if not 1 <= memory <= 7:
        raise ValueError(f"memory is 1 to 7 bytes, to fit into a number, got {memory}")
    if len(raw) < ROWS:
        raise ValueError(f"{len(raw)} bytes are too few for {ROWS} rows: give more")
    data = np.frombuffer(raw + raw[:memory], dtype=np.uint8).astype(np.int64)
    places = 256 ** np.arange(memory, dtype=np.int64)[::-1]  # the oldest counts most
    contexts = sum(data[i : len(raw) + i] * place for i, place in enumerate(places))
    order = np.argsort(contexts, kind="stable")
    known = contexts[order]
    now, out = contexts[rng.integers(len(contexts), size=ROWS)], []
    for _ in range(-(-len(raw) // ROWS)):
        first, last = (np.searchsorted(known, now, side) for side in ("left", "right"))
        new = data[order[first + rng.integers(last - first)] + memory]
        now = now % 256 ** (memory - 1) * 256 + new
        out.append(new)
    return np.stack(out, axis=1).astype(np.uint8).tobytes()[: len(raw)]


def generations(
    real: bytes, n: int, keep: str, seed: int = 0, memory: int = MEMORY
) -> list[bytes]:
    """Return the real text, and what the model writes after 1 to n generations.

    Parameters
    ----------
    keep : {"nothing", "half", "all"}
        How much of what each generation reads is real: with ``"all"`` it is the first model again.

    Examples
    --------
    >>> [len(text) for text in generations(b"to be or not " * 40, 2, "half")]
    [520, 520, 520]
    """
    if keep not in ("nothing", "half", "all"):
        raise ValueError(f"keep nothing, half or all of the real text, got {keep!r}")
    rng, texts = np.random.default_rng(seed), [real]
    half = len(real) // 2
    for _ in range(n):
        before = texts[-1]
        read = {"nothing": before, "half": real[:half] + before[half:], "all": real}[keep]
        texts.append(written(read, rng, memory))
    return texts
