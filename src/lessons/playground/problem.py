"""The data of an experiment, split, as a network takes it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lessons import data
from lessons.data.points import moons, outliers, rings
from lessons.playground.settings import CLASSES, DIGITS, Experiment, task_of

#: A generator has the seeds ``[seed, part]``, so that the parts do not change each other.
DATA, WEIGHTS, BATCHES = 0, 1, 2
PLANES: dict[str, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    "moons": moons, "spirals": data.spirals, "rings": rings}


@dataclass
class Scale:
    """How numbers of a network become those that a reader knows: ``x * spread + shift``."""

    shift: np.ndarray = field(default_factory=lambda: np.zeros(1))
    spread: np.ndarray = field(default_factory=lambda: np.ones(1))

    @classmethod
    def of(cls, columns: np.ndarray) -> "Scale":
        """Return the scale by which columns get mean 0 and standard deviation 1.

        Examples
        --------
        >>> scale = Scale.of(np.array([[1.0, 7.0], [3.0, 7.0]]))
        >>> scale.inward(np.array([[3.0, 7.0]])), scale.outward(np.array([[-1.0, 0.0]]))
        (array([[1., 0.]]), array([[1., 7.]]))
        """
        spread = columns.std(axis=0)
        return cls(columns.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def inward(self, x: np.ndarray) -> np.ndarray:
        """Return a reader's numbers as the network gets them."""
        return (x - self.shift) / self.spread

    def outward(self, x: np.ndarray) -> np.ndarray:
        """Return a network's numbers as a reader knows them."""
        return x * self.spread + self.shift


@dataclass
class Problem:
    """Inputs and targets, for training and for validation.

    Attributes
    ----------
    X, X_val : numpy.ndarray
        Inputs as rows.
    y, y_val : numpy.ndarray
        Classes, shape (n,), or numbers, shape (n, k).
    task : str
        What is learned: classes, numbers or pictures.
    labels : list of str or None
        The names of classes.
    features : list of str
        The names of the inputs.
    x_scale, y_scale : Scale
        From the network's numbers to the reader's.
    """

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    task: str
    labels: list[str] | None
    features: list[str]
    x_scale: Scale = field(default_factory=Scale)
    y_scale: Scale = field(default_factory=Scale)

    @property
    def shape(self) -> str:
        """What can be drawn of it: a line, a plane, or pixels."""
        n = self.X.shape[1]
        return "line" if n == 1 else "plane" if n < 64 else "pixels"

    @property
    def n_outputs(self) -> int:
        """How many numbers a network gives for an example."""
        return len(self.labels or []) if self.task == CLASSES else self.y.shape[1]

    def targets(self, loss: str) -> tuple[np.ndarray, np.ndarray]:
        """Return what a loss compares with, for training and for validation."""
        if self.task == CLASSES and loss != "cross_entropy":
            rows = np.eye(self.n_outputs)  # 1 for the right class, 0 for the others
            return rows[self.y], rows[self.y_val]
        return self.y, self.y_val


def problem_of(experiment: Experiment) -> Problem:
    """Make the data of an experiment: always the same for the same settings.

    Examples
    --------
    >>> from lessons.playground.settings import normalised
    >>> problem = problem_of(normalised({"data": "rings", "n": 100}))
    >>> problem.X.shape, problem.X_val.shape, problem.n_outputs, problem.shape
    ((70, 2), (30, 2), 2, 'plane')
    """
    rng = np.random.default_rng([experiment["seed"], DATA])
    name, n, noise = experiment["data"], experiment["n"], experiment["noise"]
    n_val = n_validation(experiment)
    if name in DIGITS:
        return pixels(rng, experiment, n_val)
    task, labels, features = task_of(experiment), None, ["x1", "x2"]
    x_scale, y_scale = Scale(), Scale()
    if name in PLANES:
        X, y = PLANES[name](rng, n, noise=noise)
        labels = ["blue", "orange"]
    elif name == "line":
        x, y = outliers(rng, n, noise=noise)
        X, y, features = x[:, None], y[:, None], ["x"]
    else:
        points = experiment["points"]
        X, y = np.array(points["x"], dtype=float), np.array(points["y"])
        labels, features, x_scale = points["labels"], points["features"], Scale.of(X)
        X = x_scale.inward(X)
        if labels is None:
            y_scale = Scale.of(y[:, None])
            y = y_scale.inward(y[:, None])
    order = rng.permutation(n)
    train, val = order[n_val:], order[:n_val]
    return Problem(X[train], y[train], X[val], y[val], task, labels, features, x_scale, y_scale)


def n_validation(experiment: Experiment) -> int:
    """Return how many examples are kept for validation: one at least, and one to train on."""
    n = experiment["n"]
    return min(max(1, round(experiment["split"] * n)), n - 1)


def pixels(rng: np.random.Generator, experiment: Experiment, n_val: int) -> Problem:
    """Return digits with their classes, or with themselves, without noise, as targets."""
    X, y, X_val, y_val = data.digits(rng, experiment["split"])
    n_train = experiment["n"] - n_val
    X, y, X_val, y_val = X[:n_train], y[:n_train], X_val[:n_val], y_val[:n_val]
    if experiment["data"] == "reconstruct":
        y, y_val = X, X_val
    if noise := experiment["noise"]:
        X = X + noise * rng.standard_normal(X.shape)
        X_val = X_val + noise * rng.standard_normal(X_val.shape)
    labels = [str(d) for d in range(10)] if experiment["data"] == "digits" else None
    return Problem(X, y, X_val, y_val, task_of(experiment), labels, ["pixel"])
