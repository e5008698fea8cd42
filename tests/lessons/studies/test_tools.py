"""The versions of chapter 10's step, the log that is read back, and the record."""

import copy

import pytest
import torch

from experiments import tools as experiment
from lessons.gpt import model as gpt
from lessons.studies.tools import analysis, changes, runs

SMALL = gpt.Config(vocab_size=16, n_positions=8, n_layers=2, n_heads=2, d_model=16, dropout=0.25)
TINY = {"vocab_size": 256, "n_positions": 16, "n_layers": 1, "n_heads": 2, "d_model": 16,
        "batch_size": 2, "n_warmup": 1}


def made(version):
    torch.manual_seed(0)
    model = gpt.GPT(SMALL)
    changes.change(model, version)
    return model


@pytest.mark.parametrize("version", changes.VERSIONS)
def test_without_dropout_every_version_is_the_same_model(version):
    tokens = torch.arange(16).view(2, 8)
    old, new = made("chapter 10"), made(version)
    assert [p.shape for p in new.parameters()] == [p.shape for p in old.parameters()]
    assert torch.allclose(old.eval()(tokens), new.eval()(tokens), atol=1e-6)
    for model in (old.train(), new.train()):
        for part in model.modules():
            if hasattr(part, "p"):
                part.p = 0.0
    assert torch.allclose(old(tokens), new(tokens), atol=1e-6)


@pytest.mark.parametrize(("version", "random"), [("16 bits", True), ("fused", False)])
def test_only_the_fused_version_leaves_the_weights_of_attention_alone(version, random):
    layer = made(version).blocks[0].attention
    layer.out, layer.dropout = torch.nn.Identity(), torch.nn.Identity()  # what comes after them
    layer.dropout.p = 0.25
    x = torch.randn(1, 8, 16, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(2)
    one, two = layer(x), layer(x)
    assert (one != two).any() == random


def test_thin_keeps_each_number_with_the_same_chance_and_on_its_own():
    torch.manual_seed(3)
    n, p = 400, 0.25
    kept = changes.thin(torch.ones(n, 1001), p) != 0  # 1,001: no multiple of four numbers a draw
    error = (p * (1 - p) / n) ** 0.5
    assert abs(kept.float().mean() - (1 - p)) < 5 * error / 1001**0.5
    assert ((kept.float().mean(0) - (1 - p)).abs() < 5 * error).all()  # every place
    for lag in (1, 2, 3, 4):  # neighbours share a draw of 64 bits
        both = (kept[:, lag:] & kept[:, :-lag]).float().mean().item()
        assert both == pytest.approx((1 - p) ** 2, abs=0.005)


def test_an_unknown_version_is_told():
    with pytest.raises(ValueError, match="no version 'faster': choose from"):
        made("faster")


def test_what_is_written_for_tensorboard_is_what_is_read_back(monkeypatch):
    monkeypatch.setattr(runs, "SETTINGS", runs.SETTINGS | TINY)
    monkeypatch.setattr(experiment, "EVERY", 2)
    found = experiment.trained("fused", 0, n_steps=4)
    assert found["n_equal"] == found["n_scalars"] == 14
    assert [step for step, _ in found["curves"]["loss"]] == [1, 2, 3, 4]
    first = found["histograms"]["token_embedding.weight"]["0"]
    assert sum(first["counts"]) == 256 * 16 and len(first["counts"]) == experiment.N_BINS
    assert first["std"] == pytest.approx(0.02, rel=0.05)


def test_a_profile_of_a_tiny_step_is_cut_into_kinds(monkeypatch):
    monkeypatch.setattr(runs, "SETTINGS", runs.SETTINGS | TINY)
    with runs.trainer() as one:
        table, events = runs.profiled(one.update)
    shares = analysis.shares(events)
    assert sum(shares.values()) == pytest.approx(100)
    assert shares["random numbers"] > 0 and shares["fused attention"] == 0
    counts = {row.key: row.count for row in table.key_averages()}
    assert counts["aten::bernoulli_"] == 4  # embedding, weights, attention, MLP
    order = experiment.phases(events)
    assert order == sorted(order)


def test_the_record_says_what_the_page_says():
    record = analysis.record()
    assert list(record["profiles"]) == list(changes.VERSIONS)
    for step in record["profiles"].values():
        assert sum(step["shares"].values()) == pytest.approx(100, abs=0.1)
        assert step["disagrees_us"] < 1
    own = {name: ms for name, ms, *_ in record["profiles"]["chapter 10"]["rows"]}
    assert sorted(own, key=own.get)[-2:] == ["aten::bernoulli_", "aten::mm"]
    faster = record["speed"]["faster"]
    assert faster["fused"] > 1.2 > 1.15 > faster["16 bits"] > faster["fused AdamW"]
    board = record["tensorboard"]
    assert board["n_equal"] == board["n_scalars"] > 0


def test_check_finds_a_loss_that_no_run_gave(monkeypatch):
    kept = copy.deepcopy(analysis.record())
    losses = dict(map(tuple, kept["tensorboard"]["training"]["chapter 10"]))
    monkeypatch.setattr(experiment, "first_losses", lambda n: {1: losses[1], 2: losses[2] + 0.1})
    (wrong,) = experiment.check(kept=kept)
    assert wrong.startswith("step 2: loss")
