"""What a score is worth after it was used to choose: the best of many, an attack, a ladder."""

from collections.abc import Callable

import numpy as np


def chosen_by_test(right: np.ndarray, n_test: int, rng: np.random.Generator, repeats: int = 200
                   ) -> tuple[np.ndarray, np.ndarray]:
    """Choose the best of k networks by a test set drawn at random; look at the other examples.

    Parameters
    ----------
    right : numpy.ndarray
        Which of N examples each network has right, booleans (networks, N).
    n_test : int
        Examples of the test set; all others tell the truth.

    Returns
    -------
    score, truth : numpy.ndarray
        Share right of the best of the first k networks, in a random order, on the test set and
        on the others, (repeats, networks): k is 1 in column 0.

    Raises
    ------
    ValueError
        If no example would be left.

    Examples
    --------
    >>> coins = np.random.default_rng(0).random((50, 400)) < 0.5
    >>> score, truth = chosen_by_test(coins, 100, np.random.default_rng(1))
    >>> score.mean(axis=0)[[0, 49]].round(2), truth.mean(axis=0)[[0, 49]].round(2)
    (array([0.5 , 0.61]), array([0.5, 0.5]))
    """
    K, N = right.shape
    if not 0 < n_test < N:
        raise ValueError(f"a test set of {n_test} among {N} examples leaves none")
    scores, truths = np.empty((repeats, K)), np.empty((repeats, K))
    total, rows = right.sum(axis=1), np.arange(K)
    for r in range(repeats):
        order = rng.permutation(K)
        good = right[:, rng.choice(N, n_test, replace=False)].sum(axis=1)
        test, rest = good[order] / n_test, (total - good)[order] / (N - n_test)
        new = test > np.maximum.accumulate(np.concatenate([[-1.0], test]))[:-1]
        first = np.maximum.accumulate(np.where(new, rows, 0))
        scores[r], truths[r] = test[first], rest[first]
    return scores, truths


def no_common_examples(right: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle each network's row: as often right as before, and alike only by chance."""
    return rng.permuted(right, axis=1)


def guesses_voted(n: int, told: Callable[[np.ndarray], float], k: int,
                  rng: np.random.Generator) -> np.ndarray:
    """Answer yes-or-no questions from scores alone: a vote of the random guesses told to be good.

    Parameters
    ----------
    n : int
        Questions. The attack never looks at one.
    told : callable
        Tells the score of answers (booleans), as a leaderboard does.
    k : int
        Guesses that are submitted, each a coin for each example.

    References
    ----------
    A. Blum and M. Hardt, The Ladder: A Reliable Leaderboard for Machine Learning Competitions,
    ICML 2015.
    """
    votes = np.zeros(n)
    for _ in range(k):
        guess = rng.random(n) < 0.5
        votes += np.where(guess, 1, -1) * (1 if told(guess) > 0.5 else -1)
    return votes > 0


class Ladder:
    """A leaderboard that tells a new score only if it beats the best one by a step.

    Examples
    --------
    >>> ladder = Ladder(np.ones(10, bool), step=0.1)
    >>> [ladder(np.arange(10) < n) for n in (5, 6, 8, 7)]
    [0.5, 0.5, 0.8, 0.8]
    """

    def __init__(self, labels: np.ndarray, step: float):
        if not 0 < step < 1:
            raise ValueError(f"a step is between 0 and 1, got {step}")
        self.labels, self.step, self.best = labels, step, 0.0

    def __call__(self, answers: np.ndarray) -> float:
        """Return the best score so far that beat the one before it by a step, rounded to steps."""
        score = float((answers == self.labels).mean())
        if score > self.best + self.step + 1e-12:
            self.best = round(round(score / self.step) * self.step, 10)
        return self.best
