"""A translator that reads a sentence and writes another, with attention and without."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.studies.language.invented import END, PAD, SOURCE, START, TARGET, Pair

BATCH = 64


class Translator(nn.Module):
    """Two recurrent networks (GRU): one reads in both directions, one writes.

    Parameters
    ----------
    attention : bool
        Without it, all that the writer learns about the sentence is its first state.
    d : int
        Numbers in a state of the writer; the reader has half of them in each direction.

    References
    ----------
    Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and
    Translate, ICLR 2015. Luong, Pham and Manning, Effective Approaches to Attention-based Neural
    Machine Translation, EMNLP 2015: attention after the writer's state, as here.

    Examples
    --------
    >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
    <torch._C.Generator object at ...>
    >>> logits, weights = Translator()(torch.full((2, 7), 3), torch.full((2, 5), 1))
    >>> logits.shape[:2], weights.shape
    (torch.Size([2, 5]), torch.Size([2, 5, 7]))
    """

    def __init__(self, attention: bool = True, d: int = 64):
        super().__init__()
        self.attention = attention
        self.read_words = nn.Embedding(len(SOURCE), d)
        self.write_words = nn.Embedding(len(TARGET), d)
        self.reader = nn.GRU(d, d // 2, batch_first=True, bidirectional=True)
        self.writer = nn.GRU(d, d, batch_first=True)
        self.scores = nn.Linear(d, d, bias=False)
        self.both = nn.Linear(2 * d, d)
        self.head = nn.Linear(d, len(TARGET))

    def read(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the states of the words (B, S, d), the writer's first, and where words are."""
        there = source != PAD
        packed = nn.utils.rnn.pack_padded_sequence(
            self.read_words(source), there.sum(1), batch_first=True, enforce_sorted=False)
        states, last = self.reader(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
        return states, last.transpose(0, 1).reshape(1, len(source), -1), there

    def write(self, before: Tensor, state: Tensor, read: Tensor, there: Tensor) -> tuple:
        """Return logits (B, T, words), weights (B, T, S) and the writer's last state."""
        h, state = self.writer(self.write_words(before), state)  # (B, T, d)
        scores = self.scores(h) @ read.mT  # (B, T, S)
        weights = scores.masked_fill(~there[:, None], -torch.inf).softmax(-1)
        context = weights @ read if self.attention else torch.zeros_like(h)
        return self.head(torch.tanh(self.both(torch.cat([h, context], -1)))), weights, state

    def forward(self, source: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and attention weights for the words that follow `before`."""
        read, state, there = self.read(source)
        logits, weights, _ = self.write(before, state, read, there)
        return logits, weights


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return rows of numbers as one table, filled up with 0.

    Examples
    --------
    >>> padded([[5], [6, 7]]).tolist()
    [[5, 0], [6, 7]]
    """
    if not rows or not all(len(row) for row in rows):
        raise ValueError("give one row or more, none of them empty")
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True,
                                     padding_value=PAD)


def tensors(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Return sources (B, S) and targets between START and END (B, T + 2), as numbers."""
    read, written = ({word: i for i, word in enumerate(words)} for words in (SOURCE, TARGET))
    return (padded([[read[word] for word in pair.source] for pair in pairs]),
            padded([[START, *(written[word] for word in pair.target), END] for pair in pairs]))


def train(
    pairs: Sequence[Pair], attention: bool, lr: float, n_steps: int = 800, seed: int = 0
) -> Translator:
    """Train a translator with Adam, the true words before each word given.

    Parameters
    ----------
    attention : bool
        See `Translator`.
    lr : float
        Learning rate of the first step, falling to 0.
    n_steps : int
        Steps of 64 pairs each.

    Raises
    ------
    ValueError
        If there is no pair.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Translator(attention)
    sources, targets = tensors(pairs)
    optimiser = torch.optim.Adam(net.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * (1 - step / n_steps)
        rows = torch.randint(len(pairs), (BATCH,), generator=generator)
        optimiser.zero_grad()
        batch_loss(net, sources[rows], targets[rows]).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
    return net.eval()


def batch_loss(net: Translator, source: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of the words to write, END among them."""
    logits, _ = net(source, target[:, :-1])
    return F.cross_entropy(logits.mT, target[:, 1:], ignore_index=PAD)


@torch.no_grad()
def translations(
    net: Translator, pairs: Sequence[Pair], most: int = 20, even: bool = False
) -> tuple[list[tuple[str, ...]], Tensor]:
    """Write translations, at each place the word with the largest probability.

    Parameters
    ----------
    even : bool
        Replace the weights of the attention by equal ones.

    Returns
    -------
    written : list of tuple of str
        Without END; at most `most` words.
    weights : torch.Tensor
        Shape (n_pairs, n_written, n_source).
    """
    source, _ = tensors(pairs)
    read, state, there = net.read(source)
    if even:
        kept = net.scores.weight
        net.scores.weight = nn.Parameter(torch.zeros_like(kept))
    word, words, all_weights = torch.full((len(pairs), 1), START), [], []
    for _ in range(most):
        logits, weights, state = net.write(word, state, read, there)
        word = logits.argmax(-1)
        words.append(word)
        all_weights.append(weights)
    if even:
        net.scores.weight = kept
    rows = torch.cat(words, 1).tolist()
    return ([tuple(TARGET[i] for i in row[: row.index(END) if END in row else most])
             for row in rows], torch.cat(all_weights, 1))


def right(written: Sequence[tuple[str, ...]], pairs: Sequence[Pair]) -> float:
    """Return the share of sentences that are translated without one wrong word.

    Examples
    --------
    >>> pair = Pair(("a",), ("ye",), (0,))
    >>> right([("ye",), ("ye", "ye")], [pair, pair])
    0.5
    """
    return sum(a == b.target for a, b in zip(written, pairs, strict=True)) / len(pairs)


@torch.no_grad()
def aligned(net: Translator, pairs: Sequence[Pair]) -> dict[str, float]:
    """Return how often the largest weight lies on the word that is translated, and one beside it.

    The true words are given, so that all models write the same ones.
    """
    source, target = tensors(pairs)
    _, weights = net(source, target[:, :-1])
    hits = {"on it": 0, "beside it": 0, "same place": 0, "by chance": 0.0}
    n = 0
    for pair, table in zip(pairs, weights, strict=True):
        for t, place in enumerate(pair.aligned):
            found = int(table[t].argmax())
            hits["on it"] += found == place
            hits["beside it"] += abs(found - place) == 1
            hits["same place"] += t == place
            hits["by chance"] += 1 / len(pair.source)
            n += 1
    return {name: hit / n for name, hit in hits.items()}
