"""The book's engine against PyTorch: the same network, data and optimiser, in one run.

Both train MLP 64-128-10 on the digits with SGD and momentum, batches of 64, float64, one thread.
What is recorded is the ratio of the times: it depends less on the machine than seconds do.
"""

import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from lessons import data
from lessons.engine import losses, nn
from lessons.engine.optim import SGD

RESULT = Path(__file__).with_suffix(".json")
N_EPOCHS, N_ROUNDS = 5, 5


def train_engine(X, y):
    """Return the seconds that the engine takes."""
    rng = np.random.default_rng(0)
    net = nn.MLP([64, 128, 10], rng)
    optimiser = SGD(net.parameters(), lr=0.1, momentum=0.9)
    start = time.perf_counter()
    for _ in range(N_EPOCHS):
        for X_batch, y_batch in data.batches(X, y, 64, rng):
            optimiser.zero_grad()
            losses.cross_entropy(net(X_batch), y_batch).backward()
            optimiser.step()
    return time.perf_counter() - start


def train_torch(X, y):
    """Return the seconds that PyTorch takes."""
    rng = np.random.default_rng(0)
    layers = torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
    net = torch.nn.Sequential(*layers).double()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    start = time.perf_counter()
    for _ in range(N_EPOCHS):
        for X_batch, y_batch in data.batches(X, y, 64, rng):
            optimiser.zero_grad()
            logits = net(torch.from_numpy(X_batch))
            torch.nn.functional.cross_entropy(logits, torch.from_numpy(y_batch)).backward()
            optimiser.step()
    return time.perf_counter() - start


def main():
    """Measure in turns, print the ratio, and record it."""
    torch.set_num_threads(1)
    X, y, _, _ = data.digits(np.random.default_rng(0))
    pairs = [(train_engine(X, y), train_torch(X, y)) for _ in range(N_ROUNDS)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    print(f"engine / torch: {ratio:.2f} (median of {N_ROUNDS} rounds)")
    result = {
        "what": "time of the engine divided by time of torch, MLP 64-128-10, batch 64, one thread",
        "ratio": round(ratio, 2),
        "rounds": [round(ours / theirs, 2) for ours, theirs in pairs],
        "numpy": np.__version__,
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
