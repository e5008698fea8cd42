"""Networks of recipes: what is in them, how large they are, what is refused."""

import pytest
import torch
from torch import nn

from lessons.gpt.model import n_parameters
from lessons.studies.improving.networks import Recipe, Residual, build


def kinds(recipe):
    return [type(layer).__name__ for layer in build(recipe, 0)]


@pytest.mark.parametrize(("recipe", "count"), [
    (Recipe(), 64 * 64 + 64 + 64 * 10 + 10),
    (Recipe(hidden=()), 650),
    (Recipe(hidden=(512,)), 65 * 512 + 513 * 10),
    (Recipe(hidden=(64, 64, 64)), 3 * 65 * 64 + 650),
    (Recipe(norm="layer"), 4810 + 128),
    (Recipe(hidden=(), n_channels=14), 14 * 10 + 28 * (14 * 9 + 1) + 113 * 10),
    (Recipe(hidden=(), n_channels=14, pool=True), 14 * 10 + 28 * (14 * 9 + 1) + 113 * 10),
])
def test_parameter_counts(recipe, count):
    assert n_parameters(build(recipe, 0)) == count


def test_layers_come_in_the_usual_order():
    recipe = Recipe(norm="batch", dropout=0.5, activation="gelu")
    assert kinds(recipe) == ["Linear", "BatchNorm1d", "GELU", "Dropout", "Linear"]


def test_pooling_replaces_the_stride_and_starts_from_the_same_weights():
    strided, pooled = (build(Recipe(hidden=(), n_channels=3, pool=pool), 5)
                       for pool in (False, True))
    assert [type(layer).__name__ for layer in pooled] == [
        "Unflatten", "Conv2d", "ReLU", "MaxPool2d", "Conv2d", "ReLU", "MaxPool2d", "Flatten",
        "Linear"]
    for a, b in zip(strided.parameters(), pooled.parameters(), strict=True):
        assert torch.equal(a, b)
    x = torch.rand(4, 64, dtype=torch.float64)
    everywhere = torch.nn.functional.conv2d(x.view(4, 1, 8, 8), pooled[1].weight, padding=1)
    assert torch.equal(everywhere[:, :, ::2, ::2], strided[:2](x))  # stride 2 skips places
    largest = everywhere.relu().unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2))
    assert torch.equal(largest, pooled[:4](x))


def test_a_residual_layer_without_weights_does_nothing():
    layer = Residual(nn.Linear(3, 3), nn.ReLU())
    nn.init.zeros_(layer[0].weight)
    nn.init.zeros_(layer[0].bias)
    x = torch.arange(3.0)
    assert torch.equal(layer(x), x)


def test_the_seed_decides_the_weights_and_the_scale_is_he():
    first, same, other = (build(Recipe(hidden=(512,)), seed)[0].weight for seed in (1, 1, 2))
    assert torch.equal(first, same) and not torch.equal(first, other)
    assert first.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.02)
    assert build(Recipe(hidden=(512,)), 1)[-1].weight.std().item() == pytest.approx(
        (1 / 512) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"activation": "swish"}, "choose from"), ({"norm": "group"}, "choose from"),
    ({"dropout": 1.0}, "below 1"), ({"l1": -1.0}, "negative"),
    ({"pool": True}, "nothing to pool"), ({"l1": float("nan")}, "negative"),
    ({"l2": float("nan")}, "negative"),
])
def test_what_cannot_be_built_is_said(wrong, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**wrong)
