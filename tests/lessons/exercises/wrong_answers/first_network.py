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


def _keep(model, optimiser, batches, X, y, n_epochs, copy=True, by="valid", ties=False, stop=False,
          before=False):
    lowest, kept, last = np.inf, None, np.inf
    for epoch in range(n_epochs):
        loss = F.cross_entropy(model(X), y).item()
        seen, weight, _ = _epoch(model, optimiser, batches)
        if not before:
            loss = F.cross_entropy(model(X), y).item()
        loss = np.mean(seen) if by == "training" else loss
        if loss < lowest or ties and loss == lowest:
            weight = weight.detach()
            lowest, kept = loss, (epoch, weight.clone() if copy else weight)
        if stop and loss > last:
            break
        last = loss
    return kept


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
        lambda *args: _keep(*args, copy=False),
        lambda *args: _keep(*args, by="training"),
        lambda *args: _keep(*args, ties=True),
        lambda *args: _keep(*args, stop=True),
        lambda *args: _keep(*args, before=True),
    ],
    "resume": [
        lambda *args: _resume(*args, optimiser_too=False),
        lambda *args: _resume(*args, model_too=False),
        lambda *args: _resume(*args, step=False),
    ],
}
