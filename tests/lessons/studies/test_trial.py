"""One short run of a small language model."""

import json
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from lessons.gpt import checks, model as gpt, text as texts
from lessons.gpt.text import Text, nats_per_byte, windows
from lessons.planning.cost import flops_per_token
from lessons.studies.schedules import cosine
from lessons.studies.trial import Recipe, flops_per_step, train


def tiny(n_layers=1):
    return gpt.GPT(gpt.Config(256, n_positions=16, n_layers=n_layers, n_heads=2, d_model=8))


TINY = Recipe(build=tiny, lr=0.01, batch_size=4, n_positions=16)
TEXT = Text.of("the cat sat on the mat. " * 40, "the dog sat on the cat. " * 5)


def test_a_run_learns_and_says_what_it_cost():
    run = train(TINY, TEXT, n_steps=100, valid_at=[0.1, 0.5])
    assert [step for step, _ in run.valid] == [10, 50, 100]
    assert run.nats < run.valid[0][1] < math.log(256)
    assert run.n_bytes == 100 * 4 * 16 and run.flops == 100 * flops_per_step(TINY)
    assert len(run.curve) == 50 and run.curve[-1][0] == 100
    assert run.n_params == gpt.n_parameters(tiny()) and run.processor_s > 0
    assert json.loads(json.dumps(run.record()))["valid"] == run.record()["valid"]


def test_the_same_seed_gives_the_same_run_and_leaves_torchs_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (train(TINY, TEXT, seed, n_steps=20).nats for seed in (0, 0, 1))
    assert one == same != other
    assert torch.rand(3).equal(expected)


def test_the_seed_decides_the_text_for_every_recipe():
    seen = []

    def watched(model, tokens, targets):
        seen.append(tokens)
        return gpt.loss(model, tokens, targets)

    for build in (tiny, lambda: tiny(2)):  # the other draws more from torch's generator
        train(replace(TINY, build=build, objective=watched), TEXT, n_steps=3)
    first, second = seen[1:4], seen[5:8]  # before each run one step is counted
    assert all(a.equal(b) for a, b in zip(first, second, strict=True))


def test_an_epoch_holds_each_byte_once_at_most():
    text = torch.arange(1000)
    steps = windows(text, 5, 8, torch.Generator().manual_seed(0))
    tokens = torch.cat([next(steps)[0].flatten() for _ in range(23)])
    assert len(tokens.unique()) == len(tokens) == 23 * 40
    again = torch.cat([next(steps)[0].flatten() for _ in range(23)])
    assert not again.equal(tokens)


def test_operations_follow_the_formula_for_other_sizes():
    recipe = Recipe(build=lambda: gpt.GPT(gpt.Config(256, 32, 2, 2, 24)), batch_size=3,
                    n_positions=32)
    products = 12 * 2 * 24**2 + 256 * 24
    assert flops_per_step(recipe) == 3 * 32 * flops_per_token(products, 2, 24, 32)


def test_a_budget_buys_whole_steps():
    cost = flops_per_step(TINY)
    assert train(TINY, TEXT, flops=3.9 * cost).n_steps == 3
    with pytest.raises(ValueError, match="buy no step"):
        train(TINY, TEXT, flops=0.9 * cost)


@pytest.mark.parametrize(("wrong", "words"), [
    ({}, "n_steps or flops"),
    ({"n_steps": 3, "flops": 1e9}, "n_steps or flops"),
    ({"n_steps": 0}, "buy no step"),
    ({"n_steps": 2.5}, "buy no step"),
    ({"n_steps": 3, "valid_at": [0.0]}, "shares of the run"),
    ({"n_steps": 3, "valid_at": [1.5]}, "shares of the run"),
])
def test_a_wrong_budget_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        train(TINY, TEXT, **wrong)


def test_a_text_that_is_too_short_is_refused():
    short = Text.of("abc" * 20, "abc" * 20)
    with pytest.raises(ValueError, match="too short for a batch of 4 times 16: give 80 or more"):
        train(TINY, short, n_steps=1)
    with pytest.raises(ValueError, match="fills no window of 16"):
        nats_per_byte(tiny(), torch.zeros(16, dtype=torch.int64), 16)
    next(windows(torch.arange(80), 4, 16, torch.Generator().manual_seed(1)))  # just enough


def test_a_run_that_diverges_is_infinitely_bad():
    run = train(replace(TINY, objective=lambda *a: gpt.loss(*a) * math.nan), TEXT, n_steps=100)
    assert run.nats == math.inf and run.n_steps < 100
    assert json.loads(json.dumps(run.record()))["valid"] == [[run.n_steps, math.inf]]


class Ahead(nn.Module):
    """Adds to each token what comes after it, by a weight."""

    def __init__(self, weight):
        super().__init__()
        self.embedding = nn.Embedding(256, 256)
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, tokens):
        x = self.embedding(tokens)
        return x + self.weight * x.roll(-1, 1)


def test_a_model_that_sees_later_tokens_is_refused():
    with pytest.raises(ValueError, match="tokens that come later"):
        train(replace(TINY, build=lambda: Ahead(1.0)), TEXT, n_steps=1)


def test_a_leak_that_opens_in_training_is_refused():
    checks.check_causal(Ahead(0.0), 16)
    with pytest.raises(ValueError, match="tokens that come later"):
        train(replace(TINY, build=lambda: Ahead(0.0), lr=0.1), TEXT, n_steps=10)


def test_each_group_of_parameters_keeps_its_own_rate():
    rates = []

    def two(model, lr):
        rows = list(model.parameters())
        optimiser = torch.optim.SGD([{"params": rows[:1], "lr": lr},
                                     {"params": rows[1:], "lr": 10 * lr}])
        optimiser.register_step_pre_hook(
            lambda chosen, *_: rates.append([group["lr"] for group in chosen.param_groups]))
        return optimiser

    train(replace(TINY, optimiser=two, schedule=lambda done: 1 - done), TEXT, n_steps=2)
    assert sum(rates[1:], []) == pytest.approx([0.0075, 0.075, 0.0025, 0.025])  # one was counted


def test_the_schedule_rises_and_falls():
    shares = [cosine((step + 0.5) / 1000) for step in range(1000)]
    assert max(shares) <= 1 and shares[0] < 0.02 and abs(shares[-1] - 0.1) < 1e-3


def test_bytes_are_utf_8():
    assert texts.Text.of("é", "").train.tolist() == [0xC3, 0xA9]
