"""One experiment that trains in slices, and whose settings change while it does."""

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lessons.engine import losses, nn, optim
from lessons.engine.tensor import Tensor
from lessons.playground.problem import BATCHES, WEIGHTS, problem_of
from lessons.playground.settings import (
    CLASSES,
    MOVING,
    OPTIMIZERS,
    Experiment,
    normalised,
    number,
)

LOSSES: dict[str, Callable[[Tensor, ArrayLike], Tensor]] = {
    "cross_entropy": losses.cross_entropy, "squared": losses.mse, "absolute": losses.mae,
    "huber": losses.huber}
#: The curve is computed on this many examples at most: more would cost more than the training.
SHOWN = 256
EACH_STEP = 50  # so long every step has its point on the curve
KEPT_EVERY, KEPT = 50, 4
TOO_LARGE = 1e6  # times the first loss

Point = tuple[int, float, float, float | None, float | None]


def optimiser_of(experiment: Experiment, params: list[Tensor]) -> optim.Optimiser:
    """Return the optimiser of an experiment, with its settings."""
    name, rate, momentum = (experiment[key] for key in ("optimizer", "rate", "momentum"))
    common = dict(lr=rate, weight_decay=experiment["decay"])
    if name == "rmsprop":
        return optim.RMSProp(params, **common)
    if name in ("adam", "adamw"):
        kind = optim.Adam if name == "adam" else optim.AdamW
        return kind(params, beta1=momentum, **common)
    return optim.SGD(params, momentum=momentum, nesterov=name == "nesterov", **common)


class Run:
    """A network of the engine, its data, and where its training is.

    Parameters
    ----------
    experiment : mapping
        Settings; `lessons.playground.settings.normalised` fills and checks them.

    Attributes
    ----------
    step : int
        Steps that are done.
    points : list of tuple
        The curve: step, training loss, validation loss, training and validation accuracy (None
        where numbers are learned), at steps that do not depend on the slices.
    changes : list of tuple
        After which step which settings got which values.
    diverged : str
        What went wrong, in a sentence, or "".

    Examples
    --------
    >>> run = Run({"data": "moons", "rate": 0.3})
    >>> run.advance(n_steps=200)
    >>> run.step, len(run.points), round(run.points[-1][4], 2)
    (200, 81, 0.98)
    """

    def __init__(self, experiment: Mapping[str, Any]):
        self.experiment = normalised(experiment)
        self.settings = {key: self.experiment[key] for key in MOVING}
        self.problem = problem_of(self.experiment)
        seed = self.experiment["seed"]
        self.sizes = [self.problem.X.shape[1], *self.experiment["layers"], self.problem.n_outputs]
        self.net = nn.MLP(self.sizes, np.random.default_rng([seed, WEIGHTS]),
                          self.experiment["activation"])
        for layer in self.net.layers:
            layer.W.data *= self.experiment["scale"]
        self.loss = LOSSES[self.experiment["loss"]]
        self.y, self.y_val = self.problem.targets(self.experiment["loss"])
        self.optimizer = optimiser_of(self.experiment, self.net.parameters())
        self.rng = np.random.default_rng([seed, BATCHES])
        self.order = np.zeros(0, dtype=int)  # what is left of this pass over the data
        self.every = 10 if self.problem.shape == "pixels" else 5
        self.step, self.n_seen, self.diverged = 0, 0, ""
        self.changes: list[tuple[int, dict[str, float]]] = []
        self.layers: list[dict[str, float]] = []
        with np.errstate(all="ignore"):
            self.points: list[Point] = [self.measure()]
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._first = self._keep()

    def change(self, settings: Mapping[str, Any]) -> None:
        """Change the learning rate, momentum, batch size or weight decay from here on.

        Raises
        ------
        ValueError
            For other settings, or values that are none; then nothing is changed.
        """
        if unknown := [key for key in settings if key not in MOVING]:
            raise ValueError(f"{unknown[0]} cannot change while a network trains: only "
                             + ", ".join(MOVING))
        has_momentum = OPTIMIZERS[self.experiment["optimizer"]][2]
        new = {key: number(key, value) for key, value in settings.items()
               if key != "momentum" or has_momentum}
        new = {key: value for key, value in new.items() if value != self.settings[key]}
        if not new or self.diverged:
            return
        if self.changes and self.changes[-1][0] == self.step:
            new = self.changes.pop()[1] | new
        self.changes.append((self.step, new))
        self.settings |= new
        self._apply()

    def _apply(self) -> None:
        """Give the optimiser its settings."""
        self.optimizer.lr = self.settings["rate"]
        self.optimizer.weight_decay = self.settings["decay"]
        if isinstance(self.optimizer, optim.SGD):
            self.optimizer.momentum = self.settings["momentum"]
        elif isinstance(self.optimizer, optim.Adam):
            self.optimizer.beta1 = self.settings["momentum"]

    def advance(self, n_steps: int | None = None, ms: float = 0.0) -> None:
        """Train for a number of steps, or for a time and one step more."""
        end = time.perf_counter() + ms / 1000
        last = self.step + (n_steps or 0)
        with np.errstate(all="ignore"):
            while not self.diverged:
                over = self.step + 1 >= last if n_steps else time.perf_counter() >= end
                self._train(measured=over)
                if over:
                    break

    def _train(self, measured: bool) -> None:
        """Take one step; note how large gradients and updates are, if wanted."""
        if len(self.order) == 0:
            self.order = self.rng.permutation(len(self.problem.X))
        batch = int(self.settings["batch"])
        rows, self.order = self.order[:batch], self.order[batch:]
        loss = self.loss(self.net(self.problem.X[rows]), self.y[rows])
        self.optimizer.zero_grad()
        loss.backward()
        before = [p.data.copy() for p in self.net.parameters()] if measured else []
        self.optimizer.step()
        self.step += 1
        self.n_seen += len(rows)
        if before:
            self.layers = self._sizes(before)
        self._look_after(loss.item())

    def _look_after(self, loss: float) -> None:
        """Put a point on the curve when one is due; find out whether the run goes wrong."""
        due = self.step <= EACH_STEP or self.step % self.every == 0
        point = self.measure() if due else None
        seen = [loss, *(point[1:3] if point else ())]
        limit = TOO_LARGE * max(1.0, self.points[0][1])
        if wrong := [value for value in seen if not value <= limit]:
            self.diverged = self._why(wrong[0])
        elif point:
            self.points.append(point)
            if self.step % KEPT_EVERY == 0:
                self._kept.append(self._keep())

    @property
    def epoch(self) -> float:
        """How often the training examples were seen."""
        return self.n_seen / len(self.problem.X)

    def measure(self) -> Point:
        """Return step, losses and accuracies as they are now, on up to `SHOWN` examples."""
        pairs = [(self.problem.X, self.y, self.problem.y),
                 (self.problem.X_val, self.y_val, self.problem.y_val)]
        found = []
        for X, target, y in pairs:
            out = self.net(X[:SHOWN])
            right = None
            if self.problem.task == CLASSES:
                right = float((out.data.argmax(axis=1) == y[:SHOWN]).mean())
            found.append((self.loss(out, target[:SHOWN]).item(), right))
        (train, train_right), (val, val_right) = found
        return self.step, train, val, train_right, val_right

    def _sizes(self, before: list[np.ndarray]) -> list[dict[str, float]]:
        """Return for each layer the norms of its gradient, its last update and its weights."""
        def norm(arrays: list[np.ndarray]) -> float:
            return math.sqrt(sum(float((a * a).sum()) for a in arrays))

        params, rows = self.net.parameters(), []
        for i in range(0, len(params), 2):
            pair = list(zip(params[i : i + 2], before[i : i + 2], strict=True))
            rows.append({"gradient": norm([np.asarray(p.grad) for p, _ in pair]),
                         "update": norm([p.data - old for p, old in pair]),
                         "weights": norm([p.data for p, _ in pair])})
        return rows

    def _why(self, value: float) -> str:
        from lessons.words import number as in_words

        step, train = self.points[-1][:2]
        rate = self.settings["rate"]
        return (f"The run diverged at step {self.step}: the loss is {in_words(value)}; at step "
                f"{step} it was {in_words(train)}. On the whole its steps grow, not shrink. "
                f"Go back, or reset, and lower the learning rate from {rate:g} to "
                f"{rate / 10:g} or less.")

    def _keep(self) -> dict[str, Any]:
        """Return all that is needed to go on from here."""
        return {"step": self.step, "n_seen": self.n_seen, "order": self.order,
                "weights": [p.data.copy() for p in self.net.parameters()],
                "memory": copy.deepcopy(self.optimizer.memory),
                "rng": self.rng.bit_generator.state, "settings": dict(self.settings)}

    @property
    def way_back(self) -> int:
        """The step to which `rewind` would go."""
        return self._calm()["step"]

    def _calm(self) -> dict[str, Any]:
        """Return the last kept state whose loss was not above the first."""
        losses_at = {point[0]: point[1] for point in self.points}
        calm = [kept for kept in self._kept
                if losses_at[kept["step"]] <= losses_at[0]]
        return calm[-1] if calm else self._first

    def rewind(self) -> None:
        """Go back to the last kept step at which all was well, and forget what came after."""
        kept = self._calm()
        self.step, self.n_seen, self.order = kept["step"], kept["n_seen"], kept["order"]
        for p, data in zip(self.net.parameters(), kept["weights"], strict=True):
            p.data[...] = data
        self.optimizer.memory = copy.deepcopy(kept["memory"])
        self.rng.bit_generator.state = kept["rng"]
        self.settings, self.diverged, self.layers = dict(kept["settings"]), "", []
        self.points = [point for point in self.points if point[0] <= self.step]
        self.changes = [change for change in self.changes if change[0] < self.step]
        self._kept = deque((k for k in self._kept if k["step"] <= self.step), maxlen=KEPT)
        self._apply()
