"""Layers, activations and initial scales against PyTorch and against their formulas."""

import math

import numpy as np
import pytest
import torch

from lessons.engine import nn
from lessons.engine.tensor import Tensor

F = torch.nn.functional
EXTREME = np.array([[-1e4, -30.0, -1.0], [-1e-3, 0.0, 1e-3], [1.0, 30.0, 1e4]])
TORCH = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky_relu": F.leaky_relu,
    "gelu": lambda u: F.gelu(u, approximate="tanh"),
    "silu": F.silu,
}


def close(ours, theirs):
    assert np.isfinite(ours).all()  # or two NaN would be equal
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_every_activation_has_a_counterpart():
    assert set(TORCH) == set(nn.ACTIVATIONS)


@pytest.mark.parametrize("name", TORCH)
def test_activations_are_torchs_also_far_out(name):
    x, u = Tensor(EXTREME.copy()), torch.tensor(EXTREME, requires_grad=True)
    y, v = nn.ACTIVATIONS[name](x), TORCH[name](u)
    y.sum().backward()
    v.sum().backward()
    close(y.data, v.detach().numpy())
    close(x.grad, u.grad.numpy())


@pytest.mark.parametrize("name", TORCH)
def test_activations_keep_float32(name):
    x = Tensor(np.ones((2, 2), np.float32))
    y = nn.ACTIVATIONS[name](x)
    y.sum().backward()
    assert y.data.dtype == x.grad.dtype == np.float32


def torch_copy(net, activation):
    """Return a function that computes `net` in torch, and its parameters."""
    params = [torch.tensor(p.data, requires_grad=True) for p in net.parameters()]

    def forward(u):
        for i in range(0, len(params), 2):
            u = F.linear(u, params[i].T, params[i + 1])
            u = TORCH[activation](u) if i < len(params) - 2 else u
        return u

    return forward, params


@pytest.mark.parametrize("size", [1.0, 1e4])
@pytest.mark.parametrize("activation", TORCH)
def test_networks_have_torchs_outputs_and_gradients(activation, size):
    rng = np.random.default_rng(0)
    net = nn.MLP([5, 7, 6, 3], rng, activation)
    for p in net.parameters()[1::2]:
        p.data += rng.standard_normal(p.shape)
    X, seed = size * rng.standard_normal((4, 5)), rng.standard_normal((4, 3))
    x, u = Tensor(X), torch.tensor(X, requires_grad=True)
    forward, params = torch_copy(net, activation)
    y, v = net(x), forward(u)
    y.backward(seed)
    v.backward(torch.tensor(seed))
    close(y.data, v.detach().numpy())
    close(x.grad, u.grad.numpy())
    for p, q in zip(net.parameters(), params, strict=True):
        close(p.grad, q.grad.numpy())


def test_a_layer_takes_stacks_of_batches():
    layer, X = nn.Linear(3, 2, np.random.default_rng(0)), np.arange(24.0).reshape(2, 4, 3)
    close(layer(Tensor(X)).data, X @ layer.W.data + layer.b.data)


def test_the_first_numbers_stay_what_they_were():
    net = nn.MLP([3, 4, 2], np.random.default_rng(0))
    rng = np.random.default_rng(0)
    W1 = rng.normal(0, math.sqrt(2.0) / math.sqrt(3), (3, 4))
    W2 = rng.normal(0, math.sqrt(2.0) / math.sqrt(4), (4, 2))
    for p, expected in zip(net.parameters(), [W1, np.zeros(4), W2, np.zeros(2)], strict=True):
        np.testing.assert_array_equal(p.data, expected)


@pytest.mark.parametrize("activation", TORCH)
def test_an_mlp_starts_with_the_gain_of_its_activation(activation):
    net = nn.MLP([400, 400, 1], np.random.default_rng(0), activation)
    gain = net.layers[0].W.data.std() * math.sqrt(400)
    expected = 1.0 if activation in ("tanh", "sigmoid") else math.sqrt(2)
    assert gain == pytest.approx(expected, rel=0.01)


def test_initial_scales_are_torchs():
    torch.manual_seed(0)
    W = torch.empty(2000, 500)  # torch's order: outputs, inputs
    torch.nn.init.kaiming_normal_(W, nonlinearity="relu")
    assert nn.he_std(500) == pytest.approx(W.std().item(), rel=0.01)
    torch.nn.init.xavier_normal_(W)
    assert nn.glorot_std(500, 2000) == pytest.approx(W.std().item(), rel=0.01)
    assert nn.he_std(500) == nn.glorot_std(250, 250)


@pytest.mark.parametrize("sizes, count", [([1, 1], 2), ([64, 32, 10], 2410), ([3, 4, 5, 6], 77)])
def test_parameters_are_counted(sizes, count):
    assert nn.n_parameters(nn.MLP(sizes, np.random.default_rng(0))) == count


def test_what_two_layers_share_counts_once():
    net = nn.MLP([4, 4, 4], np.random.default_rng(0))
    net.layers[1] = net.layers[0]
    assert nn.n_parameters(net) == 20


@pytest.mark.parametrize("make, words", [
    (lambda rng: nn.Linear(2, 0, rng), "from 1 on, got 2 and 0"),
    (lambda rng: nn.Linear(-1, 2, rng), "from 1 on"),
    (lambda rng: nn.Linear(2.5, 2, rng), "whole numbers"),
    (lambda rng: nn.MLP([], rng), "an input and an output"),
    (lambda rng: nn.MLP([64], rng), r"got \[64\]"),
    (lambda rng: nn.MLP([4, 0, 2], rng), "from 1 on"),
    (lambda rng: nn.MLP([4, 2], rng, "step"), "choose from"),
    (lambda rng: nn.Linear(3, 2, rng)(Tensor(np.ones((5, 4)))), r"rows of 3 numbers, got \(5, 4\)"),
    (lambda rng: nn.Linear(3, 2, rng)(Tensor(1.0)), r"rows of 3 numbers, got \(\)"),
    (lambda rng: nn.Linear(3, 2, rng)(Tensor(np.ones(3))), "a row"),
    (lambda rng: nn.MLP([3, 2], rng)(np.ones((3, 1))), "rows of 3 numbers"),
])
def test_wrong_sizes_are_said(make, words):
    with pytest.raises(ValueError, match=words):
        make(np.random.default_rng(0))
