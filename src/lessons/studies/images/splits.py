"""Five parts of the digits, each tested once; pixels in another order; images that are changed."""

import numpy as np
import torch
from torch.nn import functional as F

from lessons import data
from lessons.data.images import SIDE
from lessons.studies.improving.folds import shift_images

N_FOLDS = 5
N_VALID = 217  # images set aside for choosing: no fold tests or trains on them
N_TRAIN = 1264
DIRECTIONS = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]

Split = dict[str, tuple[torch.Tensor, torch.Tensor]]  # by part: images and labels


def split(number: int, arrangement: str = "as they are", n_images: int = N_TRAIN) -> Split:
    """Set 217 of the 1,797 digits aside and cut the others into five: fold `number` tests one.

    Parameters
    ----------
    number : int
        From 0 to 4. Decides the test images, and the order of the pixels if they are shuffled.
    arrangement : {"as they are", "patches shuffled", "pixels shuffled"}
        The same for every image of the split, training and testing.
    n_images : int
        How many training images to keep, at most 1,264.

    Returns
    -------
    dict
        ``"train"``, ``"valid"``, ``"test"``: pairs of images, shape (n, 64), from 0 to 1, and
        labels. ``"moved"``: the test images, each moved by one pixel in one of eight directions
        before the pixels were rearranged. ``"mirrored"``: the same, left and right exchanged.

    Examples
    --------
    >>> {part: len(y) for part, (X, y) in split(0).items()}
    {'train': 1264, 'valid': 217, 'test': 316, 'moved': 316, 'mirrored': 316}
    """
    if number not in range(N_FOLDS):
        raise ValueError(f"folds are numbered from 0 to {N_FOLDS - 1}, got {number}")
    if not 1 <= n_images <= N_TRAIN:
        raise ValueError(f"n_images must lie between 1 and {N_TRAIN}, got {n_images}")
    X_some, y_some, X_others, y_others = data.digits(np.random.default_rng(12))
    X, y = np.concatenate([X_some, X_others]), np.concatenate([y_some, y_others])
    free = np.arange(N_VALID, len(X))
    test = free[number::N_FOLDS]
    rng = np.random.default_rng(number)
    rest = rng.permutation(np.setdiff1d(free, test))
    rows = {"train": rest[:n_images], "valid": np.arange(N_VALID), "test": test}
    parts = {name: (torch.tensor(X[r]), torch.tensor(y[r])) for name, r in rows.items()}
    X_test, y_test = parts["test"]
    ways = rng.integers(len(DIRECTIONS), size=len(test))
    moved = [move(image[None], *DIRECTIONS[way]) for image, way in zip(X_test, ways, strict=True)]
    parts |= {"moved": (torch.cat(moved), y_test), "mirrored": (mirror(X_test), y_test)}
    order = torch.tensor(pixel_order(arrangement, rng))
    return {name: (images[:, order], labels) for name, (images, labels) in parts.items()}


def pixel_order(kind: str, rng: np.random.Generator, patch: int = 4) -> np.ndarray:
    """Return the order in which 64 pixels are put: `X[:, order]` are the rearranged images.

    Parameters
    ----------
    kind : {"as they are", "patches shuffled", "pixels shuffled"}
        The second moves whole squares, none of them to its own place.
    patch : int
        Width of these squares in pixels.

    Examples
    --------
    >>> order = pixel_order("patches shuffled", np.random.default_rng(0))
    >>> order.reshape(8, 8)[0]  # the first row now comes from two other squares
    array([36, 37, 38, 39, 32, 33, 34, 35])
    """
    places = np.arange(SIDE**2)
    if kind == "as they are":
        return places
    if kind == "pixels shuffled":
        return rng.permutation(places)
    if kind != "patches shuffled":
        raise ValueError(f"no arrangement {kind!r}: choose as they are, patches shuffled or pixels "
                         "shuffled")
    if patch not in (1, 2, 4):
        raise ValueError(f"squares of 1, 2 or 4 pixels fit into {SIDE}, got patch={patch}")
    n = SIDE // patch
    squares = places.reshape(n, patch, n, patch).swapaxes(1, 2).reshape(n * n, patch, patch)
    moved = rng.permutation(n * n)
    while (moved == np.arange(n * n)).any():
        moved = rng.permutation(n * n)
    return squares[moved].reshape(n, n, patch, patch).swapaxes(1, 2).reshape(-1)


def move(X: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Move images (B, 64) by whole pixels; zeros come in, what leaves is lost.

    Examples
    --------
    >>> move(torch.ones(1, 64), 1, -2).view(8, 8)[:2].int().tolist()
    [[0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0]]
    """
    most = max(abs(down), abs(right))
    padded = F.pad(X.view(-1, SIDE, SIDE), [most] * 4)
    return padded[:, most - down:, most - right:][:, :SIDE, :SIDE].reshape(-1, SIDE**2)


def mirror(X: torch.Tensor) -> torch.Tensor:
    """Exchange left and right of images (B, 64)."""
    return X.view(-1, SIDE, SIDE).flip(2).reshape(-1, SIDE**2)


def at_random(X: torch.Tensor, how: str, generator: torch.Generator) -> torch.Tensor:
    """Return each image (B, 64) unchanged or changed, at random.

    Parameters
    ----------
    how : {"", "shifts", "mirror"}
        Nothing; one of nine places up to a pixel away; left and right exchanged or not.

    Examples
    --------
    >>> X = at_random(torch.ones(4, 64), "shifts", torch.Generator().manual_seed(0))
    >>> X.sum(1).int().tolist()
    [49, 49, 56, 64]
    """
    if how not in ("", "shifts", "mirror"):
        raise ValueError(f"no change {how!r}: choose shifts, mirror or nothing ('')")
    if how == "":
        return X
    if how == "mirror":
        turned = torch.randint(2, (len(X), 1), generator=generator)
        return torch.where(turned == 1, mirror(X), X)
    return shift_images(X, 1, generator)
