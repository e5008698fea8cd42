"""A program of the clinic: a recurrent language model."""

import torch
from torch import nn

from lessons.studies.clinic.letters import letters


def network() -> nn.Module:
    """Return a recurrent language model: each letter changes a state of 64 numbers."""
    class Net(nn.Module):
        def __init__(self, width: int = 64):
            super().__init__()
            self.letter = nn.Embedding(len(letters()), width)
            self.cell = nn.RNN(width, width, nonlinearity="relu", batch_first=True)
            nn.init.eye_(self.cell.weight_hh_l0)
            self.read = nn.Linear(width, len(letters()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.read(self.cell(self.letter(x))[0]).flatten(0, 1)
    return Net()
