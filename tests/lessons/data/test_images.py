"""Canvases say the truth about themselves, and refuse what makes none."""

import numpy as np
import pytest

from lessons.data import digits
from lessons.data.images import INK, canvas

X, Y, *_ = digits(np.random.default_rng(0))


def many(n=60, seed=0, **options):
    rng = np.random.default_rng(seed)
    return [canvas(rng, X, Y, **options) for _ in range(n)]


def test_the_same_generator_gives_the_same_canvas_and_another_another_one():
    first, again, other = (canvas(np.random.default_rng(s), X, Y, noise=0.1) for s in (0, 0, 1))
    for name in ("image", "boxes", "labels", "mask"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.image, other.image)


def test_boxes_are_the_bounds_of_the_ink_of_each_digit():
    for one in many():
        assert len(one.boxes) == len(one.labels) >= 1
        inside = np.zeros_like(one.mask)
        for (x0, y0, x1, y1), label in zip(one.boxes, one.labels, strict=True):
            part = one.mask[y0:y1, x0:x1]
            assert set(np.unique(part)) <= {0, 1 + label}
            for edge in (part[0], part[-1], part[:, 0], part[:, -1]):
                assert edge.any()  # no box is larger than its ink
            inside[y0:y1, x0:x1] = 1
        assert not one.mask[inside == 0].any()
        np.testing.assert_array_equal(one.mask > 0, one.image >= INK)


@pytest.mark.parametrize("gap", [-2, 0, 1, 3])
def test_digits_keep_the_gap(gap):
    gaps = [max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
            for one in many(120, gap=gap) for i, a in enumerate(one.boxes) for b in one.boxes[:i]]
    assert len(gaps) > 50 and min(gaps) == gap


def test_there_are_one_to_most_digits():
    assert {len(one.labels) for one in many(size=40, most=4)} == {1, 2, 3, 4}
    assert {len(one.labels) for one in many(10, size=8, most=3)} == {1}  # no more find a place


def test_noise_changes_the_picture_and_not_the_truth():
    rng = np.random.default_rng(0)
    loud = canvas(rng, X, Y, noise=0.2)
    quiet = canvas(np.random.default_rng(0), X, Y)
    np.testing.assert_array_equal(loud.mask, quiet.mask)
    np.testing.assert_array_equal(loud.boxes, quiet.boxes)
    assert loud.image.min() >= 0 and loud.image.max() <= 1
    middle = (quiet.image > 0.4) & (quiet.image < 0.6)
    assert (loud.image - quiet.image)[middle].std() == pytest.approx(0.2, rel=0.3)


@pytest.mark.parametrize(("arguments", "said"), [
    ({"X": X[:0], "y": Y[:0]}, "n from 1 on"),
    ({"X": X[:, :10]}, r"shape \(n, 64\)"),
    ({"X": X.reshape(-1, 8, 8)}, r"shape \(n, 64\)"),
    ({"y": Y[:-1]}, "and n labels"),
    ({"size": 7}, "8 pixels a side or more"),
    ({"most": 0}, "one digit or more"),
    ({"noise": -0.1}, "noise from 0 to 1"),
    ({"noise": float("nan")}, "noise from 0 to 1"),
])
def test_bad_input_is_told(arguments, said):
    with pytest.raises(ValueError, match=said):
        canvas(np.random.default_rng(0), **{"X": X, "y": Y, **arguments})


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match="give a generator"):
        canvas(0, X, Y)
