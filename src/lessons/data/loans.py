"""Made loans, whose true risk of default is known."""

from dataclasses import dataclass

import numpy as np

from lessons.data.sets import _generator

#: What is known of an applicant, in the order of the columns of `Loans.X`.
COLUMNS = ["income", "debt", "late", "years", "amount", "age"]
#: Change of the log odds with each column, and with the product of debt and late payments.
WEIGHTS, TOGETHER = np.array([-0.5, 0.6, 0.7, -0.4, 0.3, 0.0]), 0.25


@dataclass(frozen=True)
class Loans:
    """Applicants and what became of their loans.

    Attributes
    ----------
    X : numpy.ndarray
        Shape (n, 6), one column for each of `COLUMNS`, each with mean 0 and variance 1 in law.
    risk : numpy.ndarray
        True probability of default, shape (n,). No lender ever sees it.
    y : numpy.ndarray
        1 for a default, 0 for a loan that was paid back, shape (n,).
    """

    X: np.ndarray
    risk: np.ndarray
    y: np.ndarray


def loans(rng: np.random.Generator, n: int, offset: float = -4.3) -> Loans:
    """Return `n` made loans.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides applicants and outcomes.
    n : int
        How many, from 1 on.
    offset : float
        Log odds of default of an average applicant; -4.3 gives defaults of about 3 in 100.

    Raises
    ------
    TypeError
        If `rng` is not a generator.
    ValueError
        If `n` is below 1, or `offset` is not finite.

    Notes
    -----
    Five columns are normal, late payments are skewed (exponential). The log odds are linear but
    for one product: debt weighs more on those who have paid late. `age` changes nothing.

    Examples
    --------
    >>> made = loans(np.random.default_rng(0), 20000)
    >>> made.X.shape, round(float(made.y.mean()), 3)
    ((20000, 6), 0.027)
    """
    rng = _generator(rng)
    if n < 1 or not np.isfinite(offset):
        raise ValueError(f"give one loan or more and a finite offset, got n={n}, offset={offset}")
    X = rng.standard_normal((n, len(COLUMNS)))
    late = COLUMNS.index("late")
    X[:, late] = rng.exponential(size=n) - 1
    z = offset + X @ WEIGHTS + TOGETHER * X[:, COLUMNS.index("debt")] * X[:, late]
    risk = 1 / (1 + np.exp(-z))
    return Loans(X, risk, (rng.random(n) < risk).astype(int))
