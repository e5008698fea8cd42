"""A text as tokens, and the order in which training meets them.

That order depends on nothing but the seed and the number of the sequence. So the place in the data
is one number, a run can go on anywhere, and several processes can share out a batch.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from lessons.data import corpus
from lessons.files import write_atomically
from lessons.gpt.tokenizer import BytePairTokenizer, train_bpe
from lessons.train.config import ConfigError


@dataclass(frozen=True)
class TokenData:
    """A text for training and one for validation.

    Attributes
    ----------
    train, valid : torch.Tensor
        Token ids, int32, shapes (n_tokens,).
    tokenizer : BytePairTokenizer
    sha256 : str
        Of the whole text.
    """

    train: torch.Tensor
    valid: torch.Tensor
    tokenizer: BytePairTokenizer
    sha256: str


def prepare(config) -> TokenData:
    """Read, split and tokenise the text of a run.

    The tokenizer is learned from the training part, and kept in the run's folder, which must
    exist.

    Raises
    ------
    ConfigError
        If the text cannot be read, or is too short for the settings.
    """
    text = read_text(config.data)
    try:
        train, valid = corpus.split(text, config.valid_share)
        tokenizer = learn_once(config.out, train, config.vocab_size)
    except ValueError as error:
        raise ConfigError(f"{config.data or 'the text'}: {error}") from None
    parts = [torch.tensor(tokenizer.encode(part), dtype=torch.int32) for part in (train, valid)]
    for name, tokens, least in zip(("training", "validation"), parts, (2, 1), strict=True):
        if len(tokens) <= least * config.n_positions:
            raise ConfigError(f"the {name} text has {len(tokens)} tokens, and needs more than "
                              f"{least * config.n_positions}: give a longer one with --data, or a "
                              "smaller --n-positions")
    return TokenData(parts[0], parts[1], tokenizer, _sha256(text))


def read_text(path) -> str:
    """Return the text of a file, or without a path the help topics of Python."""
    if not path:
        return corpus.topics()
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text in UTF-8: {error}") from None


def learn_once(folder, text, vocab_size) -> BytePairTokenizer:
    """Return a tokenizer for a text: learned now, or stored in the folder when it was learned.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> merges = learn_once(folder, "low lower lowest", 259).merges
    >>> merges == learn_once(folder, "low lower lowest", 259).merges
    True
    """
    path = Path(folder, f"tokenizer-{_sha256(f'{vocab_size} {text}')[:12]}.json")
    if path.exists():
        return BytePairTokenizer.from_dict(json.loads(path.read_text(encoding="utf-8")))
    tokenizer = train_bpe(text, vocab_size)
    record = json.dumps(tokenizer.to_dict()).encode()
    write_atomically(path, lambda file: file.write(record))
    return tokenizer


def _sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Windows:
    """Sequences of a text in random order, epoch after epoch.

    Each epoch cuts the text at other places and shuffles the pieces anew.

    Parameters
    ----------
    tokens : torch.Tensor
        Shape (n_tokens,), more than ``2 * length``, on the device where batches are needed.
    length : int
        Tokens in a sequence, T.
    seed : int
        Decides the order.

    Examples
    --------
    >>> windows = Windows(torch.arange(17), length=4, seed=0)
    >>> inputs, targets = windows.batch(first=0, n=2)
    >>> inputs.tolist()
    [[11, 12, 13, 14], [3, 4, 5, 6]]
    >>> (targets == inputs + 1).all().item(), windows.n
    (True, 3)
    """

    def __init__(self, tokens, length, seed):
        self.tokens, self.length, self.seed = tokens, length, seed
        self.n = (len(tokens) - 1) // length - 1  # in an epoch, wherever the first one begins
        self._offsets = torch.arange(length + 1, device=tokens.device)
        self._epoch, self._starts = None, None

    def start(self, i):
        """Return where in the text the sequence with the number `i` of the run begins."""
        epoch, place = divmod(i, self.n)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            self._starts = rng.integers(self.length) + self.length * rng.permutation(self.n)
            self._epoch = epoch
        return int(self._starts[place])

    def batch(self, first, n):
        """Return inputs and targets of `n` sequences from number `first` on, int64, (n, T) each."""
        starts = torch.tensor([self.start(i) for i in range(first, first + n)])
        return self.at(starts.to(self.tokens.device))

    def at(self, starts):
        """Return inputs and targets that begin at given places, int64, shapes (B, T)."""
        rows = self.tokens[starts[:, None] + self._offsets].long()  # (B, T + 1)
        return rows[:, :-1], rows[:, 1:]


def ordered(tokens, length, n, size):
    """Return the first `n` sequences of a text, for validation, in batches of at most `size`.

    Returns
    -------
    list of (inputs, targets)
        Int64, shapes (B, T).

    Examples
    --------
    >>> batches = ordered(torch.arange(13), length=4, n=99, size=2)
    >>> [inputs.tolist() for inputs, _ in batches]
    [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11]]]
    """
    windows = Windows(tokens, length, seed=0)
    starts = torch.arange(0, len(tokens) - length, length, device=tokens.device)[:n]
    return [windows.at(part) for part in starts.split(size)]
