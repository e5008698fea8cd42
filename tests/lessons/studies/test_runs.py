"""Training by recipe: repeatable, fair, and each ingredient does what its name says."""

import numpy as np
import pytest
import torch

from lessons.studies.classifier import tensors
from lessons.studies.compare import interval
from lessons.studies.improving import runs as ablation
from lessons.studies.improving.folds import fold
from lessons.studies.improving.networks import Recipe, build
from lessons.studies.improving.record import record
from lessons.studies.improving.runs import evaluate, shrink, train

SPLIT = tensors(fold(1, 400))


@pytest.fixture(autouse=True)
def one_thread():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def weights(run):
    return torch.cat([p.detach().ravel() for p in run.net.parameters() if p.ndim > 1])


def test_a_run_can_be_repeated_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    recipe = Recipe(dropout=0.3, shift=1)
    first, again = (train(recipe, SPLIT, 0.1, seed=3, n_steps=40) for _ in range(2))
    assert torch.equal(weights(first), weights(again))
    assert torch.equal(torch.rand(1), expected)


def test_a_loss_that_is_no_number_is_never_the_best(monkeypatch):
    monkeypatch.setattr(ablation, "evaluate", lambda *args: (0.1, float("nan")))
    assert train(Recipe(patience=2), SPLIT, 0.1, n_steps=40).n_steps == 2 * ablation.CHECK_EVERY


def test_recipes_see_the_same_images_in_the_same_order():
    take = [next(ablation._endless_rows(400, seed=2)) for _ in range(2)]
    assert torch.equal(*take)
    epoch = [row for _, rows in zip(range(8), ablation._endless_rows(400, 2), strict=False)
             for row in rows.tolist()]
    assert sorted(epoch) == list(range(400))


def test_without_weight_in_the_penalty_nothing_changes():
    plain = train(Recipe(), SPLIT, 0.1, n_steps=40)
    for nothing in (Recipe(l2=1e-300), Recipe(l1=1e-300), Recipe(dropout=1e-12)):
        assert torch.allclose(weights(train(nothing, SPLIT, 0.1, n_steps=40)), weights(plain))


def test_l2_makes_weights_smaller_and_l1_makes_them_zero():
    plain, l2, l1 = (train(r, SPLIT, 0.1, n_steps=200)
                     for r in (Recipe(), Recipe(l2=0.01), Recipe(l1=0.001)))
    assert weights(l2).norm() < 0.8 * weights(plain).norm()
    assert (weights(l1) == 0).double().mean() > 0.3
    assert not (weights(l2) == 0).any()


def test_shrink_stops_at_zero_and_leaves_biases():
    net = build(Recipe(hidden=()), 0)
    with torch.no_grad():
        net[0].weight.fill_(0.5)
        net[0].weight[0, 0] = -0.1
        net[0].bias.fill_(0.1)
    shrink(net, 0.2)
    assert net[0].weight[0, 0] == 0
    assert net[0].weight[1, 1].item() == pytest.approx(0.3)
    assert torch.equal(net[0].bias, torch.full_like(net[0].bias, 0.1))


def test_the_l1_penalty_settles_where_the_slope_equals_its_strength():
    """Where loss + l1·Σ|w| is lowest, the slope is -l1·sign(w), and at most l1 where w is 0."""
    strength = 0.01
    run = train(Recipe(hidden=(), l1=strength), SPLIT, 0.3, n_steps=3000)
    X, y = SPLIT["train"]
    net = run.net
    net.zero_grad()
    torch.nn.functional.cross_entropy(net(X), y).backward()
    w, g = net[0].weight.detach(), net[0].weight.grad
    assert (g[w == 0].abs() < 1.25 * strength).all()
    large = w.abs() > 0.1  # the smaller ones have not come to rest
    assert large.sum() > 50
    assert torch.allclose(g[large], -strength * w[large].sign(), atol=0.05 * strength)


def test_early_stopping_keeps_the_best_weights_it_saw():
    recipe = Recipe(patience=3)
    run = train(recipe, SPLIT, 0.3, watch=True)
    seen = [loss for _, loss, _ in run.curve]
    assert run.n_steps < ablation.N_STEPS
    assert run.n_steps == ablation.CHECK_EVERY * len(seen)
    assert run.loss["valid"] == min(seen)
    assert np.argmin(seen) == len(seen) - 1 - 3


def test_shifts_help_on_moved_images():
    plain, shifted = (train(Recipe(shift=s), SPLIT, 0.3) for s in (0, 1))
    assert shifted.accuracy["moved"] > plain.accuracy["moved"] + 0.4


def test_evaluation_switches_dropout_off_and_training_on_again():
    net = build(Recipe(dropout=0.9), 0)
    net.train()
    assert evaluate(net, *SPLIT["test"]) == evaluate(net, *SPLIT["test"])
    assert net.training


def test_the_interval_is_students_and_bonferroni_widens_it():
    mean, half = interval([0.01, 0.03])
    assert mean == pytest.approx(0.02)
    assert half == pytest.approx(12.706 * 0.01, rel=1e-4)  # t for one degree of freedom
    assert interval(np.arange(10.0), n_comparisons=20)[1] > 1.5 * interval(np.arange(10.0))[1]
    with pytest.raises(ValueError, match="two differences"):
        interval([1.0])


def test_ninety_five_of_a_hundred_intervals_cover_the_truth():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        mean, half = interval(rng.standard_normal(10) + 3.0)
        covered += abs(mean - 3.0) <= half
    assert 930 <= covered <= 970


def test_the_record_has_ten_folds_of_everything_and_one_run_of_it_comes_out_again():
    kept = record()
    for rows in kept["results"].values():
        for name, row in rows.items():
            assert all(len(row[part]) == 10 for part in ("test", "moved", "valid")), name
    row = kept["results"]["400"]["baseline"]
    run = train(Recipe(), fold(5, 400), row["lr"], seed=5)
    for part in ("test", "moved"):
        assert run.accuracy[part] == pytest.approx(row[part][5], abs=1.01 / 158)
