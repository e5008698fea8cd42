"""Losses that test_engine.py does not have: against torch, at the limits, and in wrong hands."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from lessons.engine import losses
from lessons.engine.tensor import Tensor, gradient_check

F = torch.nn.functional
RNG = np.random.default_rng(0)
SCORES = {
    "small": RNG.standard_normal((6, 4)),
    "zero": np.zeros((6, 4)),
    "large": 1e4 * RNG.choice([-1.0, 0.0, 1.0], size=(6, 4)),
    "one class": RNG.standard_normal((6, 1)),
    "one row": RNG.standard_normal((1, 4)),
}
SCORES["ties"] = SCORES["small"].round()
PAIRS = {
    "mae": (losses.mae, F.l1_loss),
    "huber": (losses.huber, F.huber_loss),
    "huber 0.3": (lambda z, t: losses.huber(z, t, 0.3), lambda z, t: F.huber_loss(z, t, delta=0.3)),
    "huber 1e6": (lambda z, t: losses.huber(z, t, 1e6), lambda z, t: F.huber_loss(z, t, delta=1e6)),
    "softmax": (lambda z, t: (losses.softmax(z) * t).sum(),
                lambda z, t: (F.softmax(z, -1) * t).sum()),
    "log_softmax": (lambda z, t: (losses.log_softmax(z) * t).sum(),
                    lambda z, t: (F.log_softmax(z, -1) * t).sum()),
    "soft": (losses.soft_cross_entropy, F.cross_entropy),
    "binary": (losses.binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits),
}


def agree(ours, theirs, z, target):
    x, u = Tensor(z.copy()), torch.tensor(z, requires_grad=True)
    a, b = ours(x, target), theirs(u, torch.tensor(target))
    a.backward()
    b.backward()
    assert np.isfinite(a.item())
    np.testing.assert_allclose(a.item(), b.item(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(x.grad, u.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("name", PAIRS)
def test_values_and_gradients_are_torchs(name, scores):
    z = SCORES[scores]
    target = np.random.default_rng(1).dirichlet(np.ones(z.shape[1]), size=len(z))
    agree(*PAIRS[name], z, target)


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber_at_its_corner_is_torchs(delta):
    z = np.array([[-delta, delta, 0.0, np.nextafter(delta, 9)]])
    agree(lambda x, t: losses.huber(x, t, delta), lambda u, t: F.huber_loss(u, t, delta=delta),
          z, np.zeros_like(z))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), C=st.integers(1, 7), B=st.integers(1, 5), s=st.floats(0, 1e4))
def test_softmax_sums_to_one_and_ignores_a_common_shift(seed, C, B, s):
    z = s * np.random.default_rng(seed).standard_normal((B, C))
    p = losses.softmax(Tensor(z)).data
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-10)
    np.testing.assert_allclose(losses.softmax(Tensor(z + 512.0)).data, p, atol=1e-8)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_narrow_formats_stay_and_do_not_overflow(kind):
    z = Tensor(np.array([[60.0, 0.0], [0.0, 3.0]], kind))
    loss = losses.cross_entropy(z, [1, 1])
    loss.backward()
    assert loss.data.dtype == z.grad.dtype == kind
    np.testing.assert_allclose(loss.item(), (60 + np.log1p(np.exp(-3))) / 2, rtol=2e-3)
    assert losses.softmax(z).data.dtype == losses.huber(z, np.zeros((2, 2))).data.dtype == kind


def test_hard_labels_are_a_case_of_soft_ones():
    z, labels = SCORES["small"], np.array([0, 3, 1, 1, 2, 0])
    hard = losses.cross_entropy(Tensor(z), labels).item()
    soft = losses.soft_cross_entropy(Tensor(z), losses.smooth(labels, 4, 0.0)).item()
    assert soft == pytest.approx(hard, rel=1e-12)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("scores", ["small", "large", "one class"])
def test_label_smoothing_is_torchs(scores, epsilon):
    z = SCORES[scores]
    labels = np.arange(6) % z.shape[1]
    agree(lambda x, t: losses.soft_cross_entropy(x, losses.smooth(t, z.shape[1], epsilon)),
          lambda u, t: F.cross_entropy(u, t, label_smoothing=epsilon), z, labels)


def test_every_gradient_agrees_with_differences():
    z, t = SCORES["small"], np.full((6, 4), 0.25)
    for name, (ours, _) in PAIRS.items():
        assert gradient_check(lambda x, f=ours: f(x, t), z) < 1e-7, name


def test_perplexity_and_bits_per_byte():
    assert losses.perplexity(0.0) == 1
    assert losses.perplexity(np.log(50257)) == pytest.approx(50257, rel=1e-12)
    # 3 tokens of 2 nats over 12 bytes: 6 nats are 8.656 bits.
    assert losses.bits_per_byte(2.0, 3, 12) == pytest.approx(8.65617024533378 / 12, rel=1e-12)


@pytest.mark.parametrize("make, words", [
    (lambda: losses.mae(Tensor(np.ones((3, 1))), np.ones(3)), "reshape one of them"),
    (lambda: losses.mae(Tensor(np.ones(0)), np.ones(0)), "empty batch"),
    (lambda: losses.huber(Tensor(np.ones((3, 1))), np.ones(3)), "reshape one of them"),
    (lambda: losses.huber(Tensor(np.ones((0, 2))), np.ones((0, 2))), "empty batch"),
    (lambda: losses.huber(Tensor(np.ones(2)), np.ones(2), 0.0), "must be positive"),
    (lambda: losses.huber(Tensor(np.ones(2)), np.ones(2), float("nan")), "must be positive"),
    (lambda: losses.soft_cross_entropy(Tensor(np.ones((2, 3))), [0, 1]), "reshape one of them"),
    (lambda: losses.soft_cross_entropy(Tensor(np.ones((0, 3))), np.ones((0, 3))), "empty batch"),
    (lambda: losses.smooth([0, 3], 3, 0.1), "from 0 to 2"),
    (lambda: losses.smooth([-1], 3, 0.1), "from 0 to 2"),
    (lambda: losses.smooth([], 3, 0.1), "empty batch"),
    (lambda: losses.smooth([0], 3, 1.5), "share from 0 to 1"),
    (lambda: losses.bits_per_byte(1.0, 1, 0), "must not be empty"),
])
def test_mistakes_are_said(make, words):
    with pytest.raises(ValueError, match=words):
        make()
