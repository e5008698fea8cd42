"""Ten splits of the digits, with images set aside for choosing, and images moved by a pixel."""

import numpy as np

from lessons import data

N_FOLDS = 10
N_VALID = 217  # images set aside for choosing: no fold tests or trains on them
N_LARGEST = 1400  # training images of a fold
BATCH_SIZE = 50

Split = dict[str, tuple[np.ndarray, np.ndarray]]  # by part: images and labels


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
    parts = {name: (X[r], y[r]) for name, r in rows.items()}
    parts["moved"] = _one_pixel_away(parts["test"][0], seed), parts["test"][1]
    return parts


def _one_pixel_away(X: np.ndarray, seed: int) -> np.ndarray:
    corners = [(r, c) for r in range(3) for c in range(3) if (r, c) != (1, 1)]
    chosen = np.random.default_rng(seed).integers(len(corners), size=len(X))
    padded = np.pad(X.reshape(-1, 8, 8), [(0, 0), (1, 1), (1, 1)])
    moved = [image[r : r + 8, c : c + 8] for image, (r, c) in
             zip(padded, (corners[i] for i in chosen), strict=True)]
    return np.stack(moved).reshape(-1, 64)
