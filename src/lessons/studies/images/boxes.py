"""How well boxes and masks agree: IoU, matching, precision and recall."""

import numpy as np
from numpy.typing import ArrayLike


def as_boxes(boxes: ArrayLike, what: str = "boxes") -> np.ndarray:
    """Return boxes as floats of shape (n, 4), or say what is wrong with them.

    Parameters
    ----------
    boxes : array_like
        Rows ``x0, y0, x1, y1`` in pixels, x to the right, y downwards. No box at all is an empty
        list, or an array of shape (0, 4).
    what : str
        How a message calls them.

    Raises
    ------
    ValueError
        If the shape is another one, a number is not finite, or a box has no area.

    Examples
    --------
    >>> as_boxes([]).shape, as_boxes([[0, 0, 2, 3]]).shape
    ((0, 4), (1, 4))
    """
    array = np.asarray(boxes, dtype=float)
    if array.shape == (0,):
        return array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"{what} have the shape (n, 4), got {array.shape}: put a single box into "
                         "a list")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} have a number that is not finite")
    flat = (array[:, 2:] <= array[:, :2]).any(axis=1)
    if flat.any():
        raise ValueError(f"{what} are x0, y0, x1, y1 with x0 < x1 and y0 < y1, got "
                         f"{array[flat][0].tolist()}: a box without area")
    return array


def iou(boxes: ArrayLike, others: ArrayLike) -> np.ndarray:
    """Return intersection over union of each box with each other one.

    Parameters
    ----------
    boxes, others : array_like
        Shapes (n, 4) and (m, 4): x0, y0, x1, y1.

    Returns
    -------
    numpy.ndarray
        Shape (n, m), from 0 (nothing in common) to 1 (the same box).

    Raises
    ------
    ValueError
        If a box has no area or a shape is wrong.

    Examples
    --------
    >>> iou([[0, 0, 2, 2]], [[0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2]]).round(3).tolist()
    [[1.0, 0.333, 0.0]]
    """
    a, b = as_boxes(boxes)[:, None], as_boxes(others, "the other boxes")[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = sides.clip(0).prod(axis=-1)
    area_a, area_b = ((box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (a, b))
    return common / (area_a + area_b - common)


def suppress(boxes: ArrayLike, scores: ArrayLike, most: float = 0.5) -> np.ndarray:
    """Return the rows to keep: the surest box, then each that no kept one overlaps too much.

    Parameters
    ----------
    scores : array_like
        How sure each box is, shape (n,).
    most : float
        Largest IoU with a box that is kept.

    Examples
    --------
    >>> suppress([[0, 0, 4, 4], [0, 0, 4, 5], [8, 8, 9, 9]], [0.6, 0.9, 0.3]).tolist()
    [1, 2]
    """
    boxes, scores = as_boxes(boxes), _one_for_each(scores, boxes, "scores")
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if not kept or iou(boxes[[row]], boxes[kept]).max() <= most:
            kept.append(row)
    return np.array(kept, dtype=int)


def match(
    boxes: ArrayLike, scores: ArrayLike, truth: ArrayLike, least: float = 0.5
) -> np.ndarray:
    """Tell which boxes are right: each true box is found once, by the surest box that fits.

    Parameters
    ----------
    boxes, scores : array_like
        Predicted boxes (n, 4) and how sure they are (n,).
    truth : array_like
        True boxes of the same picture, (m, 4).
    least : float
        IoU from which a box counts as found.

    Returns
    -------
    numpy.ndarray
        Booleans (n,). A second box on the same digit is wrong.

    Examples
    --------
    >>> boxes = [[0, 0, 4, 4], [0, 0, 4, 5], [8, 8, 9, 9]]
    >>> match(boxes, [0.6, 0.9, 0.3], [[0, 0, 4, 4]]).tolist()
    [False, True, False]
    """
    boxes, truth = as_boxes(boxes), as_boxes(truth, "true boxes")
    scores, right = _one_for_each(scores, boxes, "scores"), np.zeros(len(boxes), dtype=bool)
    overlap, free = iou(boxes, truth), np.ones(len(truth), dtype=bool)
    for row in np.argsort(-scores, kind="stable"):
        fits = np.where(free, overlap[row], -1.0)
        if len(truth) and fits.max() >= least:
            right[row], free[fits.argmax()] = True, False
    return right


def precision_recall(right: ArrayLike, n_true: int) -> tuple[float, float]:
    """Return the share of the boxes that are right, and the share of the truth that is found.

    Parameters
    ----------
    right : array_like
        Booleans, one for each predicted box of all pictures; no box at all has a precision of 1.
    n_true : int
        Number of true boxes in all pictures.

    Raises
    ------
    ValueError
        If there is no true box, or there are more right ones than true ones.

    Examples
    --------
    >>> precision_recall([True, True, False], n_true=4)
    (0.6666666666666666, 0.5)
    """
    right = np.asarray(right, dtype=bool)
    if right.ndim != 1:
        raise ValueError(f"give one truth value for each box, in one row, got {right.shape}")
    if n_true < 1 or right.sum() > n_true:
        raise ValueError(f"{right.sum()} boxes are right of {n_true} true ones: recall needs one "
                         "true box or more, each found once at most")
    precision = right.mean() if len(right) else 1.0
    return float(precision), float(right.sum() / n_true)


def average_precision(right: ArrayLike, scores: ArrayLike, n_true: int) -> float:
    """Return the mean precision over all recalls, as the least sure box that counts moves down.

    At each recall the best precision is taken that is reached there or further on. Boxes with
    equal scores come in together.

    Examples
    --------
    >>> average_precision([True, False, True], [0.9, 0.8, 0.7], n_true=2)  # ½ · 1 + ½ · ⅔
    0.8333333333333333
    """
    right = np.asarray(right, dtype=bool)
    scores = _one_for_each(scores, right, "scores")
    precision_recall(right, n_true)  # tells what is wrong with them
    points = [(0.0, 1.0)]
    for least in np.unique(scores)[::-1]:
        precision, recall = precision_recall(right[scores >= least], n_true)
        points.append((recall, precision))
    recalls, precisions = np.array(points).T
    best = np.maximum.accumulate(precisions[::-1])[::-1]
    return float(np.sum(np.diff(recalls) * best[1:]))


def mask_iou(mask: ArrayLike, truth: ArrayLike, n_classes: int) -> np.ndarray:
    """Return intersection over union for each class of pixels, NaN for a class in neither mask.

    Parameters
    ----------
    mask, truth : array_like
        The class of each pixel, whole numbers from 0 to below `n_classes`, one shape.

    Examples
    --------
    >>> mask_iou([[0, 1], [1, 1]], [[0, 0], [1, 1]], n_classes=3).round(2).tolist()
    [0.5, 0.67, nan]
    """
    mask, truth = np.asarray(mask), np.asarray(truth)
    if mask.shape != truth.shape or mask.size == 0:
        raise ValueError(f"masks have one shape and a pixel or more, got {mask.shape} and "
                         f"{truth.shape}")
    for each in (mask, truth):
        if each.dtype.kind not in "iu" or each.min() < 0 or each.max() >= n_classes:
            raise ValueError(f"classes of pixels are whole numbers from 0 to {n_classes - 1}")
    both = np.bincount(mask[mask == truth], minlength=n_classes)
    either = (np.bincount(mask.ravel(), minlength=n_classes)
              + np.bincount(truth.ravel(), minlength=n_classes) - both)
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def _one_for_each(scores: ArrayLike, boxes: np.ndarray, what: str) -> np.ndarray:
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(boxes),):
        raise ValueError(f"{len(boxes)} boxes need as many {what}, got the shape {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{what} must be finite")
    return scores
