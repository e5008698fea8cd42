"""The texts of the study: cut into blocks, copied, spoilt, filtered and mixed.

Every text is bytes. Blocks are `BLOCK` bytes long and drawn at random, because the beginning of a
text is about something else than the rest: a part of it taken as it stands would change subject
and amount at once.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from lessons.data import corpus
from lessons.data.texts import docstrings
from lessons.engine.duplicates import copies, near_duplicates

BLOCK = 480  # bytes: five windows of 96
LEAST = 60  # letters of a paragraph that is looked at: shorter ones are titles and marks
THRESHOLD = 0.8
N_HELD = 80  # blocks of docstrings that are kept for validation
N_TEST = 6  # blocks of the test that leaks
N_POOL, N_REFERENCE = 480, 48  # blocks for the filter to sort, and blocks that it counts


@cache
def topics() -> tuple[str, str]:
    """Return the manual of Python for training and validation, as in chapter 10."""
    return corpus.split(corpus.topics())


def dropped(text: str, keep: Sequence[bool]) -> str:
    """Return a text with only some of its paragraphs.

    Examples
    --------
    >>> dropped("a\\n\\nb\\n\\nc", [True, False, True])
    'a\\n\\nc'
    """
    parts = text.split("\n\n")
    return "\n\n".join(part for part, kept in zip(parts, keep, strict=True) if kept)


def not_copies(text: str, threshold: float = THRESHOLD) -> np.ndarray:
    """Return for each paragraph whether it stays when near copies go; short ones stay."""
    parts = text.split("\n\n")
    long = [i for i, part in enumerate(parts) if len(part) >= LEAST]
    found = near_duplicates([parts[i] for i in long], threshold)
    keep = np.ones(len(parts), dtype=bool)
    keep[[long[i] for i in copies(len(long), found)]] = False
    return keep


def at_random(text: str, n_bytes: int, rng: np.random.Generator) -> np.ndarray:
    """Return for each paragraph whether it stays when `n_bytes` go, drawn at random.

    Only paragraphs go that a search for copies would have looked at.
    """
    sizes = np.array([len(part.encode()) + 2 for part in text.split("\n\n")])
    keep = np.ones(len(sizes), dtype=bool)
    for i in rng.permutation(np.flatnonzero(sizes >= LEAST + 2)):
        if sizes[~keep].sum() >= n_bytes:
            break
        keep[i] = False
    return keep


@cache
def base() -> str:
    """Return the training text without near copies: what all experiments with blocks draw from."""
    train = topics()[0]
    return dropped(train, not_copies(train))


@cache
def library() -> str:
    """Return docstrings of five libraries, one of each group of near copies, in random order."""
    first = {one.group: one.text for one in docstrings()}
    texts = [first[group] for group in sorted(first)]
    order = np.random.default_rng(0).permutation(len(texts))
    return "\n\n".join(texts[i] for i in order)


def blocks(text: str) -> list[bytes]:
    """Return a text as blocks of `BLOCK` bytes; the rest is left out.

    Examples
    --------
    >>> [len(block) for block in blocks("x" * 1000)]
    [480, 480]
    """
    raw = text.encode()
    return [raw[i : i + BLOCK] for i in range(0, len(raw) - BLOCK + 1, BLOCK)]


def drawn(text: str, n: int, seed: int) -> list[bytes]:
    """Return `n` different blocks of a text in random order; the same seed begins alike.

    Raises
    ------
    ValueError
        If the text has fewer blocks.
    """
    found = blocks(text)
    if n > len(found):
        raise ValueError(f"the text has {len(found)} blocks of {BLOCK} bytes, asked for {n}")
    return [found[i] for i in np.random.default_rng(seed).permutation(len(found))[:n]]


def shuffled(parts: Sequence[bytes], seed: int) -> bytes:
    """Return blocks joined in random order."""
    order = np.random.default_rng([seed, 1]).permutation(len(parts))
    return b"".join(parts[i] for i in order)


def garbled(block: bytes, rng: np.random.Generator, share: float = 0.15) -> bytes:
    """Return a block in which some bytes are replaced by random letters.

    Examples
    --------
    >>> garbled(b"aaaa", np.random.default_rng(0), share=0.0)
    b'aaaa'
    """
    raw = np.frombuffer(block, dtype=np.uint8).copy()
    hit = rng.random(len(raw)) < share
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
    raw[hit] = rng.choice(letters, hit.sum())
    return raw.tobytes()


def words_shuffled(block: bytes, rng: np.random.Generator) -> bytes:
    """Return a block with its words in random order; blanks and line ends stay where they are.

    Examples
    --------
    >>> sorted(words_shuffled(b"one two", np.random.default_rng(0)).split())
    [b'one', b'two']
    """
    parts, gaps, word = [], [], b""
    for byte in block:
        if byte in b" \n":
            parts.append(word)
            gaps.append(bytes([byte]))
            word = b""
        else:
            word += bytes([byte])
    filled = [i for i, part in enumerate(parts) if part]
    moved = dict(zip(filled, rng.permutation(filled), strict=True))
    out = [parts[moved[i]] if i in moved else b"" for i in range(len(parts))]
    return b"".join(a + b for a, b in zip(out, gaps, strict=True)) + word


NOISE = {"garbled": garbled, "words shuffled": words_shuffled}


def pairs_of_bytes(text: bytes, alpha: float = 0.1) -> np.ndarray:
    """Return the bits that each byte costs after each other, counted in a text: (256, 256)."""
    raw = np.frombuffer(text, dtype=np.uint8).astype(int)
    counts = np.bincount(raw[:-1] * 256 + raw[1:], minlength=256 * 256).reshape(256, 256) + alpha
    return -np.log2(counts / counts.sum(axis=1, keepdims=True))


def bits(block: bytes, table: np.ndarray) -> float:
    """Return the mean bits per byte of a block by a table of pairs.

    Examples
    --------
    >>> round(bits(b"aaaa", pairs_of_bytes(b"aaaaaaaa")), 2)
    2.2
    """
    raw = np.frombuffer(block, dtype=np.uint8)
    return float(table[raw[:-1], raw[1:]].mean())


def spoilt_pool(noise: str, seed: int) -> tuple[list[bytes], np.ndarray, np.ndarray]:
    """Return blocks of which half are spoilt, which are, and the filter's bits for each.

    The filter has counted pairs of bytes in blocks of the same text that are not in the pool.
    """
    found = drawn(base(), N_POOL + N_REFERENCE, seed)
    pool, reference = found[:N_POOL], b"".join(found[N_POOL:])
    rng = np.random.default_rng([seed, 2])
    spoilt = np.arange(N_POOL) % 2 == 1
    pool = [NOISE[noise](block, rng) if bad else block
            for block, bad in zip(pool, spoilt, strict=True)]
    table = pairs_of_bytes(reference)
    return pool, spoilt, np.array([bits(block, table) for block in pool])


def tests(seed: int) -> dict[str, bytes]:
    """Return a test, another one, and the rest of the validation text, in blocks drawn by seed."""
    found = blocks(topics()[1])
    found = [found[i] for i in np.random.default_rng([seed, 3]).permutation(len(found))]
    return {"test": b"".join(found[:N_TEST]), "other": b"".join(found[N_TEST : 2 * N_TEST]),
            "rest": b"".join(found[2 * N_TEST :])}
