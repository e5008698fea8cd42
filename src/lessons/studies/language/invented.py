"""A small invented language: sentences, their translation, and which word comes from which."""

from dataclasses import dataclass

import numpy as np

#: Nouns of two classes. The class decides the ending of the adjectives.
NOUNS = {"cat": "mir", "dog": "vek", "bird": "tul", "fish": "pan", "king": "dor",
         "moon": "ash", "tree": "lum", "boat": "ser", "stone": "gib", "river": "nol"}
CLASS = {noun: "o" if i < 5 else "i" for i, noun in enumerate(NOUNS)}
ADJECTIVES = {"old": "tam", "red": "sun", "big": "bun", "small": "kel", "wise": "fer",
              "cold": "zim", "young": "hap", "dark": "mor"}
VERBS = {"sees": "garru", "finds": "bettu", "likes": "ossu", "follows": "wennu", "loses": "chiru",
         "keeps": "dallu"}
#: "the" is not said at all.
ARTICLES = {"the": None, "a": "ye"}
PAD, START, END = 0, 1, 2
SOURCE = ["<pad>", "<start>", "<end>", *ARTICLES, *NOUNS, *ADJECTIVES, *VERBS]
TARGET = ["<pad>", "<start>", "<end>", "ye", *NOUNS.values(), *VERBS.values(),
          *(a + ending for a in ADJECTIVES.values() for ending in "oi")]
MOST = 4  # adjectives of a noun


@dataclass(frozen=True)
class Pair:
    """A sentence, its translation, and for each word of the translation its source.

    Attributes
    ----------
    source, target : tuple of str
        The words.
    aligned : tuple of int
        Places in `source`, one for each word of `target`.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    aligned: tuple[int, ...]


def translate(source: tuple[str, ...] | list[str]) -> Pair:
    """Translate a sentence by the rules: the verb goes last, adjectives behind their noun.

    Raises
    ------
    ValueError
        If it is not article, adjectives, noun, verb, article, adjectives, noun.

    Examples
    --------
    >>> translate("the old cat sees a red moon".split()).target
    ('mir', 'tamo', 'ye', 'ash', 'suni', 'garru')
    """
    words = tuple(source)
    verbs = [i for i, word in enumerate(words) if word in VERBS]
    if len(verbs) != 1:
        raise ValueError(f"a sentence has one verb, got {len(verbs)}: {' '.join(words)!r}")
    out = [*_phrase(words, 0, verbs[0]), *_phrase(words, verbs[0] + 1, len(words)),
           (VERBS[words[verbs[0]]], verbs[0])]
    return Pair(words, tuple(word for word, _ in out), tuple(place for _, place in out))


def _phrase(words: tuple[str, ...], start: int, end: int) -> list[tuple[str, int]]:
    """Return the words of a noun phrase with their places."""
    part = words[start:end]
    fits = (len(part) >= 2 and part[0] in ARTICLES and part[-1] in NOUNS
            and all(word in ADJECTIVES for word in part[1:-1]))
    if not fits:
        raise ValueError(f"not an article, adjectives and a noun: {' '.join(part)!r}")
    article = ARTICLES[part[0]]
    out = [(article, start)] if article else []
    out.append((NOUNS[part[-1]], end - 1))
    return out + [(ADJECTIVES[word] + CLASS[part[-1]], start + 1 + i)
                  for i, word in enumerate(part[1:-1])]


def sentence(rng: np.random.Generator, length: int) -> list[str]:
    """Return a random sentence of so many words, 5 (no adjective) to 13 (four for each noun).

    Examples
    --------
    >>> " ".join(sentence(np.random.default_rng(0), 7))
    'the big wise stone follows the stone'
    """
    if not 5 <= length <= 5 + 2 * MOST:
        raise ValueError(f"sentences have 5 to {5 + 2 * MOST} words, got {length}")
    extra = length - 5
    first = int(rng.integers(max(0, extra - MOST), min(extra, MOST) + 1))

    def one(words: dict) -> str:
        return list(words)[rng.integers(len(words))]

    def phrase(n: int) -> list[str]:
        chosen = rng.permutation(len(ADJECTIVES))[:n]
        return [one(ARTICLES), *(list(ADJECTIVES)[i] for i in chosen), one(NOUNS)]

    return [*phrase(first), one(VERBS), *phrase(extra - first)]


def corpus(seed: int, lengths: list[int], n: int, without: set | None = None) -> list[Pair]:
    """Return n pairs of different sentences whose lengths are drawn from a list.

    Parameters
    ----------
    without : set of tuple of str, optional
        Sentences that must not be among them, such as those trained on.

    Examples
    --------
    >>> [len(pair.source) for pair in corpus(4, [5, 6], 3)]
    [6, 5, 6]
    """
    rng, found = np.random.default_rng(seed), {}
    for _ in range(100 * n):
        words = tuple(sentence(rng, int(rng.choice(lengths))))
        if words not in found and not (without and words in without):
            found[words] = translate(words)
            if len(found) == n:
                return list(found.values())
    raise ValueError(f"found only {len(found)} different sentences of {n}: ask for fewer")


def word_by_word(source: tuple[str, ...]) -> tuple[str, ...]:
    """Return each word's translation in the order of the source: adjectives end in o.

    Examples
    --------
    >>> word_by_word(("the", "old", "moon", "sees", "a", "cat"))
    ('tamo', 'ash', 'garru', 'ye', 'mir')
    """
    table = {**NOUNS, **VERBS, "a": "ye", **{a: t + "o" for a, t in ADJECTIVES.items()}}
    return tuple(table[word] for word in source if word in table)
