"""Exercises of the chapter on the first trained network, by difficulty.

PyTorch is imported where it is needed: naming the exercises must not wait for it.
"""

import copy

import numpy as np

from lessons.exercises.base import Exercise


def steps_per_epoch(n, batch_size, drop_last):
    return n // batch_size if drop_last else -(-n // batch_size)


def split_rows(n, n_test, n_valid, seed):
    order = np.random.default_rng(seed).permutation(n)
    test, valid = order[:n_test], order[n_test : n_test + n_valid]
    return order[n_test + n_valid :], valid, test


def train_epoch(model, optimiser, batches):
    from torch.nn import functional as F

    seen = []
    for X, y in batches:
        loss = F.cross_entropy(model(X), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    return seen, model.weight.detach().numpy(), model.bias.detach().numpy()


def evaluate(model, batches):
    import torch
    from torch.nn import functional as F

    model.eval()
    total, n_right, n = 0.0, 0, 0
    with torch.inference_mode():
        for X, y in batches:
            logits = model(X)
            total += F.cross_entropy(logits, y, reduction="sum").item()
            n_right += (logits.argmax(dim=1) == y).sum().item()
            n += len(y)
    model.train()
    return total / n, n_right / n


def best_epoch(model, optimiser, batches, X, y, n_epochs):
    import torch
    from torch.nn import functional as F

    lowest, kept = np.inf, None
    for epoch in range(n_epochs):
        _, weight, _ = train_epoch(model, optimiser, batches)
        with torch.inference_mode():
            loss = F.cross_entropy(model(X), y).item()
        if loss < lowest:
            lowest, kept = loss, (epoch, weight.copy())
    return kept


def resume(saved, X, y):
    import torch

    model = torch.nn.Linear(X.shape[1], 2, dtype=X.dtype)
    model.load_state_dict(saved["model"])
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    optimiser.load_state_dict(saved["optimiser"])
    train_epoch(model, optimiser, [(X, y)])
    return model.weight.detach().numpy()


def _classifier(rng, n_in=3, dropout=0.0):
    """Return a small linear classifier with weights from `rng`, 2 classes."""
    import torch

    model = torch.nn.Linear(n_in, 2, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.tensor(rng.standard_normal((2, n_in))))
        model.bias.copy_(torch.tensor(rng.standard_normal(2)))
    return torch.nn.Sequential(torch.nn.Dropout(dropout), model) if dropout else model


def _examples(rng, n, n_in=3):
    import torch

    return torch.tensor(rng.standard_normal((n, n_in))), torch.tensor(rng.integers(2, size=n))


def _cases_epoch(rng):
    import torch

    for sizes in [(4,), (6, 6, 2)]:
        model = _classifier(rng)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
        yield model, optimiser, [_examples(rng, n) for n in sizes]


def _cases_evaluate(rng):
    yield _classifier(rng), [_examples(rng, 5)]
    yield _classifier(rng), [_examples(rng, 4), _examples(rng, 4), _examples(rng, 1)]
    yield _classifier(rng, 6, dropout=0.5), [_examples(rng, 8, 6), _examples(rng, 3, 6)]


def _cases_best_epoch(rng):
    import torch

    model = _classifier(rng)
    still = torch.optim.SGD(model.parameters(), lr=0.0)  # all epochs are equally good
    yield model, still, [_examples(rng, 4)], *_examples(rng, 5), 3
    wanted = [lambda losses: np.argmin(losses) == 5, _best_after_a_rise, _best_after_a_rise]
    while wanted:
        model, lr = _classifier(rng), rng.choice([0.1, 4.0])
        optimiser = torch.optim.SGD(model.parameters(), lr=lr)
        case = model, optimiser, [_examples(rng, 4), _examples(rng, 3)], *_examples(rng, 12), 6
        if wanted[0](_valid_losses(*copy.deepcopy(case))):
            wanted.pop(0)
            yield case


def _valid_losses(model, optimiser, batches, X, y, n_epochs):
    from torch.nn import functional as F

    losses = []
    for _ in range(n_epochs):
        train_epoch(model, optimiser, batches)
        losses.append(F.cross_entropy(model(X), y).item())
    return losses


def _best_after_a_rise(losses):
    """Say whether the best epoch is neither first nor last, and comes after a rise."""
    best = np.argmin(losses)
    return 1 < best < len(losses) - 1 and np.any(np.diff(losses[: best + 1]) > 0)


def _cases_resume(rng):
    import torch

    for settings in ({"lr": 0.1}, {"lr": 0.2, "momentum": 0.9}):
        model, (X, y) = _classifier(rng), _examples(rng, 6)
        optimiser = torch.optim.SGD(model.parameters(), **settings)
        for _ in range(3):
            train_epoch(model, optimiser, [(X, y)])
        yield {"model": model.state_dict(), "optimiser": optimiser.state_dict()}, X, y


EXERCISES = [
    Exercise(
        name="steps-per-epoch",
        title="Count the steps of an epoch",
        difficulty=1,
        reference=steps_per_epoch,
        takeaway="Settings in epochs mean nothing without the batch size; settings in steps do.",
        hints=(
            "How many whole batches fit into n, and is anything left?",
            "n // batch_size counts the whole ones. Without drop_last the rest is one step more, "
            "if there is a rest.",
        ),
        cases=lambda rng: [
            (1048, 64, False), (1048, 64, True), (128, 32, False), (128, 32, True),
            (10, 64, False), (10, 64, True), (1000003, 1000, False),
        ],
    ),
    Exercise(
        name="split-rows",
        title="Split the rows into three parts",
        difficulty=1,
        reference=split_rows,
        takeaway="The same seed gives the same parts, so two runs can be compared.",
        hints=(
            "Shuffle first: order = np.random.default_rng(seed).permutation(n).",
            "The test rows are the first n_test of the order, the validation rows come next.",
            "Return the three slices in the order train, valid, test.",
        ),
        cases=lambda rng: [(8, 2, 2, 0), (20, 5, 3, 1), (10, 0, 4, 2), (10, 4, 0, 3)],
    ),
    Exercise(
        name="train-epoch",
        title="Write one epoch of training in PyTorch",
        difficulty=2,
        reference=train_epoch,
        takeaway="Forward, clear, backward, step: these four lines train every network in torch.",
        hints=(
            "Four lines for each batch: the loss, zero_grad, backward, step.",
            "torch.nn.functional.cross_entropy(model(X), y) is the loss; .item() makes it a "
            "number.",
            "zero_grad must come before backward, or the second batch is added to the first.",
        ),
        cases=_cases_epoch,
        tolerance=1e-9,
    ),
    Exercise(
        name="evaluate",
        title="Evaluate on batches of unequal size",
        difficulty=2,
        reference=evaluate,
        takeaway="Sums over examples, divided once, are right for every batch size.",
        hints=(
            "model.eval() switches dropout off; torch.inference_mode() saves the graph.",
            "The mean of the means of batches is not the mean: the last batch may be short.",
            'F.cross_entropy(..., reduction="sum") adds up the examples; count them and divide '
            "at the end.",
        ),
        cases=_cases_evaluate,
        tolerance=1e-9,
    ),
    Exercise(
        name="best-epoch",
        title="Keep the best weights",
        difficulty=2,
        reference=best_epoch,
        takeaway="Weights that are kept without a copy go on training, and no message says so.",
        hints=(
            "Remember the lowest validation loss so far. Only a lower one replaces it.",
            "An epoch is the loop of exercise 3; the validation loss is computed after it, under "
            "torch.inference_mode().",
            "model.weight.detach() shares its memory with the model. clone() makes a copy.",
        ),
        cases=_cases_best_epoch,
        tolerance=1e-9,
    ),
    Exercise(
        name="resume",
        title="Go on from a checkpoint",
        difficulty=3,
        reference=resume,
        takeaway="The second case has momentum: with the weights alone the next step is another.",
        hints=(
            "Make torch.nn.Linear(X.shape[1], 2, dtype=X.dtype) and load its state.",
            "Make torch.optim.SGD(model.parameters(), lr=...) and load its state too: it holds "
            "the learning rate and the velocities.",
            "Then one step as in exercise 3; return model.weight.",
        ),
        cases=_cases_resume,
        tolerance=1e-9,
    ),
]
