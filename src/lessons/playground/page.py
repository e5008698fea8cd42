"""What the page of the playground asks for: each function takes and returns what JSON can hold."""

import math
from typing import Any

import numpy as np

from lessons.playground import address, programs, settings, tables, views
from lessons.playground.run import Point, Run
from lessons.words import number as in_words

MOST_MS, MOST_STEPS = 1000, 10_000
FIRST_STEPS = 500  # of a program for a run that has not begun

#: The experiment that trains at present.
run: Run | None = None
told_points = told_changes = 0  # of the curve and of the changes, that the page has got


def begin(experiment: dict[str, Any] | str) -> dict[str, Any]:
    """Build an experiment from settings or the text of an address; describe it."""
    global run, told_points, told_changes
    run = new = Run(address.experiment_of(experiment) if isinstance(experiment, str)
                    else experiment)
    told_points, told_changes = len(new.points), 0
    problem = new.problem
    is_drawn = problem.shape != "pixels"
    return {
        "experiment": new.experiment, "text": address.text_of(new.experiment),
        "task": problem.task, "shape": problem.shape, "labels": problem.labels,
        "features": problem.features,
        "points": {"training": points_of(new, problem.X, problem.y),
                   "validation": points_of(new, problem.X_val, problem.y_val)},
        "domain": views.domain(problem) if is_drawn else None,
        "sizes": new.sizes, "n_parameters": sum(p.data.size for p in new.net.parameters()),
        "step": 0, "curve": [clean(point) for point in new.points], "said": described(new),
    }


def points_of(run: Run, X: np.ndarray, y: np.ndarray) -> dict[str, list]:
    """Return points in the reader's units; none if they are pictures."""
    problem = run.problem
    if problem.shape == "pixels":
        return {"x": [], "y": []}
    values = y if problem.labels else problem.y_scale.outward(y)[:, 0]
    return {"x": [views.rounded(row) for row in problem.x_scale.outward(X)],
            "y": [int(v) for v in values] if problem.labels else views.rounded(values)}


def described(run: Run) -> str:
    """Say in a sentence what is about to train."""
    sizes = "-".join(map(str, run.sizes))
    n = sum(p.data.size for p in run.net.parameters())
    return (f"A network {sizes} with {n:,} numbers to learn, {len(run.problem.X):,} examples for "
            f"training, {len(run.problem.X_val):,} for validation: "
            f"{settings.DATA[run.experiment['data']][0]}.")


def current() -> Run:
    """Return the experiment that trains.

    Raises
    ------
    ValueError
        If none was begun.
    """
    if run is None:
        raise ValueError("no experiment was begun yet: press Reset")
    return run


def advance(asked: dict[str, Any]) -> dict[str, Any]:
    """Train for ``ms`` milliseconds or ``steps`` steps, with the settings as they are now."""
    global told_points, told_changes
    here = current()
    here.change(asked.get("settings") or {})
    if "steps" in asked:
        here.advance(n_steps=int(bounded(asked["steps"], 1, MOST_STEPS)))
    else:
        here.advance(ms=bounded(asked.get("ms", 30), 0, MOST_MS))
    new, changed = here.points[told_points:], here.changes[told_changes:]
    told_points, told_changes = len(here.points), len(here.changes)
    now = None
    if "steps" in asked and not here.diverged:
        with np.errstate(all="ignore"):
            now = here.measure()
    return {
        "step": here.step, "epoch": round(here.epoch, 2),
        "points": [clean(point) for point in new], "now": clean(now) if now else None,
        "layers": [{key: finite(value) for key, value in row.items()} for row in here.layers],
        "changed": changed, "diverged": here.diverged,
        "can_rewind": here.way_back if here.diverged else None, "said": sentence(here, now),
    }


def rewind(_asked: Any = None) -> dict[str, Any]:
    """Go back to the last step at which all was well."""
    global told_points, told_changes
    here = current()
    here.rewind()
    told_points, told_changes = len(here.points), len(here.changes)
    return {"step": here.step, "said": f"Back at step {here.step}. Lower the learning rate, then "
                                       "go on."}


def look(asked: dict[str, Any]) -> dict[str, Any]:
    """Return pictures of what the network and its units have learned."""
    layer = asked.get("layer")
    return views.look(current(), int(bounded(asked.get("resolution", 40), 4, 200)),
                      None if layer is None else int(bounded(layer, 0, settings.MOST_LAYERS)))


def program(asked: dict[str, Any] | None = None) -> dict[str, str]:
    """Return the present run, or the one that is described, as a program for each engine."""
    if asked and "experiment" in asked:
        experiment, changes = settings.normalised(asked["experiment"]), asked.get("changes", [])
        n_steps = int(bounded(asked.get("steps", FIRST_STEPS), 1, MOST_STEPS))
    else:
        here = current()
        experiment, changes = here.experiment, here.changes
        n_steps = min(here.step, MOST_STEPS) or FIRST_STEPS
    return {"engine": programs.on_our_engine(experiment, changes, n_steps),
            "torch": programs.in_pytorch(experiment, changes, n_steps)}


def table(text: str) -> dict[str, Any]:
    """Read a pasted table; say what it is."""
    points = tables.table(text)
    names = ", ".join(points["features"])
    labels = points["labels"]
    what = f"{len(labels)} classes: {', '.join(labels)}" if labels else "a number to predict"
    return {"points": points, "said": f"{len(points['x'])} rows, numbers in {names}; {what}."}


def state(experiment: dict[str, Any]) -> str:
    """Return an experiment as a text for an address."""
    return address.text_of(experiment)


def read(text: str) -> dict[str, Any]:
    """Return the experiment that the text of an address stands for."""
    return address.experiment_of(text)


def options(_asked: Any = None) -> dict[str, Any]:
    """Return what can be chosen, and how many steps a program has at most."""
    return settings.options() | {"most_steps": MOST_STEPS}


def sentence(run: Run, now: Point | None = None) -> str:
    """Say where a run is, for those who do not see the curves: now, or at the curve's end."""
    if run.diverged:
        return run.diverged
    step, train, val, _, right = now or run.points[-1]
    said = (f"Step {step}: training loss {in_words(train)}, validation loss {in_words(val)}"
            + ("" if right is None else f", {right:.1%} of the validation examples right") + ".")
    if len(run.layers) > 1 and not any(row["gradient"] for row in run.layers[:-1]):
        cure = ("an initial scale above 0" if run.experiment["scale"] == 0
                else "a lower learning rate or another initial scale")
        said += f" No gradient reaches the hidden layers: they do not learn. Reset, with {cure}."
    return said


def bounded(value: Any, low: float, high: float) -> float:
    """Return a number that the page sent, brought within its limits."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ValueError(f"{tables.shown(value)} is no number")
    return min(max(value, low), high)


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold, or None."""
    return value if value is not None and math.isfinite(value) else None


def clean(point: Point) -> list[float | None]:
    """Return a point of the curve for JSON."""
    return [finite(value) for value in point]
