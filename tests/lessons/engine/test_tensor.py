"""The engine as the chapter shows it, and what its gradients may not share."""

import ast
from pathlib import Path

import jupytext
import numpy as np
import pytest

from lessons.engine import tensor
from lessons.engine.tensor import Tensor, gradient_check

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = {  # of the class, in the chapter; its text says so
    "T", "__getitem__", "__repr__", "__rmatmul__", "__rsub__", "__rtruediv__", "item",
    "logsumexp", "mean", "reshape", "sigmoid",
}


@pytest.fixture(scope="module")
def shown():
    """Return the sources of the chapter's cells that hold the engine, and what joins them."""
    cells = jupytext.read(ROOT / "text" / "03-backpropagation.md", fmt="md:myst").cells
    return [cell.source for cell in cells if "save" in cell.metadata.get("tags", [])
            or cell.source.startswith("def more_of(")]


def members(node):
    """Return the names of what a class or module defines."""
    return {getattr(n, "name", None) or ast.unparse(n).partition(" = ")[0] for n in node.body
            if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Assign)}


def test_the_chapter_shows_the_engine_in_a_hundred_lines(shown):
    assert sum(bool(line.strip()) for source in shown for line in source.splitlines()) <= 100
    module = ast.parse(Path(tensor.__file__).read_text(encoding="utf-8"))
    (whole,) = (node for node in module.body if isinstance(node, ast.ClassDef))
    tops = [node for source in shown for node in ast.parse(source).body]
    parts = [members(node) for node in tops if isinstance(node, ast.ClassDef)]
    assert sum(map(len, parts)) == len(set().union(*parts))  # nothing is shown twice
    assert members(whole) - set().union(*parts) == LEFT_OUT
    functions = {node.name for node in tops if isinstance(node, ast.FunctionDef)}
    assert members(module) - functions == {"Tensor", "gradient_check"}


def test_the_chapters_class_gives_the_modules_gradients(shown):
    space = {"np": np}
    for source in shown:
        exec(source, space)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) for s in [(7, 4), (4, 5), (1, 5), (5, 2), (7, 1)]]
    grads = []
    for make in (space["Tensor"], Tensor):
        X, W1, b, W2, scale = inputs = [make(a) for a in arrays]
        out = ((X @ W1 + b).tanh() * scale @ W2).relu() - 0.3
        loss = (((out**2 + 2.0) / 3.0).exp().sum(axis=1).log() - 0.1 * out.sum(axis=1)).sum()
        loss.backward()
        grads.append([loss.data, *(x.grad for x in inputs)])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("f", [
    lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x.T + y.T, lambda x, y: (x + y).sum(0),
    lambda x, y: x.reshape(-1) + y.reshape(-1), lambda x, y: x + x + y,
])
def test_every_gradient_is_an_array_of_its_own(f):
    x, y = Tensor(np.ones((3, 3))), Tensor(np.ones((3, 3)))
    z = f(x, y)
    z.backward(seed := np.ones(z.shape))
    before = y.grad.copy(), z.grad.copy()
    x.grad *= 5.0  # what gradient clipping does
    np.testing.assert_array_equal(y.grad, before[0])
    np.testing.assert_array_equal(z.grad, before[1])
    z.grad *= 7.0
    np.testing.assert_array_equal(seed, np.ones(z.shape))


@pytest.mark.parametrize("f", [
    lambda x: x * x, lambda x: x**3, lambda x: x.exp(), lambda x: x.log(), lambda x: x.tanh(),
    lambda x: x.sigmoid(), lambda x: x.relu(), lambda x: x @ x,
])
def test_slopes_belong_to_the_values_of_the_forward_pass(f):
    a = np.array([[1.0, 2.0], [3.0, 0.5]])
    x, kept = Tensor(a), Tensor(a.copy())
    result, expected = f(x).sum(), f(kept).sum()
    x.data = np.full((2, 2), -9.0)  # another array, as after `w.data = w.data - lr * w.grad`
    result.backward()
    expected.backward()
    np.testing.assert_array_equal(x.grad, kept.grad)


def test_results_between_get_their_gradients_too():
    x = Tensor([1.0, 2.0])
    h = x * 3.0
    (h * h).sum().backward()
    np.testing.assert_array_equal(h.grad, 2 * h.data)
    np.testing.assert_array_equal(x.grad, 18 * x.data)


def test_a_gradient_check_changes_no_input():
    a = np.random.default_rng(0).standard_normal((2, 3))
    before = a.copy()
    assert gradient_check(lambda w: (w * w).mean(), a) < 1e-9
    np.testing.assert_array_equal(a, before)


def test_the_best_step_of_a_gradient_check_is_neither_short_nor_long():
    errors = [gradient_check(lambda w: w.tanh().sum(), [0.3, -1.2], step=h)
              for h in (1e-12, 1e-5, 1e-1)]
    assert errors[1] < 1e-9 < 1e-6 < min(errors[0], errors[2])
