"""An experiment as a short program, on our engine and in PyTorch: both give the same curve."""

from collections.abc import Sequence
from typing import Any

from lessons.engine.nn import gain_of
from lessons.playground.data_code import MADE_BY, data_lines, generator
from lessons.playground.problem import BATCHES, WEIGHTS
from lessons.playground.run import SHOWN
from lessons.playground.settings import CLASSES, DATA, DIGITS, MOVING, Experiment, number, task_of
from lessons.playground.tables import shown

REPORT_EVERY = 10
IN_TORCH = {
    "relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()",
    "leaky_relu": "nn.LeakyReLU(0.01)", "gelu": 'nn.GELU(approximate="tanh")',
    "silu": "nn.SiLU()", "cross_entropy": "cross_entropy", "squared": "mse_loss",
    "absolute": "l1_loss", "huber": "huber_loss"}
HERE = {"cross_entropy": "cross_entropy", "squared": "mse", "absolute": "mae", "huber": "huber"}
CLASS_OF = {"sgd": "SGD", "nesterov": "SGD", "rmsprop": "RMSProp", "adam": "Adam",
            "adamw": "AdamW"}


def on_our_engine(experiment: Experiment, changes: Sequence, n_steps: int) -> str:
    """Return a program that trains the experiment with `lessons.engine`.

    Parameters
    ----------
    experiment : dict
        As `lessons.playground.settings.normalised` returns it.
    changes : sequence of (int, dict)
        After which step which settings changed.
    n_steps : int
        How long to train.
    """
    name = experiment["data"]
    imports = ["from lessons.engine import losses, nn, optim"]
    if name in MADE_BY:
        function, module, _ = MADE_BY[name]
        imports.insert(0, f"from {module} import {function.__name__}")
    elif name != "own":
        imports.insert(0, "from lessons.data import digits")
    scaled = [] if experiment["scale"] == 1 else [
        "for layer in net.layers:", f"    layer.W.data *= {experiment['scale']!r}"]
    momentum = {"adam": "beta1", "adamw": "beta1"}.get(experiment["optimizer"], "momentum")
    return text_of([
        *head(experiment), "", *imports, "", *data_lines(experiment, in_book=True),
        *target_lines(experiment), "",
        "# The network, its loss and its optimiser",
        f"net = nn.MLP({sizes_of(experiment)}, {generator(experiment, WEIGHTS)}, "
        f"\"{experiment['activation']}\")", *scaled,
        f"loss_of = losses.{HERE[experiment['loss']]}",
        f"optimizer = optim.{CLASS_OF[experiment['optimizer']]}(net.parameters(), "
        f"{arguments(experiment, momentum)})", "",
        *loop(experiment, changes, n_steps, momentum, "setattr(optimizer, key, value)")])


def in_pytorch(experiment: Experiment, changes: Sequence, n_steps: int) -> str:
    """Return a program that trains the experiment with PyTorch, without this book.

    Parameters and the curve are those of `on_our_engine`.
    """
    sizes, scale = sizes_of(experiment), experiment["scale"]
    gain, beta = gain_of(experiment["activation"]), experiment["optimizer"] in ("adam", "adamw")
    momentum = "betas" if beta else "momentum"
    imports = ["import torch", "from torch import nn"]
    if experiment["data"] in DIGITS:
        imports.insert(0, "from sklearn.datasets import load_digits")
    optimizer = CLASS_OF[experiment["optimizer"]].replace("RMSProp", "RMSprop")
    return text_of([
        *head(experiment), *imports, "", "torch.set_default_dtype(torch.float64)", "",
        *data_lines(experiment, in_book=False), *target_lines(experiment),
        "X, y, X_val, y_val = (torch.tensor(a) for a in (X, y, X_val, y_val))", "",
        "# The network, with the first weights that the book's engine draws; loss and optimiser",
        f"rng, layers = {generator(experiment, WEIGHTS)}, []",
        f"for n_in, n_out in {list(zip(sizes[:-1], sizes[1:], strict=True))}:",
        "    layer = nn.Linear(n_in, n_out)",
        f"    W = rng.normal(0.0, {gain!r} / n_in**0.5, size=(n_in, n_out))"
        + ("" if scale == 1 else f" * {scale!r}"),
        "    layer.weight.data, layer.bias.data = torch.tensor(W.T), torch.zeros(n_out)",
        f"    layers += [layer, {IN_TORCH[experiment['activation']]}]",
        "net = nn.Sequential(*layers[:-1])",
        f"loss_of = nn.functional.{IN_TORCH[experiment['loss']]}",
        f"optimizer = torch.optim.{optimizer}(net.parameters(), "
        f"{arguments(experiment, momentum)})", "",
        *loop(experiment, changes, n_steps, momentum,
              "optimizer.param_groups[0][key] = value")])


def text_of(lines: list[str]) -> str:
    """Return lines as a text; long ones must not be."""
    return "\n".join(lines) + "\n"


def head(experiment: Experiment) -> list[str]:
    """Return the first lines: what this is."""
    name = DATA[experiment["data"]][0]
    sizes = "-".join(map(str, sizes_of(experiment)))
    return [f"# {name.capitalize()}, a network {sizes}: from the playground of the book",
            "# Training Large Models.", "import numpy as np"]


def sizes_of(experiment: Experiment) -> list[int]:
    """Return the widths of all layers.

    Examples
    --------
    >>> from lessons.playground.settings import normalised
    >>> sizes_of(normalised({"data": "digits"})), sizes_of(normalised({"data": "line"}))
    ([64, 32, 10], [1, 1])
    """
    n_in, n_out = {"line": (1, 1), "digits": (64, 10), "reconstruct": (64, 64)}.get(
        experiment["data"], (2, 2))
    if points := experiment.get("points"):
        n_in, n_out = len(points["x"][0]), len(points["labels"] or [0])
    return [n_in, *experiment["layers"], n_out]


def target_lines(experiment: Experiment) -> list[str]:
    """Return the line that makes rows of zeros and a one of classes, if the loss needs them."""
    if task_of(experiment) != CLASSES or experiment["loss"] == "cross_entropy":
        return []
    k = sizes_of(experiment)[-1]
    return [f"y, y_val = np.eye({k})[y], np.eye({k})[y_val]  # 1 for the right class"]


def arguments(experiment: Experiment, momentum: str) -> str:
    """Return what an optimiser is made with."""
    pairs = dict(optimiser_settings(
        {key: experiment[key] for key in MOVING if key != "batch"}, momentum))
    if experiment["optimizer"] == "rmsprop":
        del pairs["momentum"]
    text = ", ".join(f"{key}={value!r}" for key, value in pairs.items())
    return text + (", nesterov=True" if experiment["optimizer"] == "nesterov" else "")


def optimiser_settings(settings: dict[str, Any], momentum: str) -> list[tuple[str, Any]]:
    """Return settings under the names that an optimiser has for them."""
    names = {"rate": "lr", "momentum": momentum, "decay": "weight_decay", "batch": "batch"}
    return [(names[key], (number(key, value), 0.999) if names[key] == "betas"
             else number(key, value)) for key, value in settings.items()]


def loop(experiment: Experiment, changes: Sequence, n_steps: int, momentum: str,
         change: str) -> list[str]:
    """Return the lines that train."""
    table = {}
    for step, settings in changes:
        if not isinstance(step, int) or not set(settings) <= set(MOVING):
            raise ValueError(f"a change is a step and settings of {', '.join(MOVING)}, not "
                             + shown([step, settings]))
        if step <= n_steps:
            table[step] = dict(optimiser_settings(settings, momentum))
    begin, inside = [], []
    if table:
        begin = ["changes = {  # after which step which setting changed",
                 *(f"    {step}: {settings!r}," for step, settings in table.items()), "}"]
        inside = ["    for key, value in changes.get(step, {}).items():",
                  '        if key == "batch":', "            batch = value", "        else:",
                  f"            {change}"]
        if not any("batch" in settings for settings in table.values()):
            inside = [inside[0], f"        {change}"]
    return [
        "# Training: every pass in a new order; the curve is taken on up to "
        f"{SHOWN} examples",
        f"rng, order, batch = {generator(experiment, BATCHES)}, [], {int(experiment['batch'])}",
        "curve = []", *begin,
        f"for step in range({n_steps + 1}):",
        f"    if step % {REPORT_EVERY} == 0:",
        f"        at = [loss_of(net(A[:{SHOWN}]), b[:{SHOWN}]).item()"
        " for A, b in ((X, y), (X_val, y_val))]",
        "        curve.append([step, *at])",
        '        print(f"step {step}: training {at[0]:.6f}, validation {at[1]:.6f}")',
        *inside,
        "    if len(order) == 0:", "        order = rng.permutation(len(X))",
        "    rows, order = order[:batch], order[batch:]",
        "    loss = loss_of(net(X[rows]), y[rows])",
        "    optimizer.zero_grad()", "    loss.backward()", "    optimizer.step()"]
