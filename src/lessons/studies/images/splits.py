"""Five parts of the digits, each tested once; other orders of pixels; moved, mirrored images."""

import numpy as np

from lessons import data
from lessons.data.images import SIDE

N_FOLDS = 5
N_VALID = 217  # images set aside for choosing: no fold tests or trains on them
N_TRAIN = 1264
DIRECTIONS = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]

Split = dict[str, tuple[np.ndarray, np.ndarray]]  # by part: images and labels


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
    parts = {name: (X[r], y[r]) for name, r in rows.items()}
    X_test, y_test = parts["test"]
    ways = rng.integers(len(DIRECTIONS), size=len(test))
    moved = [move(image[None], *DIRECTIONS[way]) for image, way in zip(X_test, ways, strict=True)]
    parts |= {"moved": (np.concatenate(moved), y_test), "mirrored": (mirror(X_test), y_test)}
    order = pixel_order(arrangement, rng)
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


def move(X: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images (B, 64) by whole pixels; zeros come in, what leaves is lost.

    Examples
    --------
    >>> move(np.ones((1, 64)), 1, -2).reshape(8, 8)[:2].astype(int).tolist()
    [[0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0]]
    """
    most = max(abs(down), abs(right))
    padded = np.pad(X.reshape(-1, SIDE, SIDE), [(0, 0), (most, most), (most, most)])
    return padded[:, most - down:, most - right:][:, :SIDE, :SIDE].reshape(-1, SIDE**2)


def mirror(X: np.ndarray) -> np.ndarray:
    """Exchange left and right of images (B, 64)."""
    return X.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(-1, SIDE**2)


def nearest(parts: Split, part: str = "test") -> np.ndarray:
    """Return the label of the nearest training image for each image of a part: no training.

    Examples
    --------
    >>> parts = split(0)
    >>> bool((nearest(parts) == parts["test"][1]).mean() > 0.97)
    True
    """
    (X, y), new = parts["train"], parts[part][0]
    squared = (X**2).sum(axis=1) - 2 * new @ X.T  # distance, less the new image's own length
    return y[squared.argmin(axis=1)]
