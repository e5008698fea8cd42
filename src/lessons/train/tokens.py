"""A text as tokens, and the order in which training meets them.

That order depends on nothing but the seed and the number of the sequence. So the place in the data
is one number, a run can go on anywhere, and several processes can share out a batch.
"""

import functools
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lessons.data import corpus
from lessons.files import write_atomically
from lessons.gpt.tokenizer import BytePairTokenizer, train_bpe
from lessons.train.config import ConfigError, TrainConfig
from lessons.train.terminal import Say

Batch = tuple[torch.Tensor, torch.Tensor]  # inputs and targets


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


def prepare(config: TrainConfig, say: Say = lambda line: None) -> TokenData:
    """Read, split and tokenise the text of a run.

    The text is split in the first way that leaves enough for training and for validation. The
    tokenizer is learned from the training part, and kept in the run's folder, which must exist.

    Parameters
    ----------
    config : TrainConfig
    say : callable
        Is told how the text was split.

    Raises
    ------
    ConfigError
        If the text cannot be read, or is too short for the settings.
    """
    text, too_short = read_text(config.data), None
    try:
        for way, *parts in corpus.splits(text, config.valid_share):
            tokenizer = learn_once(config.out, parts[0], config.vocab_size)
            train, valid = (torch.tensor(tokenizer.encode(p), dtype=torch.int32) for p in parts)
            too_short = _too_short(train, valid, config.n_positions)
            if not too_short:
                say(f"The text was split by its {way}: {len(parts[0]):,} characters for training, "
                    f"{len(parts[1]):,} for validation.")
                return TokenData(train, valid, tokenizer, _sha256(text))
        if not too_short:
            corpus.split(text, config.valid_share)  # says why it cannot be split
    except ValueError as error:
        raise ConfigError(f"{config.data or 'the text'}: {error}") from None
    raise ConfigError(too_short)


def _too_short(train: torch.Tensor, valid: torch.Tensor, n_positions: int) -> str | None:
    """Return what is wrong if a part has too few tokens, or None."""
    for name, tokens, least in (("training", train, 2), ("validation", valid, 1)):
        if len(tokens) <= least * n_positions:
            return (f"the {name} text has {len(tokens)} tokens, and needs more than "
                    f"{least * n_positions}: give a longer one with --data, or a smaller "
                    "--n-positions")
    return None


def read_text(path: str | Path) -> str:
    """Return the text of a file, or without a path the help topics of Python.

    Raises
    ------
    ConfigError
        If it cannot be read, or is no text in UTF-8.
    """
    if not path:
        return corpus.topics()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _no_utf8(path, f"byte {error.start:,} is 0x{error.object[error.start]:02x}",
                       error.object.startswith((b"\xff\xfe", b"\xfe\xff"))) from None
    except (OSError, ValueError) as error:  # ValueError: there is a NUL in its name
        raise ConfigError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}; name "
                          "the text by --data FILE") from None
    if text.count("\0") > len(text) / 4:
        raise _no_utf8(path, "much of it is NUL", is_utf16=True)
    return text


def _no_utf8(path: str | Path, why: str, is_utf16: bool) -> ConfigError:
    kind = "UTF-16" if is_utf16 else "LATIN1"
    return ConfigError(f"{path} is no text in UTF-8 ({why}), it looks like {kind}: save it as "
                       f"UTF-8, such as by iconv -f {kind} -t UTF-8 FILE > NEW, and name that one "
                       "by --data")


def learn_once(folder: str | Path, text: str, vocab_size: int) -> BytePairTokenizer:
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
    with suppress(OSError, ValueError, TypeError):  # not there, or damaged
        return BytePairTokenizer.from_dict(json.loads(path.read_text(encoding="utf-8")))
    # Only a terminal gets a bar (disable=None).
    bar = functools.partial(tqdm, desc="Learning the vocabulary", unit="token", leave=False,
                            dynamic_ncols=True, disable=None)
    tokenizer = train_bpe(text, vocab_size, progress=bar)
    record = json.dumps(tokenizer.to_dict()).encode()
    write_atomically(path, lambda file: file.write(record))
    return tokenizer


def _sha256(text: str) -> str:
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

    def __init__(self, tokens: torch.Tensor, length: int, seed: int) -> None:
        self.tokens, self.length, self.seed = tokens, length, seed
        self.n = (len(tokens) - 1) // length - 1  # in an epoch, wherever the first one begins
        self._offsets = torch.arange(length + 1, device=tokens.device)
        self._epoch: int | None = None
        self._starts = np.empty(0, int)

    def start(self, i: int) -> int:
        """Return where in the text the sequence with the number `i` of the run begins."""
        epoch, place = divmod(i, self.n)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            self._starts = rng.integers(self.length) + self.length * rng.permutation(self.n)
            self._epoch = epoch
        return int(self._starts[place])

    def batch(self, first: int, n: int) -> Batch:
        """Return inputs and targets of `n` sequences from number `first` on, int64, (n, T) each."""
        starts = torch.tensor([self.start(i) for i in range(first, first + n)])
        return self.at(starts.to(self.tokens.device))

    def at(self, starts: torch.Tensor) -> Batch:
        """Return inputs and targets that begin at given places, int64, shapes (B, T)."""
        rows = self.tokens[starts[:, None] + self._offsets].long()  # (B, T + 1)
        return rows[:, :-1], rows[:, 1:]


def sequential_batches(tokens: torch.Tensor, length: int, n: int, size: int) -> list[Batch]:
    """Return the first `n` sequences of a text, for validation, in batches of at most `size`.

    Returns
    -------
    list of (inputs, targets)
        Int64, shapes (B, T).

    Examples
    --------
    >>> batches = sequential_batches(torch.arange(13), length=4, n=99, size=2)
    >>> [inputs.tolist() for inputs, _ in batches]
    [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11]]]
    """
    windows = Windows(tokens, length, seed=0)
    starts = torch.arange(0, len(tokens) - length, length, device=tokens.device)[:n]
    return [windows.at(part) for part in starts.split(size)]
