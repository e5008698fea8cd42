"""The network of the clinic's long run: one block of attention with a norm on queries and keys."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from lessons.studies.clinic.letters import letters


def network() -> nn.Module:
    """Return a language model of one block; it notes the size of its attention scores."""
    class Net(nn.Module):
        def __init__(self, width: int = 48):
            super().__init__()
            self.letter, self.place = nn.Embedding(len(letters()), width), nn.Embedding(32, width)
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
            self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.read = nn.Linear(width, len(letters()))
            self.largest_score = 0.0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.letter(x) + self.place.weight
            q, k, v = self.qkv(self.norms[0](h)).chunk(3, dim=-1)
            q, k = (F.rms_norm(part, part.shape[-1:]) for part in (q, k))
            score = q @ k.mT / math.sqrt(q.shape[-1])
            self.largest_score = score.detach().abs().max().item()
            hidden = torch.ones(32, 32, dtype=torch.bool).triu(1)
            h = h + self.mix(score.masked_fill(hidden, -math.inf).softmax(dim=-1) @ v)
            h = h + self.down(F.gelu(self.up(self.norms[1](h))))
            return self.read(self.norms[2](h)).flatten(0, 1)
    return Net()
