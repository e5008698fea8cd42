"""Digits on canvases, and a rival that finds them without learning."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from lessons.data.images import INK, SIDE, Canvas, canvas
from lessons.studies.images.splits import Split

SIZE = 24  # pixels of a canvas, each way
#: How hard it is to tell the digits apart: the arguments of `canvas`.
KINDS = {"clean": {"gap": 1, "noise": 0.0}, "crowded": {"gap": -2, "noise": 0.2}}

Found = tuple[np.ndarray, np.ndarray]  # boxes (n, 4), scores (n,)


def scenes(parts: Split, part: str, kind: str, n: int, seed: int) -> list[Canvas]:
    """Return canvases with digits of one part of a split.

    Examples
    --------
    >>> from lessons.studies.images.splits import split
    >>> [len(one.labels) for one in scenes(split(0), "test", "clean", 3, seed=0)]
    [3, 3, 2]
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of canvas {kind!r}: choose from {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    X, y = parts[part]
    return [canvas(rng, X, y, SIZE, **KINDS[kind]) for _ in range(n)]


def blurred(canvases: Sequence[Canvas], width: float) -> list[Canvas]:
    """Return canvases with smoothed images; boxes and masks stay.

    Parameters
    ----------
    width : float
        Standard deviation of the bell that smooths, in pixels; 0 changes nothing.

    Examples
    --------
    >>> point = np.zeros((24, 24))
    >>> point[12, 12] = 1
    >>> (one,) = blurred([Canvas(point, np.zeros((0, 4)), np.zeros(0), np.zeros((24, 24)))], 0.7)
    >>> one.image[12, 11:14].round(2).tolist()
    [0.12, 0.32, 0.12]
    """
    from scipy.ndimage import gaussian_filter  # slow to import, and only needed here

    return [dataclasses.replace(one, image=gaussian_filter(one.image, width)) for one in canvases]


def components(canvases: Sequence[Canvas], parts: Split, least: float) -> list[Found]:
    """Find digits without training: bright pixels that touch.

    Parameters
    ----------
    least : float
        Brightness from which a pixel counts.

    Notes
    -----
    A group with fewer than eight pixels of ink is dropped. The score is 1 / (1 + distance) to the
    nearest training digit, whose ink is put into the upper left corner like that of the group.
    """
    from scipy.ndimage import find_objects, label  # slow to import, and only needed here

    known = np.stack([_in_the_corner(x.reshape(SIDE, SIDE)) for x in parts["train"][0]])
    found = []
    for one in canvases:
        groups, _ = label(one.image >= least, structure=np.ones((3, 3)))
        boxes, scores = [], []
        for number, (rows, columns) in enumerate(find_objects(groups), start=1):
            group = np.where(groups == number, one.image, 0)[rows, columns]
            if np.count_nonzero(group >= INK) < 8:
                continue
            distance = np.linalg.norm(known - _in_the_corner(group), axis=1).min()
            boxes.append([columns.start, rows.start, columns.stop, rows.stop])
            scores.append(1 / (1 + distance))
        found.append((np.array(boxes, dtype=float).reshape(-1, 4), np.array(scores)))
    return found


def _in_the_corner(image: np.ndarray) -> np.ndarray:
    """Return the ink of a picture in the upper left of 8×8 pixels, as a row; the rest is cut."""
    rows, columns = np.nonzero(image >= INK)
    ink = np.where(image >= INK, image, 0)[rows.min():, columns.min():][:SIDE, :SIDE]
    return np.pad(ink, [(0, SIDE - ink.shape[0]), (0, SIDE - ink.shape[1])]).ravel()
