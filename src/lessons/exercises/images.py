"""Exercises of the chapter on images, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def confusion(truth, read, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(table, (truth, read), 1)
    return table


def conv_flops(size, n_in, n_out, kernel, stride, padding):
    out = (size + 2 * padding - kernel) // stride + 1
    return 2 * out**2 * n_out * n_in * kernel**2


def box_iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return common / (sum(areas) - common)


def cut_patches(image, patch):
    n = len(image) // patch
    return image.reshape(n, patch, n, patch).swapaxes(1, 2).reshape(n * n, patch**2)


def wrapped_convolution(image, kernel):
    out = np.zeros(image.shape)
    for row in range(3):
        for column in range(3):
            out += kernel[row, column] * np.roll(image, (1 - row, 1 - column), axis=(0, 1))
    return out


def weighted_pixel_loss(z, ink, weight):
    losses = np.maximum(z, 0) - z * ink + np.log1p(np.exp(-np.abs(z)))
    counts = np.where(ink == 1, weight, 1.0)
    return (counts * losses).sum() / counts.sum()


def detection_scores(overlap, least):
    free, n_right = np.ones(overlap.shape[1], dtype=bool), 0
    for row in overlap:
        fits = np.where(free, row, -1.0)
        if fits.max() >= least:
            free[fits.argmax()] = False
            n_right += 1
    return n_right / len(overlap), n_right / overlap.shape[1]


def _boxes(rng):
    corner = rng.integers(0, 6, 2)
    return np.r_[corner, corner + rng.integers(1, 7, 2)].astype(float)


def _cases_loss(rng):
    yield np.zeros((2, 2)), np.array([[1.0, 0.0], [0.0, 0.0]]), 1.0
    yield np.array([[2.0, -1.0], [0.5, -3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), 5.0
    yield np.array([[800.0, -800.0]]), np.array([[0.0, 0.0]]), 3.0
    yield np.array([[-900.0, 1.0]]), np.array([[1.0, 0.0]]), 2.0
    yield rng.standard_normal((6, 6)), (rng.random((6, 6)) < 0.2) * 1.0, 7.0


def _cases_scores(rng):
    yield np.array([[0.8, 0.0], [0.7, 0.0]]), 0.5  # two boxes on one digit
    yield np.array([[0.9, 0.6], [0.8, 0.7]]), 0.5  # the second takes what is left
    yield np.array([[0.5, 0.1, 0.0]]), 0.5
    yield np.array([[0.4, 0.3], [0.2, 0.45]]), 0.5
    yield np.array([[0.6, 0.9], [0.0, 0.8]]), 0.5  # the first takes what it overlaps most
    yield np.array([[0.6, 0.55], [0.9, 0.0]]), 0.5  # the surest first, not the best overlap
    yield np.array([[0.9, 0.8, 0.0], [0.7, 0.0, 0.0], [0.6, 0.0, 0.0]]), 0.5
    yield rng.random((6, 4)), 0.6


EXERCISES = [
    Exercise(
        name="confusion",
        title="Count who is taken for whom",
        difficulty=1,
        reference=confusion,
        takeaway="The diagonal is what was right; the accuracy is its share of the sum.",
        hints=(
            "Start with a table of zeros, one row for each true class.",
            "Go through both lists together and add 1 at [true, read].",
            "np.add.at(table, (truth, read), 1) counts repeated pairs too; table[truth, read] += 1 "
            "does not.",
        ),
        cases=lambda rng: [
            (np.array([0, 1, 1]), np.array([0, 1, 0]), 2),
            (np.array([2, 2, 2]), np.array([1, 1, 2]), 4),
            (rng.integers(0, 10, 60), rng.integers(0, 10, 60), 10),
        ],
    ),
    Exercise(
        name="conv-flops",
        title="Operations of a convolution",
        difficulty=1,
        reference=conv_flops,
        takeaway="The parameters do not depend on the size of the image, the operations do.",
        hints=(
            "The output has (size + 2 * padding - kernel) // stride + 1 places in each direction.",
            "At each place, each output channel multiplies n_in * kernel**2 weights with pixels "
            "and adds them up.",
            "A multiplication and an addition are two operations: 2 * places * n_out * n_in * "
            "kernel**2.",
        ),
        cases=lambda rng: [
            (8, 1, 8, 3, 1, 1), (4, 8, 16, 3, 1, 1), (32, 3, 16, 3, 2, 1), (7, 2, 2, 3, 2, 0),
            (224, 3, 64, 7, 2, 3),
        ],
    ),
    Exercise(
        name="box-iou",
        title="Intersection over union",
        difficulty=1,
        reference=box_iou,
        takeaway="Two negative sides have a positive product: cut each side off at zero.",
        hints=(
            "The intersection begins at the larger of the left ends and stops at the smaller of "
            "the right ones. The same downwards.",
            "If a side comes out negative the boxes have nothing in common: take 0.",
            "The union is both areas minus the intersection, which was counted twice.",
        ),
        cases=lambda rng: [
            (np.array([0.0, 0, 4, 4]), np.array([2.0, 0, 6, 4])),
            (np.array([0.0, 0, 4, 4]), np.array([5.0, 5, 6, 6])),
            (np.array([0.0, 0, 2, 2]), np.array([3.0, 0, 5, 2])),
            (np.array([0.0, 0, 2, 2]), np.array([0.0, 3, 2, 5])),
            (np.array([0.0, 0, 8, 8]), np.array([1.0, 1, 3, 3])),
            (_boxes(rng), _boxes(rng)), (_boxes(rng), _boxes(rng)),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="patches",
        title="Cut an image into patches",
        difficulty=2,
        reference=cut_patches,
        takeaway="A reshape alone cuts rows; the two middle axes must change places.",
        hints=(
            "A patch in row r and column c holds image[r * patch : (r + 1) * patch, ...].",
            "Two loops over r and c do it; ravel() each patch and stack them.",
            "Without loops: reshape to (n, patch, n, patch), swap axes 1 and 2, reshape again.",
        ),
        cases=lambda rng: [
            (np.arange(16.0).reshape(4, 4), 2), (np.arange(16.0).reshape(4, 4), 4),
            (rng.random((8, 8)), 4), (rng.random((6, 6)), 2), (rng.random((3, 3)), 1),
        ],
    ),
    Exercise(
        name="wrapped-convolution",
        title="A convolution without margins",
        difficulty=2,
        reference=wrapped_convolution,
        takeaway="Where the picture wraps around there is no margin, and the output follows every "
                 "shift exactly.",
        hints=(
            "Place (i, j) of the output sums kernel[r, c] * image[i + r - 1, j + c - 1], with the "
            "places counted modulo the size.",
            "np.roll(image, (a, b), axis=(0, 1)) brings pixel [i - a, j - b] to [i, j].",
            "Add kernel[r, c] * np.roll(image, (1 - r, 1 - c), axis=(0, 1)) for all nine.",
        ),
        cases=lambda rng: [
            (np.eye(4), np.outer([0.0, 1, 0], [0.0, 1, 0])),
            (np.eye(4), np.arange(9.0).reshape(3, 3)),
            (rng.random((8, 8)), rng.standard_normal((3, 3))),
            (rng.random((5, 7)), rng.standard_normal((3, 3))),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="weighted-pixel-loss",
        title="A loss in which ink counts more",
        difficulty=2,
        reference=weighted_pixel_loss,
        takeaway="Divide by the sum of the weights: otherwise the weight also raises the learning "
                 "rate.",
        hints=(
            "The loss of a pixel is log(1 + e^z) - z * ink: see the Bernoulli row in the chapter "
            "on loss functions.",
            "For logits of any size: log(1 + e^z) = max(z, 0) + log1p(exp(-|z|)).",
            "counts is weight where ink is 1, and 1 elsewhere; return (counts * losses).sum() / "
            "counts.sum().",
        ),
        cases=_cases_loss,
        tolerance=1e-9,
    ),
    Exercise(
        name="detection-scores",
        title="Precision and recall of boxes",
        difficulty=3,
        reference=detection_scores,
        takeaway="A second box on the same digit is a mistake: it costs precision.",
        hints=(
            "Go through the rows in order, the surest box first, and remember which true boxes are "
            "taken.",
            "Of the true boxes that are free, look at the one with the largest overlap. If that "
            "reaches least, the box is right and the true one is taken.",
            "Precision is the number of right boxes by all boxes, recall by all true boxes.",
        ),
        cases=_cases_scores,
        tolerance=1e-9,
    ),
]
