"""Finding digits on canvases by learning: a detector and a segmenter."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.data.images import SIDE, Canvas
from lessons.engine.optim import schedule
from lessons.studies.images.boxes import suppress
from lessons.studies.images.scenes import KINDS, SIZE, Found, scenes
from lessons.studies.images.splits import Split

CELL = 4  # pixels of a cell of the detector's grid, each way
N_CELLS = SIZE // CELL
BATCH_SIZE = 16


def pictures(canvases: Sequence[Canvas]) -> Tensor:
    """Return canvases as one batch, shape (B, 1, 24, 24)."""
    return torch.tensor(np.stack([one.image for one in canvases]))[:, None]


class Detector(nn.Module):
    """Convolutions down to a grid of 6×6 cells; each cell says whether a digit's middle lies in it.

    Gives (B, 5, 6, 6): one logit for "there is a digit", and four numbers for its box.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 5, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return what each cell says about canvases (B, 1, 24, 24)."""
        return self.layers(x)


class Segmenter(nn.Module):
    """Three convolutions that keep the size: one logit for each pixel, "there is ink".

    The middle one looks at every second pixel, so that a place sees 9×9 pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=2, dilation=2), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, 1, 24, 24) for canvases (B, 1, 24, 24)."""
        return self.layers(x)


def targets(canvases: Sequence[Canvas]) -> Tensor:
    """Return what the detector should say, (B, 5, 6, 6): 1 where there is a digit, and its box.

    A box is written from the middle of its cell, in units of 8 pixels: how far its own middle lies
    to the right and down, and the logarithms of its width and height.
    """
    grid = torch.zeros(len(canvases), 5, N_CELLS, N_CELLS, dtype=torch.float64)
    for b, one in enumerate(canvases):
        for x0, y0, x1, y1 in one.boxes.tolist():
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            column, row = int(x // CELL), int(y // CELL)
            away = [(x - CELL * (column + 0.5)) / SIDE, (y - CELL * (row + 0.5)) / SIDE]
            sides = np.log([(x1 - x0) / SIDE, (y1 - y0) / SIDE]).tolist()
            grid[b, :, row, column] = torch.tensor([1, *away, *sides])
    return grid


def detection_loss(said: Tensor, wanted: Tensor) -> Tensor:
    """Return the cross-entropy of "a digit here", plus how far off the boxes are where one is."""
    there = wanted[:, 0] == 1
    boxes = F.smooth_l1_loss(said[:, 1:].movedim(1, -1)[there],
                             wanted[:, 1:].movedim(1, -1)[there], beta=0.1)
    return F.binary_cross_entropy_with_logits(said[:, 0], wanted[:, 0]) + boxes


def pixel_loss(said: Tensor, ink: Tensor, weight: float = 1.0) -> Tensor:
    """Return the mean cross-entropy of all pixels; one with ink counts `weight` times.

    Parameters
    ----------
    said, ink : torch.Tensor
        Logits and truth (0 or 1) of one shape.

    Examples
    --------
    >>> said, ink = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    >>> round(pixel_loss(said, ink).item(), 4)  # ln 2
    0.6931
    """
    if said.shape != ink.shape:
        raise ValueError(f"one logit for each pixel: {tuple(said.shape)} logits, "
                         f"{tuple(ink.shape)} pixels")
    counts = 1 + (weight - 1) * ink
    losses = F.binary_cross_entropy_with_logits(said, ink, reduction="none")
    return (counts * losses).sum() / counts.sum()


def inks(canvases: Sequence[Canvas]) -> Tensor:
    """Return which pixels have ink, 0 or 1, shape (B, 1, 24, 24)."""
    return torch.tensor(np.stack([one.mask > 0 for one in canvases]))[:, None].double()


def train(
    what: str, parts: Split, lr: float, seed: int, n_steps: int, ink_weight: float = 1.0
) -> nn.Module:
    """Train a detector or a segmenter on canvases that never come twice, half of each kind.

    Parameters
    ----------
    what : {"boxes", "masks"}
        What is to be found.
    parts : dict
        A split; the digits of its training part are used.
    """
    if what not in ("boxes", "masks"):
        raise ValueError(f"train for boxes or masks, not {what!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = (Detector() if what == "boxes" else Segmenter()).double()
    optimiser = torch.optim.Adam(net.parameters(), lr=lr, fused=True)
    share_at = schedule("cosine", n_steps)
    for step, batch in zip(range(n_steps), _batches(parts, seed), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = lr * share_at(step)
        optimiser.zero_grad()
        said = net(pictures(batch))
        if what == "boxes":
            loss = detection_loss(said, targets(batch))
        else:
            loss = pixel_loss(said, inks(batch), ink_weight)
        loss.backward()
        optimiser.step()
    return net.eval()


def _batches(parts: Split, seed: int) -> Iterator[list[Canvas]]:
    step = 0
    while True:
        yield [one for kind in KINDS
               for one in scenes(parts, "train", kind, BATCH_SIZE // 2, 100_000 * seed + step)]
        step += 1


@torch.inference_mode()
def detect(net: nn.Module, canvases: Sequence[Canvas], least: float = 0.02) -> list[Found]:
    """Return boxes and scores for each canvas; of boxes that overlap by half the surest is kept.

    A score is the probability that the middle of a digit lies in the cell.
    """
    said, found = net(pictures(canvases)), []
    scores, boxes = said[:, 0].sigmoid(), said[:, 1:]
    middles = CELL * (torch.arange(N_CELLS) + 0.5)
    x, y = middles + SIDE * boxes[:, 0], middles[:, None] + SIDE * boxes[:, 1]
    w, h = (SIDE * boxes[:, 2:].clamp(-3, 1).exp()).unbind(1)
    corners = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], dim=-1)
    for b in range(len(canvases)):
        sure = scores[b] >= least
        these, its = corners[b][sure].numpy(), scores[b][sure].numpy()
        kept = suppress(these, its)
        found.append((these[kept], its[kept]))
    return found


@torch.inference_mode()
def ink_probability(net: nn.Module, canvases: Sequence[Canvas]) -> np.ndarray:
    """Return for each pixel how probable ink is, (B, 24, 24)."""
    return net(pictures(canvases)).sigmoid()[:, 0].numpy()
