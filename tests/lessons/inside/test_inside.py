"""Probes and their controls, sparse autoencoders, attention that somebody meddles with."""

import pytest
import torch

from lessons.gpt import model as gpt
from lessons.inside import attention, probes, sparse


@pytest.fixture
def small():
    torch.manual_seed(0)
    return gpt.GPT(gpt.Config(16, n_positions=12, n_layers=2, n_heads=2, d_model=16)).eval()


def test_a_control_is_a_function_of_the_type():
    types = list("abcabcaab") * 50
    labels = probes.control_labels(types, 0.5, seed=1)
    assert all(len({int(y) for t, y in zip(types, labels, strict=True) if t == kind}) == 1
               for kind in "abc")
    many = probes.control_labels([str(i) for i in range(4000)], 0.3, seed=0)
    assert many.mean() == pytest.approx(0.3, abs=0.03)


def test_a_linear_probe_cannot_do_what_a_deeper_one_can():
    H = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    y = (H[:, 0] * H[:, 1] > 0).long()  # exclusive or
    linear, deep = (probes.accuracy(probes.fit(H, y, hidden), H, y) for hidden in (0, 32))
    assert linear < 0.65 < 0.9 < deep
    with pytest.raises(ValueError, match="labels are 0 or 1"):
        probes.fit(H, y + 1)


def test_an_autoencoder_finds_directions_that_are_there():
    generator = torch.Generator().manual_seed(0)
    true = sparse.unit(torch.randn(24, 12, generator=generator))
    on = torch.rand(8000, 24, generator=generator) < 0.06
    X = (on * torch.rand(8000, 24, generator=generator)) @ true
    X = X / X.square().sum(1).mean().sqrt()
    found = {learn: sparse.fit(sparse.TopK(12, 32, 3, torch.Generator().manual_seed(1)), X, 600,
                               0.01, torch.Generator().manual_seed(2), learn=learn)
             for learn in (True, False)}
    near = {learn: (sparse.unit(sae.decoder) @ true.T).max(0).values.median().item()
            for learn, sae in found.items()}
    assert near[True] > 0.9 > near[False]
    assert sparse.explained(found[True], X) > sparse.explained(found[False], X) + 0.1


def test_an_autoencoder_says_what_k_can_be():
    with pytest.raises(ValueError, match="k is between 1 and 8"):
        sparse.TopK(4, 8, 9, torch.Generator())


def test_hidden_tokens_are_hidden(small):
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    other = torch.tensor([[1, 9, 3, 4, 5]])
    hide = torch.tensor([1])
    a, b = (attention.logits(small, t, hidden=hide)[0, -1] for t in (tokens, other))
    torch.testing.assert_close(a, b)
    a, b = (attention.logits(small, t)[0, -1] for t in (tokens, other))
    assert not torch.allclose(a, b)


def test_meddled_attention_keeps_its_sum_and_sees_no_later_token(small):
    weights = gpt.attention_weights(small, torch.arange(8)[None])[0]
    for change in (attention.even, attention.shuffled(torch.Generator().manual_seed(0))):
        new = change(weights)
        torch.testing.assert_close(new.sum(-1), torch.ones_like(new[..., 0]))
        assert new.triu(1).abs().max() == 0
        assert not torch.allclose(new, weights)


def test_the_absence_of_a_token_moves_the_guess(small):
    moved = attention.left_out(small, torch.arange(6))
    assert moved.shape == (5,) and (moved >= 0).all() and moved.max() > 0
