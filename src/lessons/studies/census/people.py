"""Twelve thousand people of a survey of 1994, and who is thought to earn much.

They are of the Current Population Survey of the United States Census Bureau, 1994. The extract is
real and old, and "more than 50,000 dollars" is nobody's decision: it shows how metrics behave, and
says nothing about people today. Its licence is in `census.LICENSE.txt`.

References
----------
Becker and Kohavi, Adult, UCI Machine Learning Repository, 1996, doi:10.24432/C5XW20, CC BY 4.0.
Ding et al., Retiring Adult: New Datasets for Fair Machine Learning, NeurIPS 2021, arXiv:2108.04884.
"""

import csv
import gzip
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

FILE = Path(str(resources.files("lessons.studies.census"))) / "census.csv.gz"
N_TRAIN = 6000  # the first ones; the others measure


@dataclass(frozen=True)
class People:
    """Some people, in the order of the file.

    Attributes
    ----------
    X : numpy.ndarray
        Numbers for each person, (n, d), standardised; without sex and race.
    y : numpy.ndarray
        Whether they earned more than 50,000 dollars, booleans, (n,).
    sex, race, age : numpy.ndarray
        Of each person, (n,).
    """

    X: np.ndarray
    y: np.ndarray
    sex: np.ndarray
    race: np.ndarray
    age: np.ndarray

    def __getitem__(self, rows: slice | np.ndarray) -> "People":
        """Return some of them."""
        return People(*(getattr(self, name)[rows] for name in ("X", "y", "sex", "race", "age")))


@cache
def everybody() -> People:
    """Return all 12,000 people.

    Examples
    --------
    >>> p = everybody()
    >>> p.X.shape, sorted(set(p.sex.tolist()))
    ((12000, 24), ['Female', 'Male'])
    """
    text = gzip.decompress(FILE.read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    age, years, hours = (column(name).astype(float) for name in ("age", "education_years", "hours"))
    parts = [age, (age - 40) ** 2, years, years**2, hours]
    for name in ("marital", "occupation"):
        values = column(name)
        parts += [(values == kind).astype(float) for kind in sorted(set(values))[1:]]
    X = np.stack(parts, axis=1)
    X = (X - X[:N_TRAIN].mean(0)) / np.maximum(X[:N_TRAIN].std(0), 1e-9)
    return People(X, column("income") == ">50K", column("sex"), column("race"), age.astype(int))


def logistic(X: np.ndarray, y: np.ndarray, decay: float = 1.0, n_steps: int = 30) -> np.ndarray:
    """Return the weights of logistic regression, (d + 1,), the bias last, by Newton's method.

    Examples
    --------
    >>> w = logistic(np.array([[-1.0], [1.0], [2.0]]), np.array([0, 0, 1]))
    >>> bool(w[0] > 0)
    True
    """
    A = np.append(X, np.ones((len(X), 1)), axis=1)
    w, ridge = np.zeros(A.shape[1]), decay * np.eye(A.shape[1])
    ridge[-1, -1] = 0
    for _ in range(n_steps):
        p = 1 / (1 + np.exp(-A @ w))
        gradient = A.T @ (p - y) + ridge @ w
        w = w - np.linalg.solve((A * (p * (1 - p))[:, None]).T @ A + ridge, gradient)
    return w


def chances(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return the chance that logistic regression gives each person, (n,).

    Examples
    --------
    >>> chances(np.array([1.0, 0.0]), np.array([[0.0]]))
    array([0.5])
    """
    return 1 / (1 + np.exp(-(X @ w[:-1] + w[-1])))
