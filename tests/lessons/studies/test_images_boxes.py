"""IoU, matching, precision, recall and masks against cases worked by hand."""

import numpy as np
import pytest

from lessons.studies.images.boxes import (
    as_boxes,
    average_precision,
    iou,
    mask_iou,
    match,
    precision_recall,
    suppress,
)

SQUARE = [0, 0, 4, 4]  # area 16


@pytest.mark.parametrize(("box", "expected"), [
    (SQUARE, 1),
    ([2, 0, 6, 4], 8 / 24),  # half of each in common: 8 of 16 + 16 - 8
    ([2, 2, 6, 6], 4 / 28),
    ([4, 0, 8, 4], 0),  # they touch
    ([5, 5, 6, 6], 0),
    ([-3, -3, -1, -1], 0),  # both differences are negative: their product is not
    ([1, 1, 3, 3], 4 / 16),  # inside
    ([0, 0, 8, 8], 16 / 64),  # around
    ([0, 0, 4, 2], 8 / 16),
    ([0.5, 0, 4.5, 4], 14 / 18),
])
def test_iou_by_hand(box, expected):
    assert iou([SQUARE], [box]).item() == pytest.approx(expected)
    assert iou([box], [SQUARE]).item() == pytest.approx(expected)


def test_iou_does_not_depend_on_where_and_how_large():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 10, (20, 2))
    boxes = np.hstack([corners, corners + rng.uniform(0.5, 8, (20, 2))])
    table = iou(boxes[:8], boxes[8:])
    assert table.shape == (8, 12) and (table >= 0).all() and (table <= 1).all() and table.any()
    np.testing.assert_allclose(iou(3 * boxes[:8] + 7, 3 * boxes[8:] + 7), table)
    np.testing.assert_allclose(np.diag(iou(boxes, boxes)), 1)


def test_iou_equals_counting_pixels():
    rng = np.random.default_rng(1)
    for _ in range(50):
        a, b = (np.r_[low, low + rng.integers(1, 6, 2)] for low in rng.integers(0, 6, (2, 2)))
        pictures = []
        for x0, y0, x1, y1 in (a, b):
            picture = np.zeros((12, 12), dtype=bool)
            picture[y0:y1, x0:x1] = True
            pictures.append(picture)
        expected = (pictures[0] & pictures[1]).sum() / (pictures[0] | pictures[1]).sum()
        assert iou([a], [b]).item() == pytest.approx(expected)


def test_no_boxes_are_no_mistake():
    assert iou([], [SQUARE]).shape == (0, 1) and iou([SQUARE], []).shape == (1, 0)
    assert match([], [], [SQUARE]).shape == (0,) and not match([SQUARE], [0.5], []).any()
    assert suppress([], []).tolist() == []
    assert precision_recall([], n_true=3) == (1.0, 0.0)
    assert average_precision([], [], n_true=3) == 0.0


@pytest.mark.parametrize(("boxes", "said"), [
    ([[0, 0, 0, 4]], "a box without area"),
    ([[0, 0, 4, 0]], "a box without area"),
    ([[4, 4, 0, 0]], "x0 < x1"),
    ([0, 0, 4, 4], r"got \(4,\): put a single box into a list"),
    ([[0, 0, 4]], r"shape \(n, 4\)"),
    (np.zeros((2, 0)), r"shape \(n, 4\)"),
    ([[0, 0, np.nan, 4]], "not finite"),
    ([[0, 0, np.inf, 4]], "not finite"),
])
def test_bad_boxes_are_told(boxes, said):
    with pytest.raises(ValueError, match=said):
        as_boxes(boxes)
    with pytest.raises(ValueError, match=said):
        iou([SQUARE], boxes)
    with pytest.raises(ValueError, match=said):
        match([SQUARE], [1.0], boxes)


def test_the_surest_box_that_fits_takes_the_truth():
    truth = [[0, 0, 4, 4], [10, 0, 14, 4]]
    boxes = [[0, 0, 4, 4], [0, 0, 4, 3], [10, 0, 14, 4], [20, 0, 24, 4]]
    assert match(boxes, [0.8, 0.9, 0.7, 0.6], truth).tolist() == [False, True, True, False]
    # With a stricter demand the surer one (IoU 0.75) no longer fits, and the other is free to.
    assert match(boxes, [0.8, 0.9, 0.7, 0.6], truth, 0.8).tolist() == [True, False, True, False]
    assert match(boxes, [0.8, 0.9, 0.7, 0.6], truth, 0.75).tolist() == [False, True, True, False]


def test_one_box_between_two_truths_finds_one():
    assert match([[0, 0, 8, 4]], [1.0], [[0, 0, 4, 4], [4, 0, 8, 4]], 0.5).sum() == 1


def test_a_box_takes_a_truth_that_is_still_free():
    truth = [[0, 0, 10, 10], [2, 0, 12, 10]]
    boxes = [[0, 0, 10, 10], [1, 0, 11, 10]]  # the second fits both alike, and the first is taken
    assert match(boxes, [0.9, 0.8], truth).tolist() == [True, True]


def test_precision_and_recall_by_hand():
    assert precision_recall([True, False, True, False], n_true=5) == (0.5, 0.4)
    assert precision_recall([False], n_true=1) == (0.0, 0.0)
    assert precision_recall([True], n_true=1) == (1.0, 1.0)


@pytest.mark.parametrize(("right", "n_true"), [([True], 0), ([True, True], 1), ([[True]], 1)])
def test_impossible_counts_are_told(right, n_true):
    with pytest.raises(ValueError, match="recall needs|in one row"):
        precision_recall(right, n_true)


def test_average_precision_by_hand():
    # Recall 1/4 at precision 1, 2/4 at 2/3 (later 3/5 is lower), 3/4 at 3/5; the last is not found.
    right, scores = [True, False, True, False, True], [0.9, 0.8, 0.7, 0.6, 0.5]
    assert average_precision(right, scores, 4) == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)
    # A dip is filled: at recall 1/2 the precision 2/3 is still to come.
    assert average_precision([False, True, True], [0.9, 0.8, 0.7], 2) == pytest.approx(2 / 3)
    assert average_precision([True, False], [0.5, 0.5], 1) == pytest.approx(0.5)  # no order
    order = np.random.default_rng(0).permutation(5)
    shuffled = average_precision(np.array(right)[order], np.array(scores)[order], 4)
    assert shuffled == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)


@pytest.mark.parametrize("n_true", [0, -2])
def test_average_precision_without_a_true_box_is_told(n_true):
    with pytest.raises(ValueError, match="recall needs one"):
        average_precision([], [], n_true)


def test_average_precision_agrees_with_scikit_learn():
    from sklearn.metrics import precision_recall_curve

    rng = np.random.default_rng(0)
    right, scores = rng.random(60) < 0.6, rng.random(60)
    precisions, recalls, _ = precision_recall_curve(right, scores)  # recall falls from 1 to 0
    best = np.maximum.accumulate(precisions)
    expected = np.sum(-np.diff(recalls) * best[:-1])
    assert average_precision(right, scores, int(right.sum())) == pytest.approx(expected)


def test_suppression_keeps_what_is_sure_and_what_lies_apart():
    boxes = [[0, 0, 4, 4], [1, 0, 5, 4], [3, 0, 7, 4]]  # IoU 0.6 between neighbours 1 and 2
    assert suppress(boxes, [0.5, 0.9, 0.8], most=0.5).tolist() == [1, 2]
    assert suppress(boxes, [0.9, 0.5, 0.8], most=0.5).tolist() == [0, 2]
    assert suppress(boxes, [0.9, 0.5, 0.8], most=0.7).tolist() == [0, 2, 1]
    with pytest.raises(ValueError, match="3 boxes need as many scores"):
        suppress(boxes, [0.5])
    with pytest.raises(ValueError, match="finite"):
        suppress(boxes, [0.5, np.nan, 1])


def test_masks_by_hand():
    mask, truth = np.array([[0, 0, 1], [2, 2, 1]]), np.array([[0, 1, 1], [2, 1, 1]])
    found = mask_iou(mask, truth, 4)
    np.testing.assert_allclose(found, [1 / 2, 2 / 4, 1 / 2, np.nan])


@pytest.mark.parametrize(("mask", "truth"), [
    ([[0, 1]], [[0], [1]]), ([], []), ([[0, 3]], [[0, 1]]), ([[0, -1]], [[0, 1]]),
    ([[0.0, 1.0]], [[0, 1]]),
])
def test_bad_masks_are_told(mask, truth):
    with pytest.raises(ValueError, match="masks have one shape|whole numbers from 0 to 2"):
        mask_iou(mask, truth, 3)
