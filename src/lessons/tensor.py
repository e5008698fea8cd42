"""Reverse-mode automatic differentiation on numpy arrays.

Every operation returns a new `Tensor` that remembers its parents and, for each of them, how
to turn the gradient of the result into a gradient of the parent. `Tensor.backward` walks
this graph once, from the result back to the inputs.
"""

from collections.abc import Callable

import numpy as np


def unbroadcast(grad, shape):
    """Sum `grad` over the axes along which an array of `shape` was broadcast.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True) if stretched else grad


class Tensor:
    """An array with a gradient.

    Parameters
    ----------
    data : array_like
        Numbers of any shape. Integers become float64; float32 and float64 stay.
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

    def __init__(self, data, parents=()):
        data = np.asarray(data)
        if data.dtype.kind not in "biuf":
            raise TypeError(f"a Tensor holds numbers, got an array of type {data.dtype}")
        self.data = data if data.dtype.kind == "f" else data.astype(np.float64)
        self.parents = parents
        self.grad = None

    def __repr__(self):
        return f"Tensor({self.data!r})"

    @property
    def shape(self):
        """Shape of the array."""
        return self.data.shape

    @property
    def T(self):
        """The last two axes exchanged."""
        return Tensor(self.data.swapaxes(-1, -2), ((self, lambda g: g.swapaxes(-1, -2)),))

    def item(self):
        """Return the value of a tensor with one element as a Python number."""
        return self.data.item()

    def __add__(self, other):
        other = as_tensor(other, self)
        return Tensor(self.data + other.data, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other):
        other = as_tensor(other, self)
        return Tensor(
            self.data * other.data,
            ((self, lambda g: g * other.data), (other, lambda g: g * self.data)),
        )

    def __pow__(self, power):
        return Tensor(
            self.data**power, ((self, lambda g: g * power * self.data ** (power - 1)),)
        )

    def __matmul__(self, other):
        other = as_tensor(other, self)
        if min(self.data.ndim, other.data.ndim) < 2:
            raise ValueError(
                f"@ multiplies matrices, got shapes {self.shape} and {other.shape}: "
                "reshape a vector to one column, (n, 1), or one row, (1, n)"
            )
        return Tensor(
            self.data @ other.data,
            (
                (self, lambda g: g @ other.data.swapaxes(-1, -2)),
                (other, lambda g: self.data.swapaxes(-1, -2) @ g),
            ),
        )

    def __getitem__(self, index):
        def spread(g):
            grad = np.zeros_like(self.data)
            np.add.at(grad, index, g)
            return grad

        return Tensor(self.data[index], ((self, spread),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_tensor(other, self)

    def __truediv__(self, other):
        return self * as_tensor(other, self) ** -1.0

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return self**-1.0 * other

    def __rmatmul__(self, other):
        return as_tensor(other, self) @ self

    def exp(self):
        """Return e to the power of each element."""
        result = np.exp(self.data)
        return Tensor(result, ((self, lambda g: g * result),))

    def log(self):
        """Return the natural logarithm of each element."""
        return Tensor(np.log(self.data), ((self, lambda g: g / self.data),))

    def tanh(self):
        """Return the hyperbolic tangent of each element."""
        result = np.tanh(self.data)
        return Tensor(result, ((self, lambda g: g * (1 - result**2)),))

    def sigmoid(self):
        """Return 1 / (1 + e^-x) of each element, without overflow."""
        result = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Tensor(result, ((self, lambda g: g * result * (1 - result)),))

    def relu(self):
        """Return each element, or 0 where it is negative."""
        return Tensor(np.maximum(self.data, 0), ((self, lambda g: g * (self.data > 0)),))

    def reshape(self, *shape):
        """Return the same numbers in another shape."""
        return Tensor(self.data.reshape(*shape), ((self, lambda g: g.reshape(self.shape)),))

    def sum(self, axis=None, keepdims=False):
        """Return the sum over `axis`, or over all elements."""

        def spread(g):
            if axis is not None and not keepdims:
                g = np.expand_dims(g, axis)
            return np.broadcast_to(g, self.shape)

        return Tensor(self.data.sum(axis=axis, keepdims=keepdims), ((self, spread),))

    def mean(self, axis=None, keepdims=False):
        """Return the mean over `axis`, or over all elements."""
        total = self.sum(axis=axis, keepdims=keepdims)
        return total * (total.data.size / self.data.size)

    def logsumexp(self, axis=-1, keepdims=False):
        """Return log Σ e^x over `axis`, computed without overflow."""
        shift = self.data.max(axis=axis, keepdims=True)
        total = (self - shift).exp().sum(axis=axis, keepdims=True).log() + shift
        return total if keepdims else total.reshape(shift.squeeze(axis).shape)

    def backward(self, seed=None):
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
        if seed is None:
            if self.data.size != 1:
                raise ValueError(
                    f"backward() starts from one number, this tensor has shape {self.shape}: "
                    "take a sum or a mean first, or give a seed"
                )
            seed = np.ones_like(self.data)
        seed = np.asarray(seed, dtype=self.data.dtype)
        if seed.shape != self.shape:
            raise ValueError(f"the seed has shape {seed.shape}, the tensor {self.shape}")
        grads = {id(self): seed}
        for node in reversed(topological_order(self)):
            grad = grads.pop(id(node))
            node.grad = grad.copy() if node.grad is None else node.grad + grad
            for parent, share in node.parents:
                part = unbroadcast(share(grad), parent.shape)
                held = grads.get(id(parent))
                grads[id(parent)] = part if held is None else held + part


def as_tensor(value, like):
    """Return `value` as a Tensor; plain numbers and arrays take the type of `like`.

    Examples
    --------
    >>> as_tensor(2, like=Tensor(np.float32(1))).data.dtype
    dtype('float32')
    """
    return value if isinstance(value, Tensor) else Tensor(np.asarray(value, like.data.dtype))


def topological_order(result):
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


def gradient_check(f: Callable[..., Tensor], *arrays, step: float = 1e-5) -> float:
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
        Largest difference, relative to the largest gradient component (or to 1 if smaller).

    Examples
    --------
    >>> gradient_check(lambda w: (w.tanh() ** 2).sum(), [0.3, -1.2]) < 1e-9
    True
    """
    inputs = [Tensor(np.array(a, dtype=np.float64)) for a in arrays]
    f(*inputs).backward()
    worst = 0.0
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
            worst = max(worst, abs((above - below) / (2 * step) - exact[index]) / scale)
    return float(worst)
