"""Ten splits of the digits, with images set aside for choosing, and images moved by a pixel."""

import numpy as np
import torch
from torch.nn import functional as F

from lessons import data

N_FOLDS = 10
N_VALID = 217  # images set aside for choosing: no fold tests or trains on them
N_LARGEST = 1400  # training images of a fold
BATCH_SIZE = 50

Split = dict[str, tuple[torch.Tensor, torch.Tensor]]  # by part: images and labels


def fold(number: int, n_images: int, cut: int = 0) -> Split:
    """Set 217 of the 1,797 digits aside and cut the others into ten parts: fold `number` tests one.

    The 217 are the validation images of every fold. Whatever is chosen is chosen by them, so no
    image that is tested has had a say in it.

    Parameters
    ----------
    number : int
        From 0 to 9. Decides the test images, and how the others are shuffled.
    n_images : int
        How many training images to keep, at most 1,400.
    cut : int
        Another number sets other images aside, and cuts the rest in another way.

    Returns
    -------
    dict
        ``"train"``, ``"valid"``, ``"test"``: pairs of images, shape (n, 64), from 0 to 1, and
        labels. ``"moved"``: the test images, each moved by one pixel in one of eight directions.

    Examples
    --------
    >>> {part: len(y) for part, (X, y) in fold(0, 400).items()}
    {'train': 400, 'valid': 217, 'test': 158, 'moved': 158}
    """
    if number not in range(N_FOLDS):
        raise ValueError(f"folds are numbered from 0 to {N_FOLDS - 1}, got {number}")
    if not BATCH_SIZE <= n_images <= N_LARGEST:
        raise ValueError(f"n_images must lie between {BATCH_SIZE} and {N_LARGEST}, got {n_images}")
    X_some, y_some, X_others, y_others = data.digits(np.random.default_rng(cut))
    X, y = np.concatenate([X_some, X_others]), np.concatenate([y_some, y_others])
    seed, free = number + N_FOLDS * cut, np.arange(N_VALID, len(X))
    test = free[number::N_FOLDS]
    rest = np.random.default_rng(seed).permutation(np.setdiff1d(free, test))
    rows = {"train": rest[:n_images], "valid": np.arange(N_VALID), "test": test}
    parts = {name: (torch.tensor(X[r]), torch.tensor(y[r])) for name, r in rows.items()}
    parts["moved"] = _one_pixel_away(parts["test"][0], seed), parts["test"][1]
    return parts


def _one_pixel_away(X: torch.Tensor, seed: int) -> torch.Tensor:
    moves = [(r, c) for r in range(3) for c in range(3) if (r, c) != (1, 1)]
    chosen = np.random.default_rng(seed).integers(len(moves), size=len(X))
    return _crop(X, 1, torch.tensor([moves[i] for i in chosen]))


def shift_images(X: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """Move every image by up to `most` pixels, down or up, right or left; zeros come in.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (B, 64).

    Examples
    --------
    >>> shift_images(torch.ones(2, 64), 1, torch.Generator().manual_seed(1)).sum(1).tolist()
    [56.0, 49.0]
    """
    corners = torch.randint(0, 2 * most + 1, (len(X), 2), generator=generator)
    return _crop(X, most, corners)


def _crop(X: torch.Tensor, most: int, corners: torch.Tensor) -> torch.Tensor:
    """Cut an 8×8 window out of each padded image; `corners` is its upper left pixel."""
    padded = F.pad(X.view(-1, 8, 8), [most] * 4)
    eight = torch.arange(8)
    rows = (corners[:, :1] + eight)[:, :, None]
    columns = (corners[:, 1:] + eight)[:, None, :]
    return padded[torch.arange(len(X))[:, None, None], rows, columns].reshape(-1, 64)


def standardised(split: Split) -> Split:
    """Return a split with every pixel standardised by the *training* images."""
    X = split["train"][0]
    mean, std = X.mean(0), X.std(0).clamp_min(1 / 16)  # some pixels never change
    return {part: ((X - mean) / std, y) for part, (X, y) in split.items()}
