"""Is the motif in it? Filters that are learned."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lessons.data.sequences import MOTIF
from lessons.studies.elsewhere.motifs import one_hot


class MotifNet(nn.Module):
    """Filters that slide over the letters, each its best place, and a sum of these: one logit."""

    def __init__(self, n_filters: int = 8, width: int = len(MOTIF)) -> None:
        super().__init__()
        self.width = width
        self.filters = nn.Linear(4 * width, n_filters)  # a convolution, written as a product
        self.out = nn.Linear(n_filters, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B,) for letters (B, length, 4)."""
        windows = x.unfold(1, self.width, 1).flatten(2)  # (B, places, 4 * width)
        return self.out(self.filters(windows).relu().amax(1))[:, 0]


def train(X: np.ndarray, y: np.ndarray, seed: int, n_steps: int = 300, decay: float = 0.01,
          lr: float = 0.01) -> MotifNet:
    """Train filters on sequences (n, length) and labels (n,), batches of 32, AdamW."""
    letters, labels = torch.tensor(one_hot(X)), torch.tensor(np.asarray(y), dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = MotifNet().double()
    optimiser = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=decay, fused=True)
    for _ in range(n_steps):
        rows = torch.randint(len(letters), (32,), generator=generator)
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(net(letters[rows]), labels[rows]).backward()
        optimiser.step()
    return net.eval()


@torch.inference_mode()
def read(net: nn.Module, X: np.ndarray) -> np.ndarray:
    """Return the logit of each sequence, shape (n,)."""
    return net(torch.tensor(one_hot(X))).numpy()
