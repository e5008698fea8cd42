"""The study of smaller models: the same function with an outlier, its arms, and its record."""

import copy

import numpy as np
import pytest
import torch

from experiments import compression
from lessons.compress.prune import linears
from lessons.gpt import model as gpt
from lessons.studies.compression import analysis, runs, small, speed

RECORD = analysis.record()


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Let models hardly train, and texts be short."""
    for module, name, value in ((runs, "N_TICKET", 2), (runs, "N_AFTER", 1), (runs, "N_ADAPT", 1),
                                (runs, "N_STUDENT", 2)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(small, "N_HELD", 200)
    monkeypatch.setattr(small.base, "__defaults__", (2, tmp_path))
    small.text.cache_clear()
    small.held_text.cache_clear()
    yield tmp_path
    small.text.cache_clear()
    small.held_text.cache_clear()


def test_texts_share_no_bytes():
    for which in ("topics", "docstrings"):
        valid = small._parts(which)[1]
        assert len(valid) >= 2 * small.N_HELD
        assert torch.equal(valid[: small.N_HELD], small.text(which).valid)
        assert torch.equal(valid[-small.N_HELD :], small.held_text(which))
    with pytest.raises(ValueError, match="got 'poems'"):
        small._parts("poems")


@pytest.mark.parametrize("factor", [1 / 64, 64])
def test_moving_a_channel_changes_no_guess(factor):
    torch.manual_seed(0)
    model, tokens = small.build(16, 2), torch.arange(20)[None]
    with torch.no_grad():
        model.blocks[0].norm1.bias += 0.3
        other = small.moved(model, factor)
        assert torch.allclose(model(tokens), other(tokens), atol=1e-4)
    layer, mine = (m.blocks[1].mlp.up.weight for m in (other, model))
    assert torch.allclose(layer[:, 0], mine[:, 0] * factor)
    with pytest.raises(ValueError, match="above 0, got 0"):
        small.moved(model, 0)


def test_a_ticket_has_its_first_weights_and_its_placebos_differ(quick, monkeypatch):
    seen = {}
    train = runs.trial.train

    def watched(recipe, text, seed, **kwargs):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = recipe.build()
            recipe.optimiser(model, recipe.lr)
        seen[arm] = copy.deepcopy(model)
        return train(recipe, text, seed, **kwargs)

    small.base(0, 2)
    for arm in ("ticket", "other start", "other places"):
        monkeypatch.setattr(runs.trial, "train", train)
        small.base(0, 2)
        monkeypatch.setattr(runs.trial, "train", watched)
        assert runs.ticket(arm, 0.006, 0) > 3
    first = linears(runs.begun(0))
    zeros = {arm: {n: m.weight == 0 for n, m in linears(model).items()}
             for arm, model in seen.items()}
    for name, layer in first.items():
        kept = ~zeros["ticket"][name]
        assert torch.equal(linears(seen["ticket"])[name].weight[kept], layer.weight[kept])
        assert torch.equal(zeros["ticket"][name], zeros["other start"][name])
        assert zeros["ticket"][name].sum() == zeros["other places"][name].sum()
    total = sum(m.sum().item() for m in zeros["ticket"].values())
    n = sum(m.numel() for m in zeros["ticket"].values())
    assert total / n == pytest.approx(0.9, abs=0.001)


def test_each_arm_runs(quick):
    assert runs.adapted("4", 0.004, 0, "tune")["numbers"] < 11000
    found = runs.adapted("all", 0.004, 0)
    assert found["cut"]["change"][-1] == pytest.approx(found["bits"], abs=2e-3)
    assert runs.adapted("norms and biases", 0.004, 0)["numbers"] < 3000
    steps = {arm: runs.student(arm, 0.004, 0)["steps"] for arm in compression.ARMS["student"]}
    assert steps.pop("alone, longer") > 2 == max(steps.values())
    assert runs.recovered(0.5, "2:4", 0.003, 0) > 3
    whole = runs.bits(small.base(0))
    assert runs.outlier(0, 1, 8, "row", False) == pytest.approx(whole, abs=0.01)  # hardly rounded
    assert runs.outlier(0, 512, 2, "tensor", True) > whole + 0.01
    assert runs.cut(0, 0.95, "global") != whole == runs.cut(0, 0.0, "global")


def test_guesses_are_checked_on_real_models(quick):
    found = runs.speculated(0, [["alone", 0.004], ["taught", 0.004]], n_texts=1)
    for row in found.values():
        assert 0 < row["kept"] <= 1
        assert all(1 <= n <= g + 1 for g, n in row["tokens per pass"].items())
        tokens, passes = row["example"]
        chars, marks = analysis.sources((tokens, passes))
        assert len(chars) == len(marks) == 56 and marks[:16] == [0] * 16
        assert max(map(abs, marks)) <= len(passes)


def test_times_are_parts_of_the_dense_one():
    found = speed.times(64, (1, 4), repeats=1)
    assert found[4]["dense"] == 1 and all(t > 0 for row in found.values() for t in row.values())
    ways, x = speed.products(32, torch.Generator().manual_seed(0)), torch.ones(3, 32)
    assert torch.allclose(ways["8 bits, made long first"](x), ways["dense"](x), atol=0.3)
    with pytest.raises(ValueError, match="16 or more"):
        speed.times(4)


def test_the_record_holds_every_run():
    n = len(RECORD["seeds"])
    for family, members in compression.ARMS.items():
        assert set(members) <= set(RECORD[family])
        assert all(len(RECORD[family][arm]["runs"]) == n for arm in members)
    for family in ("rounded", "outlier", "cut"):
        assert all(len(rows) == n for rows in RECORD[family].values())
    assert gpt.n_parameters(small.build()) == 72000


def test_no_chosen_rate_is_the_first_or_last_tried():
    for family, members in compression.ARMS.items():
        for arm in members:
            tried = {float(lr): bits for lr, bits in RECORD[family][arm]["tried"].items()}
            if tried and len(tried) < 5:
                assert min(tried) < min(tried, key=tried.get) < max(tried), (family, arm)


def test_names_that_are_not_there_are_refused():
    with pytest.raises(KeyError, match="no '9 row'"):
        analysis.values(RECORD, "rounded", "9 row")
    mean, half = analysis.gain(RECORD, ("rounded", "2 row"), ("base",))
    gap = analysis.values(RECORD, "rounded", "2 row") - analysis.values(RECORD, "base")
    assert mean == pytest.approx(np.mean(gap)) and half > 0
