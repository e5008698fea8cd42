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
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

Pair = tuple[int, int]

N_BYTES = 256
GAP = -1  # no token: before and behind each word, and where a token was joined to the one before it
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


class PairCounts:
    """How often each pair of neighbouring tokens comes in the words of a text, and where.

    The tokens of all words stand in one row. To join a pair is to write the new token to the
    place of the left one and leave a gap at the right one; `before` and `after` lead over the
    gaps. So it costs as much as there is to join, however long the words are.

    Parameters
    ----------
    words : list of list of int
        The token ids of every different word.
    n_times : list of int
        How often each word comes.

    Examples
    --------
    >>> pairs = PairCounts([[1, 2, 3], [2, 3]], n_times=[10, 5])
    >>> pairs.counts[(1, 2)], pairs.counts[(2, 3)], pairs.most_frequent()
    (10, 15, (2, 3))
    >>> pairs.join((2, 3), 256)
    [(1, 256)]
    >>> pairs.words(), pairs.most_frequent()
    ([[1, 256], [256]], (1, 256))
    """

    def __init__(self, words: list[list[int]], n_times: list[int]):
        self.ids, self.n_times = [GAP], [0]
        for ids, n in zip(words, n_times, strict=True):
            self.ids += [*ids, GAP]
            self.n_times += [n] * (len(ids) + 1)
        self.before = list(range(-1, len(self.ids) - 1))
        self.after = list(range(1, len(self.ids) + 1))
        self.counts, self.places = Counter(), defaultdict(list)
        for i, pair in enumerate(pairwise(self.ids)):
            if GAP not in pair:
                self.counts[pair] += self.n_times[i]
                self.places[pair].append(i)
        self.queue = [(-n, pair) for pair, n in self.counts.items()]
        heapq.heapify(self.queue)

    def most_frequent(self) -> Pair | None:
        """Return the most frequent pair, among equals the first by its ids, or None."""
        while self.queue:
            n, pair = self.queue[0]
            if -n == self.counts[pair]:
                return pair if n else None
            # Other joins took some: it goes back to where it now belongs.
            heapq.heapreplace(self.queue, (-self.counts[pair], pair))

    def join(self, pair: Pair, new: int) -> list[Pair]:
        """Join each occurrence of a pair, from left to right; return the pairs that this makes."""
        made: dict[Pair, list[int]] = defaultdict(list)
        for i in self.places.pop(pair, []):
            if (self.ids[i], self.ids[self.after[i]]) == pair:
                self._join_at(i, new, made)
            # else a token of it was joined to another one
        self.counts[pair] = 0
        self.places.update(made)
        for pair in made:
            heapq.heappush(self.queue, (-self.counts[pair], pair))
        return list(made)

    def _join_at(self, i: int, new: int, made: dict[Pair, list[int]]) -> None:
        ids, counts, j = self.ids, self.counts, self.after[i]
        first, last, n = self.before[i], self.after[j], self.n_times[i]
        if ids[first] != GAP:
            counts[ids[first], ids[i]] -= n
            counts[ids[first], new] += n
            made[ids[first], new].append(first)
        if ids[last] != GAP:
            counts[ids[j], ids[last]] -= n
            counts[new, ids[last]] += n
            made[new, ids[last]].append(i)
        ids[i], ids[j], self.after[i], self.before[last] = new, GAP, last, i

    def words(self) -> list[list[int]]:
        """Return the tokens of each word."""
        words, place = [[]], self.after[0]
        while place < len(self.ids):
            if self.ids[place] == GAP:
                words.append([])
            else:
                words[-1].append(self.ids[place])
            place = self.after[place]
        return words[:-1]


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
