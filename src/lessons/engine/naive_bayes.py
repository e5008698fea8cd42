"""Naive Bayes on counts of words, from scratch: count, smooth, add up logarithms."""

import numpy as np
from numpy.typing import ArrayLike


class NaiveBayes:
    """Multinomial naive Bayes: each class is a bag from which words are drawn one by one.

    Parameters
    ----------
    alpha : float
        Added to each count of a word in a class, above 0.

    Attributes
    ----------
    log_prior : numpy.ndarray
        Shape (n_classes,).
    log_word : numpy.ndarray
        Logarithm of the probability of each word in each class, shape (n_classes, n_words).

    References
    ----------
    McCallum and Nigam, A Comparison of Event Models for Naive Bayes Text Classification, 1998.

    Examples
    --------
    >>> model = NaiveBayes(alpha=1.0).fit([[2, 0], [1, 0], [0, 1]], [0, 0, 1])
    >>> model.predict([[1, 0], [0, 3]]).tolist()
    [0, 1]
    >>> np.exp(model.log_word).round(2).tolist()
    [[0.8, 0.2], [0.33, 0.67]]
    """

    def __init__(self, alpha: float = 1.0):
        if not (np.isfinite(alpha) and alpha > 0):
            raise ValueError(f"alpha is above 0: with 0, one new word forbids a class, got {alpha}")
        self.alpha = alpha

    def fit(self, counts: ArrayLike, labels: ArrayLike) -> "NaiveBayes":
        """Count the words of each class.

        Parameters
        ----------
        counts : array_like
            How often each word stands in each text, shape (n_texts, n_words), 0 or more.
        labels : array_like
            Whole numbers from 0 on, shape (n_texts,); each class has a text or more.
        """
        X, y = _counts(counts), np.asarray(labels)
        if y.shape != (len(X),) or y.dtype.kind not in "iu" or len(X) == 0 or y.min() < 0:
            raise ValueError(f"{len(X)} texts need as many labels, whole numbers from 0 on, and "
                             f"one text or more, got {y.dtype} of shape {y.shape}")
        n_texts = np.bincount(y)
        if (n_texts == 0).any():
            raise ValueError(f"no text of class {np.argmin(n_texts)}: nothing can be counted")
        in_class = np.stack([X[y == label].sum(axis=0) for label in range(len(n_texts))])
        smooth = in_class + self.alpha  # (n_classes, n_words)
        self.log_word = np.log(smooth) - np.log(smooth.sum(axis=1, keepdims=True))
        self.log_prior = np.log(n_texts / len(y))
        return self

    def scores(self, counts: ArrayLike) -> np.ndarray:
        """Return log prior plus log likelihood, shape (n_texts, n_classes)."""
        X = _counts(counts)
        if X.shape[1] != self.log_word.shape[1]:
            raise ValueError(f"fitted on {self.log_word.shape[1]} words, got {X.shape[1]}")
        return X @ self.log_word.T + self.log_prior

    def predict(self, counts: ArrayLike) -> np.ndarray:
        """Return the class with the largest score, shape (n_texts,)."""
        return self.scores(counts).argmax(axis=1)


def _counts(counts: ArrayLike) -> np.ndarray:
    X = np.asarray(counts, dtype=float)
    if X.ndim != 2 or X.shape[1] == 0:
        raise ValueError(f"counts have the shape (n_texts, n_words), got {X.shape}")
    if not np.isfinite(X).all() or (X < 0).any():
        raise ValueError("counts are finite and 0 or more")
    return X
