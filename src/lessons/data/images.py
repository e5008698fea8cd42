"""Pictures made from the digits: canvases with several of them, boxes and masks."""

from dataclasses import dataclass

import numpy as np

from lessons.data.sets import _generator

SIDE = 8  # pixels of a digit, each way
INK = 0.25  # brightness from which a pixel belongs to a digit
N_TRIES = 40  # places tried for a digit before it is left out


@dataclass(frozen=True)
class Canvas:
    """A picture with digits on it, and what is true about it.

    Attributes
    ----------
    image : numpy.ndarray
        Brightness from 0 to 1, shape (size, size).
    boxes : numpy.ndarray
        For each digit ``x0, y0, x1, y1`` in pixels, shape (n, 4): its ink lies in the columns
        from x0 and before x1, and in the rows from y0 and before y1.
    labels : numpy.ndarray
        Which digits they are, shape (n,).
    mask : numpy.ndarray
        For each pixel 0 (background) or 1 + the digit whose ink it is, shape (size, size).
    """

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    mask: np.ndarray


def canvas(
    rng: np.random.Generator, X: np.ndarray, y: np.ndarray, size: int = 24, most: int = 3,
    gap: int = 1, noise: float = 0.0,
) -> Canvas:
    """Return a canvas with 1 to `most` digits drawn from `X`, at random places.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides how many digits, which, where, and the noise.
    X, y : numpy.ndarray
        Digits to draw from, as `digits` returns them: shape (n, 64), and labels (n,).
    size : int
        Width and height of the canvas in pixels.
    most : int
        Largest number of digits; one that finds no place is left out.
    gap : int
        Least number of empty rows or columns between two boxes. Negative: they may overlap by
        this much each way. Where two digits overlap, the brighter pixel is seen.
    noise : float
        Standard deviation of what is added to each pixel; the sum is cut off at 0 and 1.

    Raises
    ------
    ValueError
        If there are no digits, shapes do not fit, or a number is out of its range.

    Examples
    --------
    >>> from lessons.data.sets import digits
    >>> X, y, *_ = digits(np.random.default_rng(0))
    >>> one = canvas(np.random.default_rng(0), X, y)
    >>> one.image.shape, one.labels, one.boxes.tolist()
    ((24, 24), array([5, 3, 6]), [[5, 8, 11, 16], [12, 13, 18, 21], [14, 4, 20, 12]])
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != SIDE**2 or y.shape != (len(X),) or len(X) == 0:
        raise ValueError(f"give digits of shape (n, {SIDE**2}), n from 1 on, and n labels, "
                         f"got {X.shape} and {y.shape}")
    if size < SIDE or most < 1 or not 0 <= noise <= 1:
        raise ValueError(f"a canvas has {SIDE} pixels a side or more, one digit or more, and noise "
                         f"from 0 to 1, got size={size}, most={most}, noise={noise}")
    if not (X.max(axis=1) >= INK).all():
        raise ValueError(f"every digit has ink, a pixel of {INK} or more; one here has none")
    image, mask = np.zeros((size, size)), np.zeros((size, size), dtype=int)
    boxes, labels = [], []
    for _ in range(_generator(rng).integers(1, most + 1)):
        chosen = rng.integers(len(X))
        digit = X[chosen].reshape(SIDE, SIDE)
        corner = _free_corner(rng, digit, boxes, size, gap)
        if corner is None:
            continue
        place = tuple(slice(start, start + SIDE) for start in corner)
        seen = (digit >= INK) & (digit > image[place])
        mask[place] = np.where(seen, 1 + y[chosen], mask[place])
        image[place] = np.maximum(image[place], digit)
        boxes.append(_box(digit, corner))
        labels.append(y[chosen])
    if noise:
        image = np.clip(image + noise * rng.standard_normal(image.shape), 0, 1)
    return Canvas(image, np.array(boxes), np.array(labels), mask)


def _free_corner(
    rng: np.random.Generator, digit: np.ndarray, boxes: list, size: int, gap: int
) -> tuple[int, int] | None:
    """Return a row and a column for the digit's frame, far enough from all boxes."""
    for _ in range(N_TRIES):
        row, column = rng.integers(0, size - SIDE + 1, size=2).tolist()
        x0, y0, x1, y1 = _box(digit, (row, column))
        if all(max(a0 - x1, x0 - a1, b0 - y1, y0 - b1) >= gap for a0, b0, a1, b1 in boxes):
            return row, column
    return None


def _box(digit: np.ndarray, corner: tuple[int, int]) -> list[int]:
    rows, columns = np.nonzero(digit >= INK)
    row, column = corner
    return [int(column + columns.min()), int(row + rows.min()),
            int(column + columns.max() + 1), int(row + rows.max() + 1)]
