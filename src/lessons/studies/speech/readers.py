"""Two small networks that read one digit from its picture: a linear one and a convolution."""

import torch
from torch import nn
from torch.nn import functional as F

from lessons.studies.speech.parts import N_FRAMES

N_STEPS, BATCH_SIZE = 300, 50


def build(kind: str, n_mels: int, seed: int) -> nn.Module:
    """Return a network that takes (B, n_mels, n_frames) and gives ten logits, in float64.

    Raises
    ------
    ValueError
        If `kind` is neither "linear" nor "convolution".

    Examples
    --------
    >>> build("linear", 24, 0)(torch.zeros(2, 24, N_FRAMES, dtype=torch.float64)).shape
    torch.Size([2, 10])
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "linear":  # the mean of four frames each, a weight for every place
            net = nn.Sequential(nn.AvgPool1d(4), nn.Flatten(),
                                nn.Linear(n_mels * (N_FRAMES // 4), 10))
        elif kind == "convolution":
            net = nn.Sequential(
                nn.Conv1d(n_mels, 32, 5, stride=2, padding=2), nn.ReLU(),
                nn.Conv1d(32, 32, 5, stride=2, padding=2), nn.ReLU(),
                nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(128, 10))
        else:
            raise ValueError(f"a reader is linear or convolution, got {kind!r}")
    return net.double()


def train(
    kind: str, data: tuple[torch.Tensor, torch.Tensor], lr: float, seed: int,
    n_steps: int = N_STEPS,
) -> nn.Module:
    """Train a reader with AdamW while the learning rate falls to zero along half a cosine.

    Parameters
    ----------
    data : tuple of torch.Tensor
        As `parts.examples` returns it.
    seed : int
        Decides the initial weights and the batches.
    """
    X, y = data
    net, generator = build(kind, X.shape[1], seed), torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
    for _ in range(n_steps):
        chosen = torch.randint(len(X), (BATCH_SIZE,), generator=generator)
        optimiser.zero_grad()
        F.cross_entropy(net(X[chosen]), y[chosen]).backward()
        optimiser.step()
        falling.step()
    return net.eval()


def answers(net: nn.Module, X: torch.Tensor) -> torch.Tensor:
    """Return the digit that a reader sees in each picture, shape (B,)."""
    with torch.inference_mode():
        return net(X).argmax(1)


def accuracy(net: nn.Module, data: tuple[torch.Tensor, torch.Tensor]) -> float:
    """Return the share of the pictures that are read right."""
    X, y = data
    return (answers(net, X) == y).double().mean().item()
