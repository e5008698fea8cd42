"""The loop of fine-tuning: what it asks for when, and what stops it."""

import itertools

import pytest
import torch
from torch import nn

from lessons.train.finetune import finetune


def test_a_batch_is_asked_for_just_before_its_step():
    model, seen = nn.Linear(1, 1), []

    def batches():
        while True:
            seen.append(model.weight.item())
            yield torch.ones(1, 1)

    finetune(model, batches(), lambda m, x: m(x).sum(), lr=0.1, n_steps=3)
    assert len(set(seen)) == 3  # each was drawn from another model


def test_looks_come_before_the_first_step_and_after_some():
    looks = []
    finetune(nn.Linear(1, 1), itertools.repeat(torch.ones(1, 1)), lambda m, x: m(x).sum(), lr=0.1,
             n_steps=5, look=looks.append, every=2)
    assert looks == [0, 2, 4]


def test_an_objective_that_is_no_number_stops_before_it_does_harm():
    model = nn.Linear(1, 1)
    before = model.weight.item()
    with pytest.raises(ValueError, match="the objective of step 1 is nan"):
        finetune(model, itertools.repeat(torch.tensor([[float("nan")]])), lambda m, x: m(x).sum(),
                 lr=0.1, n_steps=3)
    assert model.weight.item() == before
