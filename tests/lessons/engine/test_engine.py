"""The engine against PyTorch: values, gradients, losses, optimisers and schedules."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st

from lessons import data
from lessons.engine import losses, nn, optim
from lessons.engine.tensor import Tensor, gradient_check

RTOL = 1e-10


def close(ours, theirs, rtol=RTOL):
    assert np.isfinite(ours).all()  # or two NaN would be equal
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


# --- tensor: random graphs ------------------------------------------------------------------

UNARY = {
    "exp": lambda x: (x * 0.3).exp(),
    "log": lambda x: (x * x + 1.0).log(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "neg": lambda x: -x,
    "square": lambda x: x**2,
    "inverse": lambda x: 2.0 / (x * x + 1.0),
    "sum0": lambda x: x.sum(0, True),
    "mean1": lambda x: x.mean(1, True),
    "transpose": lambda x: x.T,
    "reshape": lambda x: x.reshape(-1, 1),
    "rows": lambda x: x[[0, 0, -1]],
    "logsumexp": lambda x: x.logsumexp(1).reshape(-1, 1),
    "rsub": lambda x: 1.0 - x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1.0),
    "matmul": lambda x, y: x @ y.T if x.shape[1] == y.shape[1] else x * y,
}


def fits(x, y):
    try:
        np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
    except ValueError:
        return False
    return True


def grow(leaves, plan):
    """Apply the steps of `plan` to a growing pool, whatever fits."""
    pool = list(leaves)
    for kind, name, i, j in plan:
        x, y = pool[i % len(pool)], pool[j % len(pool)]
        if kind == "unary":
            pool.append(UNARY[name](x))
        elif fits(x, y) or (name == "matmul" and x.shape[1] == y.shape[1]):
            pool.append(BINARY[name](x, y))
    total = pool[0].sum()
    for x in pool[1:]:
        total = total + (x * 0.1).tanh().sum()
    return total


step = st.one_of(
    st.tuples(st.just("unary"), st.sampled_from(sorted(UNARY)), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("binary"), st.sampled_from(sorted(BINARY)), st.integers(0, 9),
              st.integers(0, 9)),
)
shapes = st.sampled_from([(3, 4), (1, 4), (3, 1), (1, 1), (4, 4)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(shapes, min_size=1, max_size=3), st.lists(step, min_size=1, max_size=8),
       st.integers(0, 10_000))
def test_random_graphs_have_torchs_values_and_gradients(leaf_shapes, plan, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(s) for s in leaf_shapes]
    ours = [Tensor(a.copy()) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    # torch names two things differently.
    torch_total = grow(map(Torchlike, theirs), plan).tensor
    total = grow(ours, plan)
    total.backward()
    torch_total.backward()
    close(total.item(), torch_total.item())
    for a, b in zip(ours, theirs, strict=True):
        close(a.grad, b.grad.numpy())


class Torchlike:
    """A torch tensor behind the few names of ours that torch spells differently."""

    def __init__(self, tensor):
        self.tensor = tensor

    @property
    def shape(self):
        return tuple(self.tensor.shape)

    @property
    def T(self):
        return Torchlike(self.tensor.mT)

    def _with(self, function, other):
        return Torchlike(function(self.tensor, getattr(other, "tensor", other)))

    def __add__(self, other):
        return self._with(torch.add, other)

    def __sub__(self, other):
        return self._with(torch.sub, other)

    def __mul__(self, other):
        return self._with(torch.mul, other)

    def __truediv__(self, other):
        return self._with(torch.div, other)

    def __matmul__(self, other):
        return self._with(torch.matmul, other)

    def __pow__(self, power):
        return Torchlike(self.tensor**power)

    def __neg__(self):
        return Torchlike(-self.tensor)

    def __rtruediv__(self, other):
        return Torchlike(other / self.tensor)

    def __rsub__(self, other):
        return Torchlike(other - self.tensor)

    def __getitem__(self, index):
        return Torchlike(self.tensor[index])

    def logsumexp(self, axis):
        return Torchlike(torch.logsumexp(self.tensor, axis))

    def sum(self, *args):
        return Torchlike(self.tensor.sum(*args))

    def mean(self, *args):
        return Torchlike(self.tensor.mean(*args))

    def __getattr__(self, name):
        return lambda *args: Torchlike(getattr(self.tensor, name)(*args))


def test_batched_matmul_broadcasts_like_torch():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5, 2, 3)), rng.standard_normal((3, 4))
    x, y = Tensor(a), Tensor(b)
    u, v = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    ((x @ y) ** 2).sum().backward()
    ((u @ v) ** 2).sum().backward()
    close(x.grad, u.grad.numpy())
    close(y.grad, v.grad.numpy())


@pytest.mark.parametrize("one, two", [
    ((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (5, 4, 2)), ((3, 4), (5, 4, 2)), ((6, 1, 3, 4), (2, 4, 5)),
])
def test_stacks_of_matrices_multiply_like_torchs(one, two):
    same_as_torch(lambda a, b: (a @ b).tanh(), one, two)


@pytest.mark.parametrize("one, two", [
    ((), (2, 3)), ((4,), (3, 1)), ((2, 1, 4), (3, 1)), ((1,), (2, 2)), ((0, 3), (1, 3)),
])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_arrays_of_different_rank_broadcast_both_ways(name, one, two):
    same_as_torch(BINARY[name], one, two)
    same_as_torch(BINARY[name], two, one)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "logsumexp"])
def test_reductions_are_torchs_over_every_axis(name, axis, keepdims):
    every = (0, 1, 2) if axis is None else axis
    same_as_torch(
        lambda x: getattr(x, name)(axis, keepdims) if isinstance(x, Tensor)
        else getattr(torch, name)(x, every, keepdims),
        (2, 3, 4),
    )


def test_logsumexp_and_sigmoid_do_not_overflow():
    a = np.array([[-1e4, 0.0, 1e4], [-1e4, -1e4, -1e4]])
    same_as_torch(lambda x: x.logsumexp(1), a)
    same_as_torch(lambda x: x.sigmoid(), a)
    assert np.isfinite(Tensor(a).logsumexp(1).data).all()


@pytest.mark.parametrize("index", [
    1, -1, slice(1, 3), (slice(None), 2), (..., 0), [0, 0, 2], (None, 1), ([0, 0, 2], [1, 1, 3]),
])
def test_gradients_go_back_to_the_elements_taken(index):
    same_as_torch(lambda x: x[index] ** 2, (3, 4))
    mask = np.arange(12).reshape(3, 4) % 3 == 0
    same_as_torch(lambda x: x[mask] ** 2, (3, 4))


@pytest.mark.parametrize("power", [-2.0, -1, 0.5, 1, 3, 2.5])
def test_powers_are_torchs(power):
    same_as_torch(lambda x: x**power, np.array([0.3, 1.0, 7.0]))


def test_relu_has_no_slope_at_zero():
    same_as_torch(lambda x: x.relu(), np.array([-1.0, 0.0, 2.0]))


def test_numbers_and_arrays_stand_on_either_side():
    x, a = Tensor([[1.0, 4.0]]), np.array([[2.0], [3.0]])
    close((a + x).data, a + x.data)
    close((a - x).data, a - x.data)
    close((a * x).data, a * x.data)
    close((a / x).data, a / x.data)
    close((a @ x).data, a @ x.data)
    close((1 - x).data, 1 - x.data)
    assert all(isinstance(y, Tensor) for y in (a + x, a - x, a * x, a / x, a @ x))


def same_as_torch(f, *inputs):
    """Compare value and gradients of `f`; an input is an array, or a shape to fill."""
    rng = np.random.default_rng(0)
    arrays = [a if isinstance(a, np.ndarray) else rng.standard_normal(a) for a in inputs]
    ours = [Tensor(np.array(a)) for a in arrays]
    theirs = [torch.tensor(np.array(a), requires_grad=True) for a in arrays]
    a, b = f(*ours), f(*theirs)
    assert a.shape == tuple(b.shape)
    close(a.data, b.detach().numpy())
    seed = rng.standard_normal(a.shape)
    a.backward(seed)
    b.backward(torch.tensor(seed))
    for x, u in zip(ours, theirs, strict=True):
        assert x.grad.shape == x.shape
        close(x.grad, u.grad.numpy())


def test_a_shared_result_is_walked_once():
    x = Tensor(1.0)
    y = x
    for _ in range(60):  # 2**60 paths lead back to x
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_backward_leaves_other_tensors_alone():
    x, other = Tensor([1.0]), Tensor([1.0])
    x.relu().sum().backward()
    assert other.grad is None


def test_a_graph_of_5000_additions_needs_no_recursion():
    x = Tensor(1.0)
    total = x
    for _ in range(5000):
        total = total + x
    total.backward()
    assert x.grad == 5001


def test_gradients_add_up_over_calls_and_uses():
    x = Tensor([2.0])
    y = x * x + x
    y.sum().backward()
    y.sum().backward()
    close(x.grad, [10.0])


def test_gradient_check_agrees_and_notices_a_wrong_gradient():
    a = np.random.default_rng(0).standard_normal((3, 2))
    assert gradient_check(lambda w: ((w @ w.T).tanh() * w.sum()).sum(), a) < 1e-8
    wrong = lambda w: Tensor(w.data.sum(), ((w, lambda g: 2 * g * np.ones_like(w.data)),))  # noqa: E731
    assert gradient_check(wrong, a) > 0.4
    assert gradient_check(lambda w, unused: (w**3).sum(), a, a) < 1e-8


def with_slope(slope, value=lambda a: (a * a).sum()):
    """Return a function whose gradient is `slope` of its input, right or not."""
    return lambda w: Tensor(value(w.data), ((w, lambda g: g * slope(w.data)),))


@pytest.mark.parametrize("f", [
    with_slope(lambda a: a * np.nan), with_slope(lambda a: a * np.inf),
    with_slope(lambda a: np.where(a > 1, np.nan, 2 * a)),
    with_slope(lambda a: np.where(a < 2, -np.inf, 2 * a)),
    with_slope(lambda a: 2 * a, lambda a: np.nan), with_slope(lambda a: 0 * a, lambda a: np.inf),
    lambda w: (w - 1.5).log().sum(),
])
def test_a_gradient_check_takes_nothing_for_right_that_is_no_number(f):
    with np.errstate(all="ignore"):
        assert np.isnan(gradient_check(f, [1.0, 2.0]))
        assert np.isnan(gradient_check(lambda v, w: f(w) + v.sum(), [1.0], [1.0, 2.0]))


def test_a_gradient_check_of_nothing_finds_nothing_wrong():
    assert gradient_check(lambda w: w.sum() + 1.0, np.zeros(0)) == 0.0


def test_float32_stays_float32():
    x = Tensor(np.ones(3, np.float32))
    y = ((x * 2.0 + 1.0) / 3.0).exp().mean()
    y.backward()
    assert y.data.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("make, error, words", [
    (lambda: Tensor([1.0, 2.0]).backward(), ValueError, "starts from one number"),
    (lambda: Tensor([1.0, 2.0]).backward(np.ones(3)), ValueError, "the seed has shape"),
    (lambda: Tensor(["a"]), TypeError, "holds numbers"),
    (lambda: Tensor(None), TypeError, "holds numbers"),
    (lambda: Tensor(1j), TypeError, "holds numbers"),
    (lambda: Tensor(np.ones((2, 3))) @ np.ones(3), ValueError, r"a column, \(n, 1\)"),
    (lambda: np.ones(2) @ Tensor(np.ones((2, 3))), ValueError, r"\(2,\) and \(2, 3\)"),
])
def test_mistakes_are_said(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_the_engine_never_imports_torch():
    code = ("import sys; from lessons import data; from lessons.engine import losses, nn, optim, "
            "tensor; sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", "import torch;" + code],
                          check=False).returncode == 1


# --- losses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_losses_equal_torchs(scale):
    rng = np.random.default_rng(0)
    z, labels = scale * rng.standard_normal((6, 4)), rng.integers(4, size=6)
    targets = rng.random((6, 4))
    F = torch.nn.functional
    for ours, theirs in [
        (lambda t: losses.cross_entropy(t, labels),
         lambda t: F.cross_entropy(t, torch.tensor(labels))),
        (lambda t: losses.binary_cross_entropy_with_logits(t, targets),
         lambda t: F.binary_cross_entropy_with_logits(t, torch.tensor(targets))),
        (lambda t: losses.mse(t, targets), lambda t: F.mse_loss(t, torch.tensor(targets))),
    ]:
        x, u = Tensor(z.copy()), torch.tensor(z, requires_grad=True)
        a, b = ours(x), theirs(u)
        a.backward()
        b.backward()
        close(a.item(), b.item())
        close(x.grad, u.grad.numpy())


@pytest.mark.parametrize("size", [0.0, 1e4])
def test_losses_of_extreme_logits_are_finite_and_torchs(size):
    z, F = size * np.array([[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]), torch.nn.functional
    labels, yes = np.array([0, 0, 1]), np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    for ours, theirs in [
        (lambda x: losses.cross_entropy(x, labels),
         lambda x: F.cross_entropy(x, torch.tensor(labels))),
        (lambda x: losses.binary_cross_entropy_with_logits(x, yes),
         lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor(yes))),
    ]:
        same_as_torch(lambda x, a=ours, b=theirs: (a if isinstance(x, Tensor) else b)(x), z)
        assert np.isfinite(ours(Tensor(z)).item())


def test_one_class_has_no_loss():
    assert losses.cross_entropy(Tensor(np.full((3, 1), 1e4)), [0, 0, 0]).item() == 0


@pytest.mark.parametrize("make, words", [
    (lambda: losses.mse(Tensor(np.ones((3, 1))), np.ones(3)), "reshape one of them"),
    (lambda: losses.mse(Tensor(np.ones((0, 1))), np.ones((0, 1))), "empty batch"),
    (lambda: losses.cross_entropy(Tensor(np.ones((0, 3))), np.zeros(0, int)), "empty batch"),
    (lambda: losses.cross_entropy(Tensor(np.ones((2, 3))), [0, 3]), "from 0 to 2"),
    (lambda: losses.cross_entropy(Tensor(np.ones((2, 3))), [0, -1]), "from 0 to 2"),
    (lambda: losses.cross_entropy(Tensor(np.ones((2, 3))), [0.0, 1.0]), "whole numbers"),
    (lambda: losses.binary_cross_entropy_with_logits(Tensor(np.ones((2, 1))), np.ones(2)),
     "reshape one of them"),
    (lambda: losses.binary_cross_entropy_with_logits(Tensor(np.ones(0)), np.ones(0)),
     "empty batch"),
    (lambda: losses.cross_entropy(Tensor(np.ones((2, 3))), [[0], [1]]), "must have shape"),
])
def test_wrong_input_to_a_loss_is_said(make, words):
    with pytest.raises(ValueError, match=words):
        make()


# --- optimisers and schedules ---------------------------------------------------------------

OPTIMISERS = [
    (optim.SGD, torch.optim.SGD, {}),
    (optim.SGD, torch.optim.SGD, {"momentum": 0.9}),
    (optim.SGD, torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    (optim.SGD, torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    (optim.RMSProp, torch.optim.RMSprop, {}),
    (optim.RMSProp, torch.optim.RMSprop, {"alpha": 0.9, "weight_decay": 0.05}),
    (optim.Adam, torch.optim.Adam, {}),
    (optim.Adam, torch.optim.Adam, {"beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1}),
    (optim.AdamW, torch.optim.AdamW, {}),
    (optim.AdamW, torch.optim.AdamW, {"weight_decay": 0.3, "eps": 1e-4}),
]


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
@settings(max_examples=5, deadline=None)
@given(lr=st.floats(1e-4, 0.05), seed=st.integers(0, 1000))
def test_optimisers_are_torchs_step_for_step(ours, theirs, options, lr, seed):
    rng = np.random.default_rng(seed)
    start, A = rng.standard_normal(4), rng.standard_normal((4, 4))
    w, u = Tensor(start.copy()), torch.tensor(start, requires_grad=True)
    torch_options = {k: v for k, v in options.items() if not k.startswith("beta")}
    if "beta1" in options:
        torch_options["betas"] = options["beta1"], options["beta2"]
    a, b = ours([w], lr=lr, **options), theirs([u], lr=lr, **torch_options)
    for _ in range(200):
        a.zero_grad()
        b.zero_grad()
        (Tensor(A) @ w.reshape(4, 1)).tanh().sum().backward()
        (torch.tensor(A) @ u.reshape(4, 1)).tanh().sum().backward()
        w.grad = u.grad.numpy().copy()  # the rules are compared, not the sums before them
        a.step()
        b.step()
        np.testing.assert_allclose(w.data, u.detach().numpy(), rtol=1e-12, atol=1e-12)
        w.data[:] = u.detach().numpy()  # and not the roundings of 200 steps


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
def test_parameters_are_kept_apart_and_those_without_gradient_stay(ours, theirs, options):
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(s) for s in [(2, 3), (3,), ()]]
    w = [Tensor(s.copy()) for s in starts]
    optimiser = ours(w, lr=0.01, **options)
    alone = [Tensor(starts[0].copy()), Tensor(starts[2].copy())]
    others = [ours([p], lr=0.01, **options) for p in alone]
    for _ in range(5):
        for p, q in [(w[0], alone[0]), (w[2], alone[1])]:
            p.grad = q.grad = rng.standard_normal(p.shape)
        optimiser.step()
        for other in others:
            other.step()
    np.testing.assert_array_equal(w[0].data, alone[0].data)
    np.testing.assert_array_equal(w[2].data, alone[1].data)
    np.testing.assert_array_equal(w[1].data, starts[1])
    optimiser.zero_grad()
    assert all(p.grad is None for p in w)


def torchs(theirs, params, lr, options):
    """Return torch's optimiser with its own names for the options."""
    options = dict(options)
    if "beta1" in options:
        options["betas"] = options.pop("beta1"), options.pop("beta2")
    return theirs(params, lr=lr, **options)


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-4, 0.1), st.tuples(*3 * [st.booleans()]), st.booleans(),
                          st.sampled_from([0.0, 1e-200, 1.0, 1e200])), max_size=12))
def test_irregular_use_is_torchs(ours, theirs, options, plan):
    """In each step: a rate, who has a gradient, whether weights are replaced, the gradient's size.

    Parameters are frozen, join late and leave; the rate changes; another array takes the place
    of the weights, as when a checkpoint is loaded.
    """
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(s) for s in [(2, 3), (3,), ()]]
    w = [Tensor(s) for s in starts]
    u = [torch.tensor(s, requires_grad=True) for s in starts]
    a, b = ours(w, lr=0.1, **options), torchs(theirs, u, 0.1, options)
    for lr, present, replaced, size in plan:
        a.lr = b.param_groups[0]["lr"] = lr
        for p, q, has_gradient in zip(w, u, present, strict=True):
            g = size * rng.standard_normal(p.shape)
            p.grad, q.grad = (g, torch.tensor(g)) if has_gradient else (None, None)
            if replaced:
                p.data, q.data = p.data * 0.5, q.data * 0.5
        with np.errstate(over="ignore"):
            a.step()
        b.step()
        for p, q in zip(w, u, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
def test_a_parameter_listed_twice_is_updated_once(ours, theirs, options):
    ends = []
    for times in (1, 2):
        w, other = Tensor([1.0, -2.0]), Tensor([3.0])
        optimiser = ours(times * [w, other], lr=0.1, **options)
        for _ in range(3):
            w.grad, other.grad = np.array([1.0, 0.5]), np.array([-1.0])
            optimiser.step()
        ends.append([*w.data, *other.data])
    assert ends[0] == ends[1]


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
@pytest.mark.parametrize("grad, data", [
    (np.ones((2, 3)), np.ones(3)), (np.ones(1), np.ones(3)), (1.0, np.ones(3)),
    (np.ones((2, 3)), np.ones((2, 3))), (np.ones(1), np.ones(1)),
])
def test_another_shape_is_said_before_anything_is_changed(ours, theirs, options, grad, data):
    w = Tensor(np.ones(3))
    optimiser = ours([w], lr=0.1, **options)
    w.data, w.grad = data.copy(), grad
    with pytest.raises(ValueError, match="new shapes need a new optimiser"):
        optimiser.step()
    np.testing.assert_array_equal(w.data, data)


def test_a_bad_gradient_is_forgotten_where_nothing_is_kept():
    w = Tensor([1.0])
    optimiser = optim.SGD([w], lr=0.1)
    for g in (np.nan, 1.0):
        w.data, w.grad = np.ones(1), np.array([g])
        optimiser.step()
    np.testing.assert_array_equal(w.data, [0.9])


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, "list"])
def test_training_never_changes_the_array_it_started_from(kind):
    start = [1, -1] if kind == "list" else np.array([1, -1], kind)
    ends = []
    for _ in range(2):
        w = Tensor(start)
        optimiser = optim.SGD([w], lr=0.1, momentum=0.9)
        for _ in range(3):
            optimiser.zero_grad()
            (w * w).sum().backward()
            optimiser.step()
            w.data -= 0.01  # by hand, too
        ends.append(w.data)
    np.testing.assert_array_equal(*ends)
    assert list(start) == [1, -1]


@pytest.mark.parametrize("ours, theirs, options", OPTIMISERS)
def test_float32_parameters_stay_float32(ours, theirs, options):
    w = Tensor(np.ones(3, np.float32))
    w.grad = np.full(3, 0.5, np.float32)
    ours([w], lr=0.1, **options).step()
    assert w.data.dtype == np.float32 and (w.data < 1).all()


def test_descend_takes_a_gradient_that_returns_its_argument():
    settings_ = {"lr": 0.1, "weight_decay": 0.5, "eps": 1.0}
    paths = [optim.descend(g, [1.0, 3.0], 5, optim.AdamW, **settings_)
             for g in (lambda w: w, lambda w: w.copy())]
    np.testing.assert_array_equal(*paths)


USELESS = [-0.1, -1, float("nan"), float("inf"), -float("inf"), "0.1", None, [0.1], 1j,
           np.array([0.1, 0.2]), np.array(np.nan)]
SETTINGS = {optim.SGD: ["momentum"], optim.RMSProp: ["alpha", "eps"],
            optim.Adam: ["beta1", "beta2", "eps"], optim.AdamW: ["beta1", "beta2", "eps"]}


@pytest.mark.parametrize("lr", [0, *USELESS])
def test_a_useless_learning_rate_is_said(lr):
    for optimiser in SETTINGS:
        with pytest.raises(ValueError, match="learning rate must be a positive"):
            optimiser([Tensor([1.0])], lr=lr)


@pytest.mark.parametrize("value", USELESS, ids=str)
@pytest.mark.parametrize("optimiser", SETTINGS)
def test_every_setting_of_every_optimiser_is_checked(optimiser, value):
    for name in [*SETTINGS[optimiser], "weight_decay"]:
        with pytest.raises(ValueError, match=f"{name} must be"):
            optimiser([Tensor([1.0])], lr=0.1, **{name: value})


@pytest.mark.parametrize("optimiser", SETTINGS)
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.array, torch.tensor])
def test_numbers_of_every_kind_are_settings(optimiser, kind):
    given = {name: kind(0.5) for name in ["lr", "weight_decay", *SETTINGS[optimiser]]}
    plain = {name: 0.5 for name in given}
    ends = []
    for options in (given, plain):
        w = Tensor(np.ones(2, np.float32))
        w.grad = np.full(2, 0.3, np.float32)
        optimiser([w], **options).step()
        ends.append(w.data)
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("make, words", [
    (lambda: optim.SGD([Tensor([1.0])], 0.1, momentum=1.0), "less than 1"),
    (lambda: optim.SGD([Tensor([1.0])], 0.1, nesterov=True), "momentum above 0"),
    (lambda: optim.SGD([], 0.1), "no parameters"),
    (lambda: optim.SGD(Tensor([1.0]), 0.1), r"write \[w\]"),
    (lambda: optim.SGD([Tensor([1.0]) * 2], 0.1), "the result of a computation"),
    (lambda: optim.SGD([Tensor([1.0])], 0.1, momentum=-0.1), "at least 0"),
    (lambda: optim.Adam([Tensor([1.0])], 0.1, beta2=1.0), "beta2 must be"),
    (lambda: optim.SGD([Tensor([1.0])], 0.1, weight_decay=-1), "weight_decay"),
    (lambda: optim.SGD([Tensor([1.0])], 0.1, weight_decay=float("nan")), "weight_decay"),
    (lambda: optim.descend(lambda w: w, [1.0], 5, lr=0.0), "learning rate"),
    (lambda: optim.descend(lambda w: w, [1.0], 0, lr=0.1), "n_steps"),
    (lambda: optim.descend(lambda w: w, [1.0], float("nan"), lr=0.1), "n_steps"),
    (lambda: optim.schedule("square"), "choose from"),
    (lambda: optim.schedule("cosine", 10, 10), "n_warmup"),
])
def test_other_mistakes_are_said(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_divergence_is_a_result_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = optim.descend(lambda w: w**3, [10.0], n_steps=50, lr=1.0)
    assert path.shape == (51, 1)
    assert not np.isfinite(path[-1]).all()


def test_schedules_are_torchs():
    S = torch.optim.lr_scheduler
    n_steps, n_warmup = 50, 10

    def rates(scheduler, optimiser):
        seen = []
        for _ in range(n_steps):
            seen.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
        return seen

    def fresh():
        return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)

    for kind, tail in [
        ("cosine", lambda o: S.CosineAnnealingLR(o, n_steps - n_warmup)),
        ("linear", lambda o: S.LinearLR(o, 1.0, 0.0, n_steps - n_warmup)),
        ("step", lambda o: S.MultiStepLR(o, [20, 30], 0.1)),
        ("constant", lambda o: S.ConstantLR(o, 1.0)),
    ]:
        o = fresh()
        warm = S.LinearLR(o, 1 / n_warmup, 1.0, n_warmup - 1)
        share = optim.schedule(kind, n_steps, n_warmup)
        theirs = rates(S.SequentialLR(o, [warm, tail(o)], [n_warmup]), o)
        np.testing.assert_allclose([share(t) for t in range(n_steps)], theirs, rtol=1e-12,
                                   atol=1e-12)


@pytest.mark.parametrize("kind, last", [
    ("constant", 1.0), ("linear", 0.0), ("cosine", 0.0), ("step", 0.01),
])
def test_after_the_last_step_a_schedule_stays(kind, last):
    share = optim.schedule(kind, 20, 5)
    assert [share(t) for t in range(5)] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert share(20) == share(500) == pytest.approx(last, abs=1e-15)


# --- data and a whole training --------------------------------------------------------------


def test_digits_are_split_once_and_by_the_generator():
    X_train, y_train, X_test, y_test = data.digits(np.random.default_rng(0))
    assert X_train.shape == (1348, 64) and X_test.shape == (449, 64)
    assert y_train.shape == (1348,) and y_test.shape == (449,)
    assert X_train.min() == 0 and X_train.max() == 1
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    rows = sorted(map(tuple, np.c_[np.r_[X_train, X_test] * 16, np.r_[y_train, y_test]]))
    assert rows == sorted(map(tuple, np.c_[images, labels]))
    np.testing.assert_array_equal(data.digits(np.random.default_rng(0))[3], y_test)
    assert not np.array_equal(data.digits(np.random.default_rng(1))[3], y_test)


def test_batches_keep_rows_and_labels_together():
    X, y = np.arange(22.0).reshape(11, 2), np.arange(11)
    got = list(data.batches(X, y, 4, np.random.default_rng(0)))
    assert [len(b) for _, b in got] == [4, 4, 3]
    assert all((a == X[b]).all() for a, b in got)
    assert not np.array_equal(np.concatenate([b for _, b in got]), y)


def test_a_line_has_its_slope():
    x, y = data.line(np.random.default_rng(0), 5, slope=3.0, intercept=-1.0, noise=0.0)
    close(y, 3 * x - 1)



def test_batches_cover_every_row_once():
    X, y = np.arange(22.0).reshape(11, 2), np.arange(11)
    seen = np.concatenate([b for _, b in data.batches(X, y, 4, np.random.default_rng(0))])
    assert sorted(seen) == list(range(11))


@pytest.mark.parametrize("make, error", [
    (lambda: list(data.batches([[1]], [1], 0, np.random.default_rng(0))), ValueError),
    (lambda: list(data.batches([[1]], [1, 2], 1, np.random.default_rng(0))), ValueError),
    (lambda: data.digits(0), TypeError),
    (lambda: data.digits(np.random.default_rng(0), 1.5), ValueError),
    (lambda: data.line(np.random.default_rng(0), 0), ValueError),
    (lambda: data.line(np.random.default_rng(0), np.nan), ValueError),
    (lambda: list(data.batches([[1]], [1], np.nan, np.random.default_rng(0))), ValueError),
    (lambda: nn.MLP([2, 2], np.random.default_rng(0), "step"), ValueError),
    (lambda: nn.Linear(0, 2, np.random.default_rng(0)), ValueError),
])
def test_wrong_data_is_said(make, error):
    with pytest.raises(error):
        make()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_two_layer_network_reads_97_percent_of_the_digits(seed):
    rng = np.random.default_rng(seed)
    X_train, y_train, X_test, y_test = data.digits(rng)
    net = nn.MLP([64, 128, 10], rng)
    optimiser = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(30):
        for X, y in data.batches(X_train, y_train, 32, rng):
            optimiser.zero_grad()
            losses.cross_entropy(net(X), y).backward()
            optimiser.step()
    assert (net(X_test).data.argmax(axis=1) == y_test).mean() >= 0.97
