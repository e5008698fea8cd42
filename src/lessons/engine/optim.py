"""Optimisers and learning-rate schedules, as short as their update rules.

An optimiser holds parameters, objects with ``data`` and ``grad`` such as `tensor.Tensor`, and
changes ``data`` in place. The rules and their defaults are those of ``torch.optim``.
"""

import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def _number(value: Any) -> float:
    """Return one number, also from an array or tensor without axes, as a float; otherwise NaN."""
    try:
        return math.nan if isinstance(value, str) or np.ndim(value) else float(value)
    except (TypeError, ValueError):
        return math.nan


def check_lr(lr: float) -> float:
    """Return `lr` as a float if it is a usable learning rate.

    Raises
    ------
    ValueError
        If it is zero, negative, infinite or not a number.
    """
    if not 0 < _number(lr) < math.inf:
        raise ValueError(f"the learning rate must be a positive, finite number, got {lr}: "
                         "0.1 is a common start for SGD, 0.001 for Adam")
    return _number(lr)


def _check_share(name: str, value: float) -> float:
    if not 0 <= _number(value) < 1:
        raise ValueError(f"{name} must be at least 0 and less than 1, got {value}")
    return _number(value)


def _check_size(name: str, value: float) -> float:
    if not 0 <= _number(value) < math.inf:
        raise ValueError(f"{name} must be finite and not negative, got {value}")
    return _number(value)


class Optimiser:
    """What all optimisers share: the parameters, the learning rate and the weight decay.

    Raises
    ------
    ValueError
        For a setting that cannot work, no parameters, one that is the result of a computation,
        or, in `step`, one whose shape is not that of its gradient or has changed.

    Examples
    --------
    >>> w = SimpleNamespace(data=np.array([1.0]), grad=np.array([2.0]))
    >>> SGD([w, w], lr=0.1).step()  # shared by two layers: one parameter, one update
    >>> w.data
    array([0.8])
    """

    def __init__(self, params: Iterable[Any], lr: float, weight_decay: float = 0.0):
        if hasattr(params, "grad"):
            raise ValueError("the optimiser takes a list of parameters: write [w], not w")
        self.params = tuple({id(p): p for p in params}.values())
        if not self.params:
            raise ValueError("the optimiser got no parameters: pass model.parameters()")
        if any(getattr(p, "parents", ()) for p in self.params):
            raise ValueError("a parameter is the result of a computation, which the next forward "
                             "pass replaces: pass the tensors it was computed from")
        self.lr = check_lr(lr)
        self.weight_decay = _check_size("weight_decay", weight_decay)
        self.memory = [SimpleNamespace(shape=p.data.shape, n_steps=0) for p in self.params]

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient by one update."""
        for p, memory in zip(self.params, self.memory, strict=True):
            if p.grad is None:
                continue
            if not memory.shape == p.data.shape == np.shape(p.grad):
                raise ValueError(f"a parameter of shape {memory.shape} now has {p.data.shape}, its "
                                 f"gradient {np.shape(p.grad)}: new shapes need a new optimiser")
            memory.n_steps += 1
            self.update(p, memory)


class SGD(Optimiser):
    """Gradient descent with momentum.

    Parameters
    ----------
    params : iterable
        Objects with ``data`` and ``grad``.
    lr : float
        Learning rate.
    momentum : float
        Share of the last velocity that is kept, from 0 to below 1.
    nesterov : bool
        Look ahead along the velocity before stepping.
    weight_decay : float
        Strength of the pull towards 0, added to the gradient.

    Examples
    --------
    >>> w = SimpleNamespace(data=np.array([1.0]), grad=np.array([2.0]))
    >>> SGD([w], lr=0.1).step()
    >>> w.data
    array([0.8])
    """

    def __init__(self, params: Iterable[Any], lr: float, momentum: float = 0.0,
                 nesterov: bool = False, weight_decay: float = 0.0):
        super().__init__(params, lr, weight_decay)
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True looks ahead along the momentum: set momentum above 0")
        self.momentum = _check_share("momentum", momentum)
        self.nesterov = nesterov

    def update(self, p: Any, memory: SimpleNamespace) -> None:
        """Apply ``v ← βv + g``, ``w ← w - lr·v``."""
        v = g = p.grad + self.weight_decay * p.data
        if self.momentum:
            v = memory.v = self.momentum * getattr(memory, "v", 0.0) + g
        p.data -= self.lr * (g + self.momentum * v if self.nesterov else v)


class RMSProp(Optimiser):
    """Divide each gradient component by its running root mean square.

    Examples
    --------
    >>> w = SimpleNamespace(data=np.array([1.0]), grad=np.array([100.0]))
    >>> RMSProp([w], lr=0.01).step()
    >>> w.data.round(4)
    array([0.9])
    """

    def __init__(self, params: Iterable[Any], lr: float = 0.01, alpha: float = 0.99,
                 eps: float = 1e-8, weight_decay: float = 0.0):
        super().__init__(params, lr, weight_decay)
        self.alpha, self.eps = _check_share("alpha", alpha), _check_size("eps", eps)

    def update(self, p: Any, memory: SimpleNamespace) -> None:
        """Apply ``s ← αs + (1-α)g²``, ``w ← w - lr·g / (√s + ε)``."""
        g = p.grad + self.weight_decay * p.data
        memory.s = self.alpha * getattr(memory, "s", 0.0) + (1 - self.alpha) * g**2
        p.data -= self.lr * g / (np.sqrt(memory.s) + self.eps)


class Adam(Optimiser):
    """Momentum and RMSProp together, both corrected for their start at zero.

    References
    ----------
    Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015.

    Examples
    --------
    >>> w = SimpleNamespace(data=np.array([1.0]), grad=np.array([100.0]))
    >>> Adam([w], lr=0.01).step()
    >>> w.data.round(4)
    array([0.99])
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-3, beta1: float = 0.9,
                 beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.0):
        super().__init__(params, lr, weight_decay)
        self.beta1, self.beta2 = _check_share("beta1", beta1), _check_share("beta2", beta2)
        self.eps = _check_size("eps", eps)

    def decayed(self, p: Any) -> np.ndarray:
        """Return the gradient with weight decay added to it."""
        return p.grad + self.weight_decay * p.data

    def update(self, p: Any, memory: SimpleNamespace) -> None:
        """Apply ``w ← w - lr·m̂ / (√ŝ + ε)``."""
        g, t = self.decayed(p), memory.n_steps
        memory.m = self.beta1 * getattr(memory, "m", 0.0) + (1 - self.beta1) * g
        memory.s = self.beta2 * getattr(memory, "s", 0.0) + (1 - self.beta2) * g**2
        m_hat = memory.m / (1 - self.beta1**t)
        s_hat = memory.s / (1 - self.beta2**t)
        p.data -= self.lr * m_hat / (np.sqrt(s_hat) + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights directly, past the division.

    References
    ----------
    Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019.

    Examples
    --------
    >>> w = SimpleNamespace(data=np.array([1.0]), grad=np.array([0.0]))
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([0.95])
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-3, beta1: float = 0.9,
                 beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01):
        super().__init__(params, lr, beta1, beta2, eps, weight_decay)

    def decayed(self, p: Any) -> np.ndarray:
        """Shrink the weights and return the gradient as it is."""
        p.data *= 1 - self.lr * self.weight_decay
        return p.grad


def descend(grad: Callable[[np.ndarray], ArrayLike], start: ArrayLike, n_steps: int,
            optimiser: type[Optimiser] = SGD, **settings: Any) -> np.ndarray:
    """Follow an optimiser over a surface.

    Parameters
    ----------
    grad : callable
        Takes a point of shape (D,), returns the gradient there, shape (D,).
    start : array_like
        Where to begin, shape (D,).
    n_steps : int
        Number of updates, at least 1.
    optimiser : type
        A subclass of `Optimiser`; `settings` are passed on to it.

    Returns
    -------
    numpy.ndarray
        Shape (n_steps + 1, D): the start and the point after each step. A run that diverges
        goes on with infinities and NaN, without a warning: it is worth a look.

    Examples
    --------
    >>> descend(lambda w: 2 * w, [1.0], n_steps=3, lr=0.25).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    if not n_steps >= 1:
        raise ValueError(f"n_steps must be 1 or more, got {n_steps}")
    w = SimpleNamespace(data=np.array(start, dtype=float), grad=None)
    stepper = optimiser([w], **settings)
    path = [w.data.copy()]
    with np.errstate(all="ignore"):
        for _ in range(n_steps):
            w.grad = np.array(grad(w.data), dtype=float)  # a copy: `grad` may return w.data
            stepper.step()
            path.append(w.data.copy())
    return np.array(path)


def schedule(kind: str = "constant", n_steps: int = 100,
             n_warmup: int = 0) -> Callable[[int], float]:
    """Return a function from the step number to the share of the peak learning rate.

    Parameters
    ----------
    kind : {"constant", "linear", "cosine", "step"}
        What follows the warm-up: no change, a straight line to 0, half a cosine wave to 0,
        or a division by 10 at one half and at three quarters of the remaining steps.
    n_steps : int
        Number of steps of the whole run; the share reaches 0 (linear, cosine) at `n_steps`.
    n_warmup : int
        Steps of linear warm-up: the first step has the share ``1 / n_warmup``.

    Examples
    --------
    >>> share = schedule("cosine", n_steps=10, n_warmup=2)
    >>> [round(share(t), 2) for t in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    decays = {
        "constant": lambda done: 1.0,
        "linear": lambda done: 1.0 - done,
        "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
        "step": lambda done: 0.1 ** ((done >= 0.5) + (done >= 0.75)),
    }
    if kind not in decays:
        raise ValueError(f"unknown schedule {kind!r}: choose from {list(decays)}")
    if not 0 <= n_warmup < n_steps:
        raise ValueError(f"need 0 <= n_warmup < n_steps, got {n_warmup} and {n_steps}")

    def share(step: int) -> float:
        if step < n_warmup:
            return (step + 1) / n_warmup
        return decays[kind](min(1.0, (step - n_warmup) / (n_steps - n_warmup)))

    return share
