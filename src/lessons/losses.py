"""Losses on `lessons.tensor`: one number that says how wrong the predictions are."""

import numpy as np


def _same_shape(prediction, target):
    if prediction.shape != np.shape(target):
        raise ValueError(
            f"predictions have shape {prediction.shape}, targets {np.shape(target)}: "
            "reshape one of them, numpy would silently pair every row with every other"
        )
    if prediction.data.size == 0:
        raise ValueError("an empty batch has no mean loss: check the data loader")


def mse(prediction, target):
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
    >>> from lessons.tensor import Tensor
    >>> mse(Tensor([[1.0], [3.0]]), [[0.0], [0.0]]).item()
    5.0
    """
    _same_shape(prediction, target)
    return ((prediction - target) ** 2).mean()


def cross_entropy(logits, labels):
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
    >>> from lessons.tensor import Tensor
    >>> round(cross_entropy(Tensor([[2.0, 0.0]]), [0]).item(), 4)
    0.1269
    """
    labels = np.asarray(labels)
    if len(logits.shape) != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits must have shape (B, C) and labels (B,), got {logits.shape} and {labels.shape}"
        )
    n_examples, n_classes = logits.shape
    if n_examples == 0:
        raise ValueError("an empty batch has no mean loss: check the data loader")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels must be whole numbers from 0 to {n_classes - 1}")
    right = logits[np.arange(n_examples), labels]
    return (logits.logsumexp(axis=1) - right).mean()


def binary_cross_entropy_with_logits(logits, targets):
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
    >>> from lessons.tensor import Tensor
    >>> round(binary_cross_entropy_with_logits(Tensor([3.0, -5.0]), [1, 0]).item(), 6)
    0.027651
    """
    _same_shape(logits, targets)
    # log(1 + e^z) = max(z, 0) + log(1 + e^-|z|), whose exponential cannot overflow.
    size = logits * np.where(logits.data > 0, 1.0, -1.0)
    return (logits.relu() - logits * targets + ((-size).exp() + 1.0).log()).mean()
