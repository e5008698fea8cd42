"""What a transformer needs of the engine beside products: each step with its gradient in a line.

All work on the last axis of tensors with any axes before it. Products of stacks of matrices are
`Tensor.__matmul__`'s already.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from lessons.engine.tensor import Tensor


def rows(table: Tensor, index: ArrayLike) -> Tensor:
    """Return rows of a table, as an embedding does.

    Parameters
    ----------
    table : Tensor
        Shape (V, D).
    index : array_like of int
        Which rows, any shape (…).

    Returns
    -------
    Tensor
        Shape (…, D). A row that is taken several times gets the sum of their gradients.

    Raises
    ------
    ValueError
        If a row is asked for that is not there.

    Examples
    --------
    >>> table = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> rows(table, [1, 1]).sum().backward()
    >>> table.grad
    array([[0., 0.],
           [2., 2.]])
    """
    index = np.asarray(index)
    if not 0 <= index.min() <= index.max() < len(table.data):
        raise ValueError(f"rows go from 0 to {len(table.data) - 1}, "
                         f"got {index.min()} to {index.max()}")

    def spread(g: np.ndarray) -> np.ndarray:
        grad = np.zeros_like(table.data)
        np.add.at(grad, index, g)
        return grad

    return Tensor(table.data[index], ((table, spread),))


def transpose(x: Tensor, *axes: int) -> Tensor:
    """Return the same numbers with the axes in another order.

    Examples
    --------
    >>> transpose(Tensor(np.zeros((2, 3, 4))), 2, 0, 1).shape
    (4, 2, 3)
    """
    back = np.argsort(axes)
    return Tensor(x.data.transpose(axes), ((x, lambda g: g.transpose(back)),))


def split(x: Tensor, n: int) -> list[Tensor]:
    """Return the `n` tensors that lie behind each other along the first axis.

    Examples
    --------
    >>> [part.shape for part in split(Tensor(np.zeros((2, 5))), 2)]
    [(5,), (5,)]
    """
    if len(x.data) != n:
        raise ValueError(f"the first axis has {len(x.data)} parts, not {n}")

    def place(i: int):
        def spread(g: np.ndarray) -> np.ndarray:
            grad = np.zeros_like(x.data)
            grad[i] = g
            return grad
        return spread

    return [Tensor(x.data[i], ((x, place(i)),)) for i in range(n)]


def softmax(x: Tensor, where: ArrayLike = True) -> Tensor:
    """Return probabilities along the last axis, 0 outside of `where`.

    The same numbers as `lessons.engine.losses.softmax`, in one step instead of eight.

    Parameters
    ----------
    x : Tensor
        Scores.
    where : array_like of bool
        Which scores count, of a shape that fits `x`: the mask of attention. One in a row at least.

    Examples
    --------
    >>> softmax(Tensor([[0.0, 0.0, 5.0]]), where=[True, True, False]).data
    array([[0.5, 0.5, 0. ]])
    """
    scores = np.where(where, x.data, -np.inf)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return Tensor(p, ((x, lambda g: p * (g - (g * p).sum(-1, keepdims=True))),))


def standardise(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Return `x` with the mean 0 and the variance 1 along the last axis: a layer norm's first half.

    References
    ----------
    Ba, Kiros and Hinton, Layer Normalization, arXiv:1607.06450.

    Examples
    --------
    >>> standardise(Tensor([[1.0, 3.0, 5.0]])).data.round(3)
    array([[-1.225,  0.   ,  1.225]])
    """
    centred = x.data - x.data.mean(-1, keepdims=True)
    scale = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    z = centred * scale

    def back(g: np.ndarray) -> np.ndarray:
        # What moves all of a row, or stretches it, changes nothing: it is taken out of g.
        return scale * (g - g.mean(-1, keepdims=True) - z * (g * z).mean(-1, keepdims=True))

    return Tensor(z, ((x, back),))


def gelu(x: Tensor) -> Tensor:
    """Return the activation of GPT-2: `lessons.engine.nn.gelu` in one step instead of nine.

    Examples
    --------
    >>> gelu(Tensor([-1.0, 0.0, 3.0])).data.round(4)
    array([-0.1588,  0.    ,  2.9964])
    """
    a, c = x.data, math.sqrt(2 / math.pi)
    square = a * a
    t = np.tanh(c * a * (1 + 0.044715 * square))

    def back(g: np.ndarray) -> np.ndarray:
        return g * 0.5 * (1 + t + a * (1 - t * t) * c * (1 + 3 * 0.044715 * square))

    return Tensor(0.5 * a * (1 + t), ((x, back),))


def cross_entropy(logits: Tensor, targets: ArrayLike) -> Tensor:
    """Return the mean cross-entropy of all tokens of all texts, in nats.

    `lessons.engine.losses.cross_entropy` in one step, for any axes before the last one.

    Parameters
    ----------
    logits : Tensor
        Shape (…, V), such as (B, T, V).
    targets : array_like of int
        Shape (…): the tokens that come next.

    Raises
    ------
    ValueError
        For other shapes, no tokens, or a target that is not in the vocabulary.

    Examples
    --------
    >>> round(cross_entropy(Tensor(np.zeros((2, 3, 1000))), np.ones((2, 3), int)).item(), 1)
    6.9
    """
    targets, V = np.asarray(targets), logits.shape[-1]
    if targets.shape != logits.shape[:-1] or not targets.size:
        raise ValueError(f"logits (B, T, V) need targets (B, T), got {logits.shape} "
                         f"and {targets.shape}")
    if targets.dtype.kind not in "iu" or not 0 <= targets.min() <= targets.max() < V:
        raise ValueError(f"targets must be whole numbers from 0 to {V - 1}")
    flat, right = logits.data.reshape(-1, V), (np.arange(targets.size), targets.ravel())
    z = flat - flat.max(-1, keepdims=True)
    p = np.exp(z)
    total = p.sum(-1, keepdims=True)

    def back(g: np.ndarray) -> np.ndarray:
        grad = p / total
        grad[right] -= 1  # each row once: no need for np.add.at
        return (grad * (g / targets.size)).reshape(logits.shape)

    return Tensor((np.log(total).ravel() - z[right]).mean(), ((logits, back),))
