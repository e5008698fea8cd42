"""The steps of a transformer on our engine: each against torch, differences, bad input."""

import numpy as np
import pytest
import torch

from lessons.engine import losses, nn, sequences as seq
from lessons.engine.tensor import Tensor, gradient_check

F = torch.nn.functional
RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 4))
MASK = np.tri(3, 4, 1, dtype=bool)
INDEX = np.array([[0, 1, 1], [4, 1, 0]])
PAIRS = {
    "rows": (lambda x: seq.rows(x, INDEX), lambda x: F.embedding(torch.tensor(INDEX), x),
             RNG.standard_normal((5, 4))),
    "transpose": (lambda x: seq.transpose(x, 2, 0, 1), lambda x: x.permute(2, 0, 1), X),
    "split": (lambda x: seq.split(x, 2)[1] * seq.split(x, 2)[0], lambda x: x[1] * x[0], X),
    "softmax": (seq.softmax, lambda x: F.softmax(x, -1), X),
    "softmax, far": (seq.softmax, lambda x: F.softmax(x, -1), 1e3 * X),
    "softmax, masked": (lambda x: seq.softmax(x, MASK),
                        lambda x: F.softmax(x.masked_fill(~torch.tensor(MASK), -torch.inf), -1), X),
    "standardise": (seq.standardise, lambda x: F.layer_norm(x, (4,)), X),
    "standardise, all equal": (seq.standardise, lambda x: F.layer_norm(x, (4,)), np.ones((2, 4))),
    "gelu": (seq.gelu, lambda x: F.gelu(x, approximate="tanh"), 3 * X),
    "products of stacks": (lambda x: x @ x.T, lambda x: x @ x.mT, X),
}


@pytest.mark.parametrize("name", PAIRS)
def test_values_and_gradients_are_torchs(name):
    ours, theirs, x = PAIRS[name]
    a, b = Tensor(x), torch.tensor(x, requires_grad=True)
    y, z = ours(a), theirs(b)
    seed = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", sorted(PAIRS.keys() - {"softmax, far", "standardise, all equal"}))
def test_gradients_are_the_slopes(name):
    ours, _, x = PAIRS[name]
    towards = np.random.default_rng(1).standard_normal(ours(Tensor(x)).shape)
    assert gradient_check(lambda t: (ours(t) * towards).sum(), x) < 1e-8


@pytest.mark.parametrize("shape", [(5, 7), (2, 5, 7), (7,)])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_cross_entropy_is_torchs(shape, size):
    logits = size * RNG.standard_normal(shape)
    targets = RNG.integers(7, size=shape[:-1])
    a, b = Tensor(logits), torch.tensor(logits, requires_grad=True)
    ours = seq.cross_entropy(a, targets)
    theirs = F.cross_entropy(b.reshape(-1, 7), torch.tensor(targets).reshape(-1))
    (3 * ours).backward()
    (3 * theirs).backward()
    np.testing.assert_allclose(ours.item(), theirs.item(), rtol=1e-10)
    np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-8, atol=1e-8)


def test_one_step_gives_what_the_short_ones_of_other_modules_give():
    x, labels = RNG.standard_normal((6, 5)), RNG.integers(5, size=6)
    for fast, slow in [(seq.gelu, nn.gelu), (seq.softmax, losses.softmax),
                       (lambda t: seq.cross_entropy(t, labels),
                        lambda t: losses.cross_entropy(t, labels))]:
        a, b = Tensor(x), Tensor(x)
        y, z = fast(a), slow(b)
        (y * y).sum().backward()
        (z * z).sum().backward()
        np.testing.assert_allclose(y.data, z.data, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("call", [
    seq.softmax, seq.standardise, seq.gelu, lambda x: seq.rows(x, [0]),
    lambda x: seq.cross_entropy(x, np.zeros((2, 3), int)),
])
def test_float32_stays(call):
    x = Tensor(X.astype(np.float32))
    y = call(x)
    y.backward(np.ones(y.shape))
    assert y.data.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("call, said", [
    (lambda x: seq.rows(x, [5]), "rows go from 0 to 1, got 5 to 5"),
    (lambda x: seq.rows(x, [-1]), "rows go from 0 to 1"),
    (lambda x: seq.split(x, 3), "2 parts, not 3"),
    (lambda x: seq.cross_entropy(x, [0, 1]), "need targets"),
    (lambda x: seq.cross_entropy(x, np.full((2, 3), 4)), "whole numbers from 0 to 3"),
    (lambda x: seq.cross_entropy(x, np.zeros((2, 3))), "whole numbers"),
    (lambda x: seq.cross_entropy(Tensor(np.zeros((0, 4))), np.zeros(0, int)), "need targets"),
])
def test_what_makes_no_sense_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(Tensor(X))
