"""Byte-level byte-pair encoding: from text to numbers and back, without loss.

A text is first cut into pieces, mostly words with the space before them, and written as bytes in
UTF-8: tokens 0 to 255. Training then joins the most frequent pair of neighbouring tokens into a
new token, over and over. No token crosses from one piece into the next.

References
----------
Gage, A New Algorithm for Data Compression, C Users Journal 12(2), 1994.
Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with Subword Units, ACL 2016.
Radford et al., Language Models are Unsupervised Multitask Learners, 2019: the same on bytes.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from lessons.gpt.pairs import Pair, PairCounts

N_BYTES = 256
LONG = 64  # bytes; longer pieces are rare where words have spaces between them

# Letters, digits, or other signs, each with one space before them if there is one; then white
# space, which leaves its last character to the word that follows. Every character fits somewhere.
PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")


def pieces(text: str) -> list[str]:
    """Cut a text into the pieces that no token crosses; joined they are the text again.

    Examples
    --------
    >>> pieces("if x_1 > 10:\\n    return")
    ['if', ' x', '_', '1', ' >', ' 10', ':', '\\n   ', ' return']
    """
    return PIECE.findall(text)


def merge(ids: list[int], pair: Pair, new: int) -> list[int]:
    """Replace each occurrence of `pair` in a list of token ids by `new`, from left to right.

    Examples
    --------
    >>> merge([1, 1, 1, 2, 1, 2], (1, 2), 256)
    [1, 1, 256, 256]
    """
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


class BytePairTokenizer:
    """Turns text into token ids and back.

    Parameters
    ----------
    merges : sequence of pairs of int
        Which two tokens are joined, in the order in which training found them: the first pair
        becomes token 256, the next one token 257.

    Attributes
    ----------
    vocab : list of bytes
        What each token stands for.

    Raises
    ------
    ValueError
        If a merge joins tokens that do not exist before it, or stands there twice.

    Examples
    --------
    >>> tokenizer = BytePairTokenizer([(104, 101), (256, 108)])
    >>> tokenizer.encode("hello"), tokenizer.vocab_size
    ([257, 108, 111], 258)
    >>> tokenizer.decode([257, 108, 111])
    'hello'
    """

    def __init__(self, merges: Iterable[Sequence[int]]):
        self.merges = [(int(left), int(right)) for left, right in merges]
        self.vocab = [bytes([i]) for i in range(N_BYTES)]
        for left, right in self.merges:
            if not 0 <= min(left, right) <= max(left, right) < len(self.vocab):
                raise ValueError(f"merge {(left, right)} makes token {len(self.vocab)}, so it can "
                                 f"only join tokens from 0 to {len(self.vocab) - 1}")
            self.vocab.append(self.vocab[left] + self.vocab[right])
        self._ids = {pair: N_BYTES + i for i, pair in enumerate(self.merges)}
        if len(self._ids) < len(self.merges):
            raise ValueError("a pair stands in the merges twice: its second token never occurs")

    @property
    def vocab_size(self) -> int:
        """Number of tokens: 256 bytes and one for each merge."""
        return len(self.vocab)

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text.

        Raises
        ------
        ValueError
            If the text has half of a surrogate pair, which is no character: UTF-8 has no bytes
            for it.
        """
        cut = pieces(text)
        known = {piece: self._encode_piece(piece) for piece in set(cut)}  # most words come again
        return [i for piece in cut for i in known[piece]]

    def _encode_piece(self, piece: str) -> list[int]:
        """Join pairs as long as there is one to join, always the one that was learned first."""
        ids = to_bytes(piece)
        if len(ids) > LONG:
            return self._encode_long(ids)
        while len(ids) > 1:
            pair = min(pairwise(ids), key=lambda p: self._ids.get(p, self.vocab_size))
            if pair not in self._ids:
                break
            ids = merge(ids, pair, self._ids[pair])
        return ids

    def _encode_long(self, ids: list[int]) -> list[int]:
        """Do the same without going through all of the piece for each pair."""
        pairs = PairCounts([ids], n_times=[1])
        waiting = [self._ids[pair] for pair in pairs.counts if pair in self._ids]
        heapq.heapify(waiting)
        while waiting:
            new = heapq.heappop(waiting)
            made = pairs.join(self.merges[new - N_BYTES], new)
            for pair in self._ids.keys() & made:
                heapq.heappush(waiting, self._ids[pair])
        return pairs.words()[0]

    def decode(self, ids: Iterable[Any]) -> str:
        """Return the text of token ids.

        A model can write bytes that are not valid UTF-8: they are shown as U+FFFD, the sign for
        a character that cannot be read.

        Raises
        ------
        ValueError
            If an id is not in the vocabulary.
        """
        ids = [int(i) for i in ids]
        bad = [i for i in ids if not 0 <= i < self.vocab_size]
        if bad:
            raise ValueError(f"token ids are from 0 to {self.vocab_size - 1}, got {bad[0]}")
        return b"".join(self.vocab[i] for i in ids).decode("utf-8", errors="replace")

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` needs, ready for JSON.

        Examples
        --------
        >>> BytePairTokenizer([(104, 101)]).to_dict()
        {'merges': [[104, 101]]}
        """
        return {"merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "BytePairTokenizer":
        """Return the tokenizer that `to_dict` wrote.

        Examples
        --------
        >>> BytePairTokenizer.from_dict({"merges": [[104, 101]]}).encode("he")
        [256]
        """
        if "merges" not in record:
            raise ValueError(f"a stored tokenizer has the key 'merges', got {list(record)}")
        return cls(record["merges"])


def to_bytes(piece: str) -> list[int]:
    """Return the bytes of a piece of text in UTF-8, which are its first tokens.

    Examples
    --------
    >>> to_bytes("é")
    [195, 169]
    """
    try:
        return list(piece.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ValueError(f"the text has a lone surrogate, {piece[error.start]!r}, which is no "
                         "character: take it out with text.encode('utf-8', 'ignore').decode()"
                         ) from error


def train_bpe(text: str, vocab_size: int,
              progress: Callable[[range], Iterable[int]] = iter) -> BytePairTokenizer:
    """Learn a vocabulary from a text.

    Parameters
    ----------
    text : str
        The longer, the better; its words are counted once, so the time depends on how many
        different ones there are. A text without spaces is one long word, and takes longest.
    vocab_size : int
        Number of tokens: 256 for the bytes, the others are learned.
    progress : callable
        Takes the numbers of the tokens to learn and gives them back one by one, as ``tqdm`` does.

    Raises
    ------
    ValueError
        If `vocab_size` is below 256, or the text has too few different pairs for it.

    Examples
    --------
    >>> tokenizer = train_bpe("low lower lowest", vocab_size=259)
    >>> tokenizer.vocab[256:]
    [b'lo', b'low', b' low']
    """
    if vocab_size < N_BYTES:
        raise ValueError(f"every byte is a token, so vocab_size is at least 256, got {vocab_size}")
    n_times = Counter(pieces(text))
    pairs = PairCounts([to_bytes(piece) for piece in n_times], list(n_times.values()))
    merges = []
    for new in progress(range(N_BYTES, vocab_size)):
        best = pairs.most_frequent()
        if best is None:
            raise ValueError(f"after {new} tokens this text has no pair left to join: give a "
                             f"longer text, or vocab_size={new} at most")
        pairs.join(best, new)
        merges.append(best)
    return BytePairTokenizer(merges)
