"""Plausible wrong answers to the exercises of the chapter on the first trained network."""

import numpy as np
import torch
from torch.nn import functional as F


def _split(n, n_test, n_valid, seed, shuffle=True, shift=0):
    order = np.random.default_rng(seed).permutation(n) if shuffle else np.arange(n)
    start = n_test - shift
    return order[start + n_valid :], order[start : start + n_valid], order[:n_test]


def _epoch(model, optimiser, batches, clear="before", after=False, twice=False):
    seen = []
    for X, y in batches:
        loss = F.cross_entropy(model(X).softmax(1) if twice else model(X), y)
        if clear == "before":
            optimiser.zero_grad()
        loss.backward()
        if clear == "too late":
            optimiser.zero_grad()
        optimiser.step()
        seen.append(F.cross_entropy(model(X), y).item() if after else loss.item())
    return seen, model.weight, model.bias


def _evaluate(model, batches, switch=True, weighted=True, last_only=False):
    if switch:
        model.eval()
    losses, rights, sizes = [], [], []
    for X, y in batches:
        logits = model(X)
        losses.append(F.cross_entropy(logits, y).item())
        rights.append((logits.argmax(1) == y).double().mean().item())
        sizes.append(len(y) if weighted else 1)
    if last_only:
        return losses[-1], rights[-1]
    return np.average(losses, weights=sizes), np.average(rights, weights=sizes)


def _stop(valid_losses, patience, kept="best", late=0):
    best = 0
    for epoch, loss in enumerate(valid_losses):
        if loss < valid_losses[best]:
            best = epoch
        if epoch - best == patience + late:
            return (best if kept == "best" else epoch), epoch + 1
    return best, len(valid_losses)


def _stop_at_a_rise(valid_losses, patience):
    bad = 0
    for epoch in range(1, len(valid_losses)):
        bad = bad + 1 if valid_losses[epoch] >= valid_losses[epoch - 1] else 0
        if bad == patience:
            return int(np.argmin(valid_losses[: epoch + 1])), epoch + 1
    return int(np.argmin(valid_losses)), len(valid_losses)


def _resume(saved, X, y, optimiser_too=True, model_too=True, step=True):
    model = torch.nn.Linear(X.shape[1], 2, dtype=X.dtype)
    if model_too:
        model.load_state_dict(saved["model"])
    lr = saved["optimiser"]["param_groups"][0]["lr"]
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    if optimiser_too:
        optimiser.load_state_dict(saved["optimiser"])
    if step:
        _epoch(model, optimiser, [(X, y)])
    return model.weight


WRONG = {
    "steps-per-epoch": [
        lambda n, batch_size, drop_last: n // batch_size,
        lambda n, batch_size, drop_last: n // batch_size + (not drop_last),
        lambda n, batch_size, drop_last: n / batch_size,
        lambda n, batch_size, drop_last: round(n / batch_size),
    ],
    "split-rows": [
        lambda *args: _split(*args, shuffle=False),
        lambda *args: _split(*args, shift=1),  # one row is in two parts
        lambda *args: _split(*args)[::-1],
        lambda n, n_test, n_valid, seed: (
            np.arange(n)[n_test + n_valid :], *_split(n, n_test, n_valid, seed)[1:]
        ),
    ],
    "train-epoch": [
        lambda *args: _epoch(*args, clear="never"),
        lambda *args: _epoch(*args, clear="too late"),
        lambda *args: _epoch(*args, after=True),
        lambda *args: _epoch(*args, twice=True),
    ],
    "evaluate": [
        lambda *args: _evaluate(*args, switch=False),
        lambda *args: _evaluate(*args, weighted=False),
        lambda *args: _evaluate(*args, last_only=True),
        lambda *args: _evaluate(*args)[::-1],
    ],
    "best-epoch": [
        lambda *args: _stop(*args, kept="last"),
        lambda *args: _stop(*args, late=1),
        lambda valid_losses, patience: (int(np.argmin(valid_losses)), len(valid_losses)),
        _stop_at_a_rise,
    ],
    "resume": [
        lambda *args: _resume(*args, optimiser_too=False),
        lambda *args: _resume(*args, model_too=False),
        lambda *args: _resume(*args, step=False),
    ],
}
