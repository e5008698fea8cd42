"""Reverse-mode automatic differentiation on numpy arrays.

Every operation returns a new `Tensor` that remembers its parents and, for each of them, how
to turn the gradient of the result into a gradient of the parent. `Tensor.backward` walks
this graph once, from the result back to the inputs. The chapter on backpropagation builds the
class in front of the reader, from the same lines.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum `grad` over the axes along which an array of `shape` was broadcast.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    pad = grad.ndim - len(shape)
    axes = tuple(i for i, n in enumerate(grad.shape) if i < pad or n != shape[i - pad])
    return grad.sum(axis=axes, keepdims=True).reshape(shape) if axes else grad.copy()


class Tensor:
    """An array with a gradient.

    Parameters
    ----------
    data : array_like
        Numbers of any shape. Integers become float64; float32 and float64 stay. An input or
        parameter holds a copy, so training never changes the array it was made from.
    parents : tuple of (Tensor, Callable)
        The tensors this one was computed from, each with the function that maps the gradient
        of this tensor to that parent's share. Empty for inputs and parameters.

    Attributes
    ----------
    grad : numpy.ndarray or None
        Gradient of the last `backward` calls, summed; same shape as `data`.

    Raises
    ------
    TypeError
        If `data` is not numeric.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
    """

    __array_priority__ = 100  # numpy leaves `array * tensor` to Tensor.__rmul__

    def __init__(self, data: ArrayLike, parents: "tuple[tuple[Tensor, Callable], ...]" = ()):
        data = np.asarray(data) if parents else np.array(data)  # numbers of its own
        if data.dtype.kind not in "biuf":
            raise TypeError(f"a Tensor holds numbers, not the type {data.dtype}")
        self.data = data if data.dtype.kind == "f" else data.astype(np.float64)
        self.parents, self.grad = parents, None

    def __repr__(self):
        return f"Tensor({self.data!r})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.data.shape

    @property
    def T(self) -> "Tensor":
        """The last two axes exchanged."""
        return Tensor(self.data.swapaxes(-1, -2), ((self, lambda g: g.swapaxes(-1, -2)),))

    def item(self) -> float:
        """Return the value of a tensor with one element as a Python number."""
        return self.data.item()

    def __add__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other, self)
        return Tensor(self.data + other.data, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other, self)
        a, b = self.data, other.data
        return Tensor(a * b, ((self, lambda g: g * b), (other, lambda g: g * a)))

    def __pow__(self, power: float) -> "Tensor":
        a, less = self.data, power - (power != 0)  # the slope of x**0 is 0, also at 0
        return Tensor(a**power, ((self, lambda g: g * power * a**less),))

    def __neg__(self) -> "Tensor":
        return self * -1.0

    def __sub__(self, other: "Tensor | ArrayLike") -> "Tensor":
        return self + -as_tensor(other, self)

    def __truediv__(self, other: "Tensor | ArrayLike") -> "Tensor":
        return self * as_tensor(other, self) ** -1.0

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: ArrayLike) -> "Tensor":
        return -self + other

    def __rtruediv__(self, other: ArrayLike) -> "Tensor":
        return self**-1.0 * other

    def __matmul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other, self)
        a, b = self.data, other.data
        if min(a.ndim, b.ndim) < 2:
            raise ValueError(f"@ takes matrices, not shapes {a.shape} and {b.shape}: "
                             "make a vector a column, (n, 1), or a row, (1, n)")
        return Tensor(a @ b, ((self, lambda g: g @ b.mT), (other, lambda g: a.mT @ g)))

    def __rmatmul__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other, self) @ self

    def __getitem__(self, index: Any) -> "Tensor":
        def spread(g: np.ndarray) -> np.ndarray:
            grad = np.zeros_like(self.data)
            np.add.at(grad, index, g)
            return grad

        return Tensor(self.data[index], ((self, spread),))

    def exp(self) -> "Tensor":
        """Return e to the power of each element."""
        result = np.exp(self.data)
        return Tensor(result, ((self, lambda g: g * result),))

    def log(self) -> "Tensor":
        """Return the natural logarithm of each element."""
        a = self.data
        return Tensor(np.log(a), ((self, lambda g: g / a),))

    def tanh(self) -> "Tensor":
        """Return the hyperbolic tangent of each element."""
        result = np.tanh(self.data)
        return Tensor(result, ((self, lambda g: g * (1 - result**2)),))

    def sigmoid(self) -> "Tensor":
        """Return 1 / (1 + e^-x) of each element, without overflow."""
        small = np.exp(-np.abs(self.data))  # between 0 and 1
        result = np.where(self.data < 0, small, 1.0) / (1 + small)
        return Tensor(result, ((self, lambda g: g * result * (1 - result)),))

    def relu(self) -> "Tensor":
        """Return each element, or 0 where it is negative."""
        a = self.data
        return Tensor(np.maximum(a, 0), ((self, lambda g: g * (a > 0)),))

    def reshape(self, *shape: int | tuple[int, ...]) -> "Tensor":
        """Return the same numbers in another shape."""
        return Tensor(self.data.reshape(*shape), ((self, lambda g: g.reshape(self.shape)),))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Tensor":
        """Return the sum over `axis`, or over all elements."""

        def spread(g: np.ndarray) -> np.ndarray:
            g = g if axis is None or keepdims else np.expand_dims(g, axis)
            return np.broadcast_to(g, self.shape)

        return Tensor(self.data.sum(axis=axis, keepdims=keepdims), ((self, spread),))

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Tensor":
        """Return the mean over `axis`, or over all elements."""
        total = self.sum(axis=axis, keepdims=keepdims)
        return total * (total.data.size / self.data.size)

    def logsumexp(self, axis: int = -1, keepdims: bool = False) -> "Tensor":
        """Return log Σ e^x over `axis`, computed without overflow."""
        top = self.data.max(axis=axis, keepdims=True)
        shift = np.nan_to_num(top)  # finite, since inf - inf is not a number
        small = np.exp(self.data - shift)
        total = small.sum(axis=axis, keepdims=True)
        result = Tensor(np.log(total) + shift, ((self, lambda g: g / total * small),))
        return result if keepdims else result.reshape(top.squeeze(axis).shape)

    def backward(self, seed: ArrayLike | None = None) -> None:
        """Add the gradient of this tensor to the `grad` of every tensor it depends on.

        Parameters
        ----------
        seed : numpy.ndarray, optional
            Gradient of the final result with respect to this tensor, of its shape. May be
            left out if the tensor has one element.

        Raises
        ------
        ValueError
            If the tensor has several elements and no seed is given, or the seed has
            another shape.
        """
        if seed is None and self.data.size != 1:
            raise ValueError("backward() starts from one number, the tensor has shape "
                             f"{self.shape}: take a sum or mean, or give a seed")
        seed = np.array(np.ones(self.shape) if seed is None else seed, self.data.dtype)
        if seed.shape != self.shape:
            raise ValueError(f"the seed has shape {seed.shape}, not {self.shape}")
        grads = {id(self): seed}
        for node in reversed(topological_order(self)):
            grad = grads.pop(id(node))
            node.grad = grad if node.grad is None else node.grad + grad
            for parent, share in node.parents:
                part = unbroadcast(share(grad), parent.shape)
                held = grads.get(id(parent))
                grads[id(parent)] = part if held is None else held + part


def as_tensor(x: Tensor | ArrayLike, like: Tensor) -> Tensor:
    """Return `x` as a Tensor; plain numbers and arrays take the type of `like`.

    Examples
    --------
    >>> as_tensor(2, like=Tensor(np.float32(1))).data.dtype
    dtype('float32')
    """
    return x if isinstance(x, Tensor) else Tensor(np.asarray(x, like.data.dtype))


def topological_order(result: Tensor) -> list[Tensor]:
    """Return `result` and all it depends on, every tensor after its parents.

    Examples
    --------
    >>> x = Tensor(1.0)
    >>> [t.item() for t in topological_order(x + x)]
    [1.0, 2.0]
    """
    order, seen, stack = [], set(), [(result, False)]
    while stack:
        node, parents_done = stack.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    return order


def gradient_check(f: Callable[..., Tensor], *arrays: ArrayLike, step: float = 1e-5) -> float:
    """Compare the gradients of `f` with central differences.

    Parameters
    ----------
    f : callable
        Takes one Tensor for each array and returns a Tensor with one element.
    arrays : array_like
        The point at which to compare, float64.
    step : float
        Half the distance between the two points of a difference.

    Returns
    -------
    float
        Largest difference, relative to the largest gradient component (or to 1 if smaller). NaN
        if a gradient or a value of `f` is not finite, so that no comparison finds it small.

    Examples
    --------
    >>> gradient_check(lambda w: (w.tanh() ** 2).sum(), [0.3, -1.2]) < 1e-9
    True
    """
    inputs = [Tensor(np.array(a, dtype=np.float64)) for a in arrays]
    f(*inputs).backward()
    errors = [0.0]
    for tensor in inputs:
        exact = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad
        for index in np.ndindex(*tensor.shape):
            kept = tensor.data[index]
            tensor.data[index] = kept + step
            above = f(*inputs).item()
            tensor.data[index] = kept - step
            below = f(*inputs).item()
            tensor.data[index] = kept
            scale = max(1.0, np.abs(exact).max())
            errors.append(abs((above - below) / (2 * step) - exact[index]) / scale)
    return float(np.max(errors))  # the built-in max would pass over NaN
