"""The networks learn as torch's would; the table and the recorded searches are what they say."""

import numpy as np
import pytest
import torch

from experiments import searches
from lessons.search.space import best
from lessons.studies.searches import networks, runs, table


def test_splits_share_no_digit_and_differ():
    data = networks.splits([0, 1])
    sizes = [part[1].shape[1] for part in (data.train, data.valid, data.rest)]
    assert sizes == [300, 100, 1397]
    rows = np.concatenate([part[0][0] for part in (data.train, data.valid, data.rest)])
    assert sorted(map(tuple, rows.tolist())) == sorted(
        map(tuple, np.concatenate([p[0][1] for p in (data.train, data.valid, data.rest)]).tolist()))
    assert not np.array_equal(data.train[1][0], data.train[1][1])


def test_gradients_and_steps_are_those_of_torch():
    rng = np.random.default_rng(0)
    params = [rng.normal(0, 0.1, s).astype(np.float32) for s in
              ((2, 64, 5), (2, 1, 5), (2, 5, 10), (2, 1, 10))]
    X, y = rng.normal(size=(2, 7, 64)).astype(np.float32), rng.integers(0, 10, (2, 7))
    keep = np.float32(1.25) * (rng.random((2, 7, 5)) < 0.8).astype(np.float32)
    theirs = [torch.tensor(p[1], requires_grad=True) for p in params]
    W, b, V, c = theirs
    hidden = torch.relu(torch.tensor(X[1]) @ W + b) * torch.tensor(keep[1])
    torch.nn.functional.cross_entropy(hidden @ V + c, torch.tensor(y[1])).backward()
    mine = networks.gradients(params, X, y, keep)
    for g, t in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(g[1], t.grad, rtol=1e-4, atol=1e-6)
    decay = torch.optim.AdamW([{"params": [W, V], "weight_decay": 0.3},
                               {"params": [b, c], "weight_decay": 0.0}], lr=0.01)
    moments = [[np.zeros_like(p) for p in params] for _ in range(2)]
    # large ones: torch adds its epsilon to a root that is already corrected for the start
    mine = [(rng.uniform(0.5, 2, p.shape) * rng.choice([-1, 1], p.shape)).astype(np.float32)
            for p in params]
    for g, t in zip(mine, theirs, strict=True):
        t.grad = torch.tensor(g[1])
    for step in (1, 2, 3):
        networks.adam(params, mine, *moments, step, 0.01, 0.3)
        decay.step()
    for p, t in zip(params, theirs, strict=True):
        np.testing.assert_allclose(p[1], t.detach(), rtol=1e-4, atol=1e-6)


def test_measured_is_cross_entropy_and_accuracy():
    rng = np.random.default_rng(1)
    params = [rng.normal(size=s) for s in ((1, 64, 5), (1, 1, 5), (1, 5, 10), (1, 1, 10))]
    X, y = rng.normal(size=(1, 9, 64)), rng.integers(0, 10, (1, 9))
    z = torch.tensor(networks.forward(params, X)[1][0])
    loss, right = networks.measured(params, X, y)
    want = torch.nn.functional.cross_entropy(z, torch.tensor(y[0])).item()
    assert loss[0] == pytest.approx(want) and right.sum() == (z.argmax(1).numpy() == y).sum()


def test_a_network_learns_and_is_measured_at_each_rung():
    data = networks.splits([0, 1])
    setting = {"rate": 3e-3, "decay": 0.1, "width": 24, "batch": 24, "dropout": 0.25}
    losses = [networks.measured(p, *data.valid)[0].mean()
              for p in networks.trained(setting, data, seed=0, rungs=(1, 5))]
    assert len(losses) == 2 and losses[1] < losses[0] < 2.5


def test_arrays_survive_the_record():
    x = np.random.default_rng(2).integers(0, 60_000, (3, 4, 5)).astype(np.uint16)
    assert (table.unpacked(table.packed(x)) == x).all()


def test_the_table_is_whole_and_worth_leaves_its_split_out():
    t = table.table()
    assert t.loss.shape == t.error.shape == (len(table.SPACE), 10, len(networks.RUNGS))
    assert t.truth.shape == (len(table.SPACE), 10) and 0 < t.truth.min() < 0.1
    np.testing.assert_allclose(t.worth(3), np.delete(t.truth, 3, axis=1).mean(axis=1))
    assert t.score(2)(7, 9) == t.loss[7, 2, 2] and t.score(2, "error")(7, 27) == t.error[7, 2, 3]
    # the networks whose every answer is kept are others than the table's, of the same settings
    kept = 1 - table.right("settings").mean(axis=1)
    both = np.corrcoef(kept, t.truth[table.record()["drawn"], 0])[0, 1]
    assert both > 0.95 and table.right("seeds").shape == table.right("settings").shape


@pytest.mark.parametrize("method", runs.METHODS)
def test_a_search_keeps_to_the_budget_and_is_the_same_again(method):
    one, again = runs.search(method, 1, 2, budget=4 * 81), runs.search(method, 1, 2, budget=4 * 81)
    assert one == again and 3 * 81 < sum(t.paid for t in one) <= 4 * 81


def test_a_search_that_is_not_there_is_said():
    with pytest.raises(ValueError, match="choose from grid, blind grid, random, bayesian"):
        runs.search("magic", 0)


def test_every_grid_has_27_settings():
    assert len(runs.GRIDS) == 10
    assert all(len(table.SPACE.grid(**g)) == 27 for g in [*runs.GRIDS.values(), runs.FINE])


def test_a_placebo_is_no_search():
    """With the scores of other settings the choice is worth what a random setting is."""
    mean = np.mean([100 * (table.table().worth(s).mean() - runs.floor(s)) for s in range(10)])
    got = runs.regrets("halving", shuffled=True)
    assert abs(got.mean() - mean) < 4 * got.std(ddof=1) / 10**0.5
    assert runs.regrets("halving").mean() < mean / 4


def test_curves_end_where_the_searches_do():
    for method in ("random", "halving"):
        found = runs.curve(method, [27 * 9, table.BUDGET])
        np.testing.assert_allclose(found[:, 1], runs.regrets(method))
        assert found[:, 0].mean() > found[:, 1].mean()


def test_recorded_searches_are_found_again():
    """Ours, and optuna's with the versions that are pinned: the same settings, in their order."""
    for name in ("bayesian", "optuna TPE", "optuna random, halving"):
        function, given, n = searches.KEPT[name]
        kept = table.record()["searches"][name]
        assert len(kept) == 10 and all(len(row) == n for row in kept)
        assert function(*given, 4, 1) == kept[4][1], name


def test_chance_is_chance_in_optuna_too():
    theirs = [np.mean([runs.regret(best(runs.trials_of(
        searches.by_optuna("optuna random", s, r)["settings"], s)).setting, s) for r in range(5)])
        for s in range(10)]
    ours = runs.regrets("random")
    spread = (np.var(theirs, ddof=1) / 10 + ours.var(ddof=1) / 10) ** 0.5
    assert abs(np.mean(theirs) - ours.mean()) < 3 * spread


def test_the_record_is_small_and_says_how_it_was_made():
    made = table.record()["made"]
    assert made["command"] == "python -m experiments.searches" and made["processor_s"] > 100
    assert set(table.record()["searches"]) == set(searches.KEPT)
