"""Folds: every image tested once, nothing in two parts; shifted images keep their pixels."""

import numpy as np
import pytest
import torch

from lessons.studies.improving.folds import N_FOLDS, N_VALID, fold
from lessons.studies.improving.shifts import shift_images, standardised


def as_rows(X):
    return {tuple(row) for row in X.tolist()}


@pytest.mark.parametrize("cut", [0, 1])
def test_an_image_is_set_aside_or_tested_in_one_fold(cut):
    splits = [fold(k, 400, cut) for k in range(N_FOLDS)]
    aside = as_rows(splits[0]["valid"][0])
    assert all(as_rows(split["valid"][0]) == aside for split in splits)
    tested = [as_rows(split["test"][0]) for split in splits]
    assert len(aside) == N_VALID and {len(rows) for rows in tested} == {158}
    assert len(set.union(aside, *tested)) == 1797  # no two images of the data set are equal


def test_what_chooses_is_never_tested():
    """No image that a learning rate or a strength is chosen by is a test image of any fold."""
    chooses = set.union(*(as_rows(fold(k, 400)["valid"][0]) for k in range(N_FOLDS)))
    tested = set.union(*(as_rows(fold(k, 400)["test"][0]) for k in range(N_FOLDS)))
    assert not chooses & tested


def test_another_cut_has_other_folds():
    first = as_rows(fold(0, 400)["test"][0])
    assert all(len(first & as_rows(fold(k, 400, cut=1)["test"][0])) < 50 for k in range(N_FOLDS))


def test_the_parts_of_a_fold_have_no_image_in_common():
    split = fold(3, 1400)
    parts = [as_rows(split[name][0]) for name in ("train", "valid", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 1400 + N_VALID + 158


def test_fewer_images_are_the_first_of_the_many():
    few, many = fold(2, 400), fold(2, 1400)
    assert np.array_equal(few["train"][0], many["train"][0][:400])
    for part in ("valid", "test", "moved"):
        assert np.array_equal(few[part][0], many[part][0])


def test_moved_images_are_one_pixel_away():
    split = fold(0, 400)
    for before, after in zip(split["test"][0][:40], split["moved"][0][:40], strict=True):
        padded = np.pad(before.reshape(8, 8), 1)
        windows = [padded[r : r + 8, c : c + 8].ravel() for r in range(3) for c in range(3)
                   if (r, c) != (1, 1)]
        assert any(np.array_equal(after, window) for window in windows)


def test_shifts_go_everywhere_up_to_the_most():
    image = torch.zeros(1, 64)
    image[0, 3 * 8 + 4] = 1.0
    shifted = shift_images(image.expand(500, 64), 2, torch.Generator().manual_seed(0))
    places = {divmod(i, 8) for i in shifted.argmax(1).tolist()}
    assert places == {(r, c) for r in range(1, 6) for c in range(2, 7)}
    assert torch.equal(shifted.sum(1), torch.ones(500))


def test_standardising_uses_the_training_images_alone():
    split = {"train": (torch.tensor([[0.0, 5.0], [2.0, 5.0]]), None),
             "test": (torch.tensor([[9.0, 6.0]]), None)}
    done = standardised(split)
    assert done["train"][0][:, 0].mean() == 0
    assert done["test"][0][0].tolist() == pytest.approx([8 / 2**0.5, 16.0])


@pytest.mark.parametrize(("number", "n_images"), [(10, 400), (-1, 400), (0, 20), (0, 1500)])
def test_a_fold_that_does_not_exist_is_refused(number, n_images):
    with pytest.raises(ValueError, match="got"):
        fold(number, n_images)
