"""Losses on `lessons.engine.tensor`: one number that says how wrong the predictions are."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from lessons.engine.tensor import Tensor


def check_same_shape(prediction: "Tensor", target: ArrayLike) -> None:
    """Raise ValueError unless the two have one shape and are not empty."""
    if prediction.shape != np.shape(target):
        raise ValueError(
            f"predictions have shape {prediction.shape}, targets {np.shape(target)}: "
            "reshape one of them, numpy would silently pair every row with every other"
        )
    if prediction.data.size == 0:
        raise ValueError("an empty batch has no mean loss: check the data loader")


def _classes(labels: ArrayLike, n_classes: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.size == 0:
        raise ValueError("an empty batch has no mean loss: check the data loader")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels must be whole numbers from 0 to {n_classes - 1}")
    return labels


def mse(prediction: "Tensor", target: ArrayLike) -> "Tensor":
    """Return the mean squared error over all elements.

    Parameters
    ----------
    prediction : Tensor
        Any shape.
    target : array_like
        The same shape.

    Raises
    ------
    ValueError
        For different shapes or an empty batch.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> mse(Tensor([[1.0], [3.0]]), [[0.0], [0.0]]).item()
    5.0
    """
    check_same_shape(prediction, target)
    return ((prediction - target) ** 2).mean()


def mae(prediction: "Tensor", target: ArrayLike) -> "Tensor":
    """Return the mean absolute error over all elements; its slope at 0 is 0.

    Parameters
    ----------
    prediction : Tensor
        Any shape.
    target : array_like
        The same shape.

    Raises
    ------
    ValueError
        For different shapes or an empty batch.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> mae(Tensor([[1.0], [3.0]]), [[0.0], [0.0]]).item()
    2.0
    """
    check_same_shape(prediction, target)
    error = prediction - target
    return (error * np.sign(error.data)).mean()


def huber(prediction: "Tensor", target: ArrayLike, delta: float = 1.0) -> "Tensor":
    """Return the mean of half the squared error, with straight lines beyond `delta`.

    Parameters
    ----------
    prediction : Tensor
        Any shape.
    target : array_like
        The same shape.
    delta : float
        Size of an error, in the units of the target, from which on the slope stays the same.

    Raises
    ------
    ValueError
        For different shapes, an empty batch, or a `delta` that is not positive.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> huber(Tensor([0.5, 3.0]), [0.0, 0.0]).item()
    1.3125
    """
    check_same_shape(prediction, target)
    if not delta > 0:
        raise ValueError(f"delta is the size of an error and must be positive, got {delta}")
    error = prediction - target
    bounded = np.clip(error.data, -delta, delta)  # also the slope of the loss
    return (error * bounded - 0.5 * bounded**2).mean()


def log_softmax(logits: "Tensor") -> "Tensor":
    """Return the logarithms of the probabilities that `softmax` gives, without overflow.

    Parameters
    ----------
    logits : Tensor
        Scores; the classes are along the last axis.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> log_softmax(Tensor([[1e4, 0.0]])).data
    array([[     0., -10000.]])
    """
    # From the largest score down: beside a score of 1e17 the logarithm of a sum would be lost.
    z = logits - np.nan_to_num(logits.data.max(axis=-1, keepdims=True))
    return z - z.logsumexp(axis=-1, keepdims=True)


def softmax(logits: "Tensor") -> "Tensor":
    """Return probabilities along the last axis: positive, with sum 1.

    Parameters
    ----------
    logits : Tensor
        Scores; the classes are along the last axis.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> softmax(Tensor([[2.0, 0.0]])).data.round(4)
    array([[0.8808, 0.1192]])
    """
    return log_softmax(logits).exp()


def cross_entropy(logits: "Tensor", labels: ArrayLike) -> "Tensor":
    """Return the mean negative log-probability of the right class.

    Parameters
    ----------
    logits : Tensor
        Shape (B, C): one score for each example and class.
    labels : array_like of int
        Shape (B,): the right class of each example, 0 to C - 1.

    Raises
    ------
    ValueError
        For wrong shapes, an empty batch, or a label that is not a class.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> round(cross_entropy(Tensor([[2.0, 0.0]]), [0]).item(), 4)
    0.1269
    """
    if len(logits.shape) != 2 or np.shape(labels) != logits.shape[:1]:
        raise ValueError(f"logits must have shape (B, C) and labels (B,), got {logits.shape} "
                         f"and {np.shape(labels)}")
    labels = _classes(labels, logits.shape[1])
    return -log_softmax(logits)[np.arange(len(labels)), labels].mean()


def soft_cross_entropy(logits: "Tensor", targets: ArrayLike) -> "Tensor":
    """Return the mean cross-entropy with rows of probabilities as targets.

    Parameters
    ----------
    logits : Tensor
        Shape (B, C).
    targets : array_like
        Shape (B, C): for each example the wanted probability of each class.

    Raises
    ------
    ValueError
        For different shapes or an empty batch.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> round(soft_cross_entropy(Tensor([[2.0, 0.0]]), smooth([0], 2, 0.1)).item(), 4)
    0.2269
    """
    check_same_shape(logits, targets)
    return -(log_softmax(logits) * targets).sum(axis=-1).mean()


def smooth(labels: ArrayLike, n_classes: int, epsilon: float) -> np.ndarray:
    """Return one-hot rows of which the share `epsilon` is spread evenly over all classes.

    Parameters
    ----------
    labels : array_like of int
        Shape (B,): classes 0 to `n_classes` - 1.
    epsilon : float
        0 for plain one-hot rows, up to 1.

    Raises
    ------
    ValueError
        For a label that is not a class, no labels, or a share outside 0 to 1.

    Examples
    --------
    >>> smooth([2], 4, 0.2).round(2)
    array([[0.05, 0.05, 0.85, 0.05]])
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon is a share from 0 to 1, got {epsilon}")
    return (1 - epsilon) * np.eye(n_classes)[_classes(labels, n_classes)] + epsilon / n_classes


def binary_cross_entropy_with_logits(logits: "Tensor", targets: ArrayLike) -> "Tensor":
    """Return the mean negative log-probability of yes/no answers.

    Parameters
    ----------
    logits : Tensor
        Any shape: the score for "yes".
    targets : array_like
        The same shape, values from 0 to 1.

    Raises
    ------
    ValueError
        For different shapes or an empty batch.

    Examples
    --------
    >>> from lessons.engine.tensor import Tensor
    >>> round(binary_cross_entropy_with_logits(Tensor([3.0, -5.0]), [1, 0]).item(), 6)
    0.027651
    """
    check_same_shape(logits, targets)
    # log(1 + e^z) = max(z, 0) + log(1 + e^-|z|), whose exponential cannot overflow.
    size = logits * np.where(logits.data > 0, 1.0, -1.0)
    return (logits.relu() - logits * targets + ((-size).exp() + 1.0).log()).mean()


def perplexity(loss: float) -> float:
    """Return e^loss: among how many equally likely tokens a model of this loss hesitates.

    Examples
    --------
    >>> round(perplexity(math.log(50)), 6), perplexity(800.0)
    (50.0, inf)
    """
    with np.errstate(over="ignore"):
        return float(np.exp(loss))


def bits_per_byte(loss: float, n_tokens: int, n_bytes: int) -> float:
    """Return a loss in nats per token as bits per byte of the text.

    Parameters
    ----------
    loss : float
        Mean cross-entropy in nats per token.
    n_tokens, n_bytes : int
        Length of the same text in tokens and in bytes.

    Examples
    --------
    >>> bits_per_byte(math.log(256), n_tokens=10, n_bytes=10)
    8.0
    """
    if not (n_tokens > 0 and n_bytes > 0):
        raise ValueError(f"the text must not be empty, got {n_tokens} tokens and {n_bytes} bytes")
    return loss / math.log(2) * n_tokens / n_bytes
