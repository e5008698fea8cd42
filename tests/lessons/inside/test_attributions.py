"""Integrated gradients are complete and those of captum; maps are compared by ranks."""

import pytest
import torch
from captum.attr import IntegratedGradients, Saliency
from scipy.stats import spearmanr

from lessons.inside import attributions
from lessons.studies.inside import reader


@pytest.fixture(scope="module")
def looked_at():
    net, X = reader.trained(0), reader.digits()[2][:40]
    classes = net(X).argmax(1)
    return net, X, classes, lambda X: net(X).gather(1, classes[:, None])[:, 0]


@pytest.mark.parametrize("baseline", [0.0, 0.5])
def test_nothing_is_lost_on_the_way(looked_at, baseline):
    _, X, _, score = looked_at
    start = torch.full((64,), baseline, dtype=torch.float64)
    maps = attributions.integrated(score, X, start, n_steps=128)
    assert attributions.incompleteness(score, X, maps, start).abs().max() < 1e-3
    coarse = attributions.integrated(score, X, start, n_steps=2)
    assert attributions.incompleteness(score, X, coarse, start).abs().max() > 1e-2


@pytest.mark.filterwarnings("ignore")
def test_captum_says_the_same(looked_at):
    net, X, classes, score = looked_at
    theirs = IntegratedGradients(net).attribute(X, baselines=0 * X, target=classes,
                                                method="riemann_middle", n_steps=64)
    torch.testing.assert_close(attributions.integrated(score, X, n_steps=64), theirs,
                               rtol=1e-10, atol=1e-10)
    theirs = Saliency(net).attribute(X.clone(), target=classes, abs=False)
    torch.testing.assert_close(attributions.gradient(score, X), theirs)


def test_ranks_are_those_of_scipy():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(5, (2, 6, 20), generator=generator).double()
    got = attributions.rank_correlation(a, b)
    for x, y, r in zip(a, b, got, strict=True):
        assert r.item() == pytest.approx(spearmanr(x, y).statistic)


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="choose a class"):
        attributions.gradient(lambda X: X, torch.ones(2, 3))
    with pytest.raises(ValueError, match="one step or more"):
        attributions.integrated(lambda X: X.sum(1), torch.ones(2, 3), n_steps=0)


def test_a_copy_with_fresh_layers_knows_nothing():
    X, y = reader.digits()[2:]
    rights = [reader.right(reader.with_fresh_layers(reader.trained(0), n, 7), X, y)
              for n in (0, 1, 3)]
    assert rights[0] > 0.9 and max(rights[1:]) < 0.4


def test_erasing_nothing_changes_nothing():
    net, X = reader.trained(0), reader.digits()[2][:5]
    order = torch.arange(64).expand(5, -1)
    classes = net(X).argmax(1)
    assert reader.erased(net, X, classes, order, 0).abs().max() == 0
    assert reader.erased(net, X, classes, order, 64).mean() > 0.3
