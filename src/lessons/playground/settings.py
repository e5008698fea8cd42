"""What an experiment is made of: the choices, their limits, defaults that fit, and the checks."""

import math
from collections.abc import Mapping
from typing import Any

from lessons.engine.nn import ACTIVATIONS
from lessons.playground.tables import checked, shown

Experiment = dict[str, Any]

N_DIGITS, DIGITS = 1797, ("digits", "reconstruct")
CLASSES, NUMBERS, PICTURES = "classes", "numbers", "pictures"
#: Name, what a reader is shown, task, defaults. A link holds only what differs from the defaults:
#: to change them here changes what old links mean.
DATA: dict[str, tuple[str, str, Experiment]] = {
    "moons": ("two moons", CLASSES, {"n": 300, "noise": 0.15, "layers": [8, 8]}),
    "spirals": ("two spirals", CLASSES, {"n": 400, "noise": 0.05, "layers": [16, 16]}),
    "rings": ("two rings", CLASSES, {"n": 300, "noise": 0.1, "layers": [8]}),
    "line": ("a line with outliers", NUMBERS, {"n": 100, "noise": 0.3, "layers": []}),
    "digits": ("digits", CLASSES, {"n": N_DIGITS, "noise": 0.0, "layers": [32],
                                   "activation": "relu", "batch": 64}),
    "reconstruct": ("digits, drawn again", PICTURES, {
        "n": 1797, "noise": 0.0, "layers": [16], "activation": "relu", "batch": 64}),
    "own": ("my own points", CLASSES, {"n": 0, "noise": 0.0, "layers": [8, 8]}),
}
LOSSES = {"cross_entropy": "cross-entropy", "squared": "squared error",
          "absolute": "absolute error", "huber": "Huber"}
#: Name, what a reader is shown, defaults, and whether it has a momentum to set.
OPTIMIZERS: dict[str, tuple[str, dict[str, float], bool]] = {
    "sgd": ("SGD with momentum", {"rate": 0.1, "momentum": 0.0, "decay": 0.0}, True),
    "nesterov": ("SGD with Nesterov momentum",
                 {"rate": 0.03, "momentum": 0.9, "decay": 0.0}, True),
    "rmsprop": ("RMSProp", {"rate": 0.01, "momentum": 0.0, "decay": 0.0}, False),
    "adam": ("Adam", {"rate": 0.01, "momentum": 0.9, "decay": 0.0}, True),
    "adamw": ("AdamW", {"rate": 0.01, "momentum": 0.9, "decay": 0.01}, True),
}
DEFAULTS: Experiment = {
    "data": "moons", "n": 300, "noise": 0.15, "split": 0.3, "seed": 0, "layers": [8, 8],
    "activation": "tanh", "scale": 1.0, "loss": "cross_entropy", "optimizer": "sgd",
    "batch": 32,
}
NAMES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid", "leaky_relu": "leaky ReLU",
         "gelu": "GELU", "silu": "SiLU"}
#: Words for the reader, smallest and largest value; whole numbers have whole limits.
LIMITS: dict[str, tuple[str, float, float]] = {
    "n": ("the number of examples", 20, 2000),
    "noise": ("the noise", 0.0, 1.0),
    "split": ("the share for validation", 0.05, 0.8),
    "seed": ("the seed", 0, 9999),
    "scale": ("the initial scale", 0.0, 10.0),
    "rate": ("the learning rate", 1e-6, 100.0),
    "momentum": ("the momentum", 0.0, 0.99),
    "batch": ("the batch size", 1, 2000),
    "decay": ("the weight decay", 0.0, 10.0),
}
MOST_LAYERS, MOST_UNITS = 4, 128
#: What can be changed while a network trains.
MOVING = ("rate", "momentum", "batch", "decay")


def task_of(experiment: Mapping[str, Any]) -> str:
    """Return what is learned: classes, numbers or pictures.

    Examples
    --------
    >>> task_of({"data": "line"}), task_of({"data": "own", "points": {"labels": None}})
    ('numbers', 'numbers')
    """
    points = experiment.get("points")
    if isinstance(points, Mapping) and points.get("labels") is None:
        return NUMBERS
    return DATA[experiment["data"]][1]


def losses_for(task: str) -> list[str]:
    """Return the losses that suit a task.

    The slope of the absolute error jumps where it is 0. Scores of classes and dark pixels are
    often there exactly, and rounding would decide.

    Examples
    --------
    >>> losses_for("numbers"), losses_for("pictures")
    (['squared', 'absolute', 'huber'], ['squared', 'huber'])
    """
    unfit = {CLASSES: {"absolute"}, NUMBERS: {"cross_entropy"},
             PICTURES: {"cross_entropy", "absolute"}}[task]
    return [name for name in LOSSES if name not in unfit]


def defaults_for(chosen: Mapping[str, Any]) -> Experiment:
    """Return all defaults that fit the data and the optimiser that are chosen.

    Examples
    --------
    >>> found = defaults_for({"data": "line", "optimizer": "adam"})
    >>> found["loss"], found["rate"], found["layers"]
    ('squared', 0.01, [])
    """
    data = one_of("data", chosen.get("data", DEFAULTS["data"]), DATA)
    loss = losses_for(task_of({**chosen, "data": data}))[0]
    base = DEFAULTS | {"data": data, "loss": loss} | DATA[data][2]
    name = one_of("optimizer", chosen.get("optimizer", base["optimizer"]), OPTIMIZERS)
    return base | {"optimizer": name} | OPTIMIZERS[name][1]


def normalised(chosen: Mapping[str, Any]) -> Experiment:
    """Return a whole experiment: what is chosen, checked, with defaults for the rest.

    Raises
    ------
    ValueError
        For an unknown setting, or a value that is no value of it: one sentence for the reader.

    Examples
    --------
    >>> experiment = normalised({"data": "spirals", "rate": "0.5"})
    >>> experiment["rate"], experiment["layers"], normalised(experiment) == experiment
    (0.5, [16, 16], True)
    >>> normalised({"rate": -1})
    Traceback (most recent call last):
    ValueError: the learning rate is a number from 1e-06 to 100, not -1
    """
    if not isinstance(chosen, Mapping):
        raise ValueError(f"an experiment is a set of settings, not {shown(chosen)}")
    found = {key: value for key, value in chosen.items() if key != "points"}
    if "points" in chosen and chosen.get("data") == "own":
        found["points"] = checked(chosen["points"])
    base = defaults_for(found)
    if unknown := [key for key in found if key not in base and key != "points"]:
        raise ValueError(f"the playground has no setting {shown(unknown[0])}: it has "
                         + ", ".join(base))
    if base["data"] == "own" and "points" not in found:
        raise ValueError("there are no points yet: click some, or paste a table")
    result = base | found
    if "points" in found:  # all of them, as they are
        result |= {"n": len(found["points"]["x"]), "noise": 0.0}
    for key in LIMITS.keys() - ({"n"} if "points" in found else set()):
        result[key] = number(key, result[key])
    if base["data"] in DIGITS:
        result["n"] = min(result["n"], N_DIGITS)
    if not OPTIMIZERS[result["optimizer"]][2]:
        result["momentum"] = 0.0
    result["layers"] = widths(result["layers"])
    one_of("activation", result["activation"], ACTIVATIONS)
    if one_of("loss", result["loss"], LOSSES) not in (fit := losses_for(task := task_of(result))):
        raise ValueError(f"the loss {LOSSES[result['loss']]} does not suit {task}: choose "
                         + ", ".join(LOSSES[name] for name in fit))
    if result["optimizer"] == "nesterov" and not result["momentum"]:
        raise ValueError("Nesterov looks ahead along the momentum: set the momentum above 0, or "
                         "choose SGD")
    return result


def number(key: str, value: Any) -> float:
    """Return the value of a setting that is a number, rounded to six digits.

    Examples
    --------
    >>> number("batch", "16"), number("noise", 0.1 + 0.2)
    (16, 0.3)
    """
    words, low, high = LIMITS[key]
    whole = isinstance(low, int)
    kind = "a whole number" if whole else "a number"
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not low <= found <= high or (whole and found % 1):
        raise ValueError(f"{words} is {kind} from {low:g} to {high:g}, not {shown(value)}")
    return int(found) if whole else float(f"{found:.6g}")


def widths(value: Any) -> list[int]:
    """Return the widths of the hidden layers, from a list or from text such as 8-8.

    Examples
    --------
    >>> widths("16-8"), widths([]), widths("")
    ([16, 8], [], [])
    """
    parts = value.split("-") if isinstance(value, str) and value else value or []
    said = (f"hidden layers are up to {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS}, such as "
            f"8-8, not {shown(value)}")
    if not isinstance(parts, list) or len(parts) > MOST_LAYERS:
        raise ValueError(said)
    try:
        found = [float(part) for part in parts if not isinstance(part, bool)]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(said) from None
    if len(found) < len(parts) or any(not 1 <= w <= MOST_UNITS or w % 1 for w in found):
        raise ValueError(said)
    return [int(w) for w in found]


def one_of(key: str, value: Any, names: Mapping[str, Any]) -> str:
    """Return a name if it is one of those that a setting can have."""
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"{key} is one of {', '.join(names)}, not {shown(value)}")
    return value


def options() -> dict[str, Any]:
    """Return all that controls need: names, labels, defaults, limits."""
    return {
        "data": [{"name": name, "label": label, "task": task, "losses": losses_for(task),
                  "defaults": defaults_for({"data": name})}
                 for name, (label, task, _) in DATA.items()],
        "activations": [{"name": name, "label": NAMES[name]} for name in ACTIVATIONS],
        "losses": [{"name": name, "label": label} for name, label in LOSSES.items()],
        "optimizers": [{"name": name, "label": label, "defaults": defaults, "momentum": momentum}
                       for name, (label, defaults, momentum) in OPTIMIZERS.items()],
        "limits": {key: [low, high] for key, (_, low, high) in LIMITS.items()}
        | {"layers": [0, MOST_LAYERS], "units": [1, MOST_UNITS]},
        "moving": list(MOVING),
    }
