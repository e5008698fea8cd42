"""A program of the clinic: a language model with one block of attention."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from lessons.studies.clinic.letters import letters


def network() -> nn.Module:
    """Return a language model of one block: attention to earlier letters, then an MLP."""
    class Net(nn.Module):
        def __init__(self, width: int = 48):
            super().__init__()
            self.letter, self.place = nn.Embedding(len(letters()), width), nn.Embedding(32, width)
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
            self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.read = nn.Linear(width, len(letters()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.letter(x) + self.place.weight
            q, k, v = self.qkv(self.norms[0](h)).chunk(3, dim=-1)
            hidden = torch.ones(32, 32, dtype=torch.bool).triu(1)
            score = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(hidden, -math.inf)
            h = h + self.mix(score.softmax(dim=-1) @ v)
            h = h + self.down(F.gelu(self.up(self.norms[1](h))))
            return self.read(self.norms[2](h)).flatten(0, 1)
    return Net()
