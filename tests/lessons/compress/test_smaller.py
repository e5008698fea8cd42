"""Zeros, adapters and teachers: what must hold, and what is refused."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lessons.compress import adapters, distil, prune
from lessons.gpt.model import GPT, Config


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(Config(vocab_size=8, n_positions=8, n_layers=1, n_heads=2, d_model=16))


def share(masks):
    """Return the share of zeros in all masks."""
    return 1 - sum(m.sum().item() for m in masks.values()) / sum(m.numel() for m in masks.values())


@pytest.mark.parametrize("pattern", ["global", "layer", "random"])
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9])
def test_as_many_zeros_as_were_asked_for(model, pattern, sparsity):
    found = prune.masks(model, sparsity, pattern, torch.Generator().manual_seed(0))
    assert share(found) == pytest.approx(sparsity, abs=0.002)
    prune.apply(model, found)
    zeros = sum((layer.weight == 0).sum().item() for layer in prune.linears(model).values())
    assert zeros == sum((~m).sum().item() for m in found.values())


def test_the_smallest_go(model):
    found = prune.masks(model, 0.7, "global")
    layers = prune.linears(model)
    kept = min(layers[n].weight.detach().abs()[m].min() for n, m in found.items())
    gone = max(layers[n].weight.detach().abs()[~m].max() for n, m in found.items())
    assert kept >= gone


def test_two_of_four_keeps_the_two_largest():
    w = torch.randn(6, 12, generator=torch.Generator().manual_seed(0))
    mask = prune.two_of_four(w)
    assert (mask.view(-1, 4).sum(1) == 2).all()
    size = w.abs().view(-1, 4)
    kept = size.masked_fill(~mask.view(-1, 4), torch.inf).amin(1)
    assert (kept >= size.masked_fill(mask.view(-1, 4), 0).amax(1)).all()


def test_a_shuffled_mask_has_as_many_in_each_layer(model):
    found = prune.masks(model, 0.8, "global")
    other = prune.shuffled(found, torch.Generator().manual_seed(1))
    assert {n: m.sum() for n, m in found.items()} == {n: m.sum() for n, m in other.items()}
    assert any(not torch.equal(found[n], other[n]) for n in found)


def test_held_weights_stay_zero_and_others_move(model):
    found = prune.masks(model, 0.5, "layer")
    held = prune.Held(torch.optim.AdamW(model.parameters(), lr=0.1), model, found)
    before = model.blocks[0].mlp.up.weight.clone()
    for _ in range(3):
        model(torch.tensor([[1, 2, 3]])).square().sum().backward()
        held.step()
        held.zero_grad()
    after, mask = model.blocks[0].mlp.up.weight, found["blocks.0.mlp.up"]
    assert (after[~mask] == 0).all() and not torch.equal(after[mask], before[mask])


def test_adapters_start_as_the_model_and_merge_into_it(model):
    tokens = torch.tensor([[1, 2, 3, 4]])
    before, frozen = model(tokens), model.blocks[0].mlp.up.weight.clone()
    adapters.add_adapters(model, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(tokens), before)
    assert adapters.n_trainable(model) == 2 * (16 + 48 + 16 + 16 + 16 + 64 + 64 + 16)
    opt = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(3):
        opt.zero_grad()
        model(tokens).square().mean().backward()
        opt.step()
    assert torch.equal(model.blocks[0].mlp.up.layer.weight, frozen)
    after = model(tokens)
    assert not torch.allclose(after, before, atol=1e-4)
    assert torch.allclose(adapters.merge(model)(tokens), after, atol=1e-5)
    change = model.blocks[0].mlp.up.weight - frozen
    assert torch.linalg.matrix_rank(change, tol=1e-5) <= 2


@pytest.mark.parametrize("rank", [1, 3])
def test_no_matrix_of_a_rank_is_nearer(rank):
    w = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)).double()
    near = adapters.truncated(w, rank)
    rest = torch.linalg.svdvals(w)[rank:].square().sum()
    assert torch.linalg.matrix_rank(near) == rank
    assert (w - near).square().sum() == pytest.approx(rest.item())


def test_a_teacher_that_is_sure_of_the_text_is_the_text():
    logits = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.randint(4, (3, 5), generator=torch.Generator().manual_seed(1))
    sure = 1e3 * F.one_hot(targets, 4).float()
    plain = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    for weight in (0.0, 0.3, 1.0):
        assert distil.distillation_loss(logits, sure, targets, weight).item() == pytest.approx(
            plain.item(), rel=1e-5)


def test_a_teachers_gradient_is_the_difference_of_guesses():
    mine = torch.randn(1, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    theirs = torch.randn(1, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    for temperature in (1.0, 3.0):
        loss = distil.distillation_loss(mine, theirs, torch.tensor([0]), 1.0, temperature)
        (found,) = torch.autograd.grad(loss, mine)
        gap = (mine / temperature).softmax(-1) - (theirs / temperature).softmax(-1)
        assert torch.allclose(found, temperature * gap, atol=1e-6)
    assert theirs.grad is None


def test_bad_input_is_refused(model):
    for sparsity in (-0.1, 1.0, 2.0):
        with pytest.raises(ValueError, match="from 0 to below 1"):
            prune.masks(model, sparsity)
    with pytest.raises(ValueError, match="a sparsity of 0.7"):
        prune.masks(model, 0.7, "2:4")
    with pytest.raises(ValueError, match="got 'rows'"):
        prune.masks(model, 0.5, "rows")
    with pytest.raises(ValueError, match="multiple of 4"):
        prune.two_of_four(torch.ones(2, 6))
    with pytest.raises(ValueError, match="not a number"):
        prune.largest(torch.tensor([1.0, float("nan")]), 0.5)
    with pytest.raises(ValueError, match="another model"):
        prune.apply(model, {"a": torch.ones(1, 1, dtype=torch.bool)})
    for rank in (0, 5, 1.5):
        with pytest.raises(ValueError, match="from 1 to 4"):
            adapters.LowRank(nn.Linear(8, 4), rank)
    with pytest.raises(ValueError, match="no adapters"):
        adapters.merge(model)
    logits, targets = torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match="do not fit"):
        distil.distillation_loss(logits, logits[:, :2], targets)
    with pytest.raises(ValueError, match="above 0"):
        distil.distillation_loss(logits, logits, targets, temperature=0.0)
