"""The bookkeeping of byte-pair encoding: how often each pair of tokens comes, and where.

It makes a join cost as much as there is to join. `lessons.gpt.tokenizer` learns its vocabulary
with it, and cuts very long pieces.
"""

import heapq
from collections import Counter, defaultdict
from itertools import pairwise

Pair = tuple[int, int]

GAP = -1  # no token: before and behind each word, and where a token was joined to the one before it


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
