"""Finding digits on canvases: a detector, a segmenter, and a rival that learns nothing."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.data.images import INK, SIDE, Canvas, canvas
from lessons.engine.optim import schedule
from lessons.studies.images.boxes import suppress
from lessons.studies.images.splits import Split

SIZE, CELL = 24, 4  # pixels of a canvas and of a cell of the detector's grid, each way
N_CELLS = SIZE // CELL
BATCH_SIZE = 16
#: How hard it is to tell the digits apart: the arguments of `canvas`.
KINDS = {"clean": {"gap": 1, "noise": 0.0}, "crowded": {"gap": -2, "noise": 0.2}}

Found = tuple[np.ndarray, np.ndarray]  # boxes (n, 4), scores (n,)


def scenes(parts: Split, part: str, kind: str, n: int, seed: int) -> list[Canvas]:
    """Return canvases with digits of one part of a split.

    Examples
    --------
    >>> from lessons.studies.images.splits import split
    >>> [len(one.labels) for one in scenes(split(0), "test", "clean", 3, seed=0)]
    [3, 3, 2]
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of canvas {kind!r}: choose from {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    X, y = (part.numpy() for part in parts[part])
    return [canvas(rng, X, y, SIZE, **KINDS[kind]) for _ in range(n)]


def blurred(canvases: Sequence[Canvas], width: float) -> list[Canvas]:
    """Return canvases with smoothed images; boxes and masks stay.

    Parameters
    ----------
    width : float
        Standard deviation of the bell that smooths, in pixels; 0 changes nothing.

    Examples
    --------
    >>> point = np.zeros((24, 24))
    >>> point[12, 12] = 1
    >>> (one,) = blurred([Canvas(point, np.zeros((0, 4)), np.zeros(0), np.zeros((24, 24)))], 0.7)
    >>> one.image[12, 11:14].round(2).tolist()
    [0.12, 0.32, 0.12]
    """
    from scipy.ndimage import gaussian_filter  # slow to import, and only needed here

    return [dataclasses.replace(one, image=gaussian_filter(one.image, width)) for one in canvases]


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


def components(canvases: Sequence[Canvas], parts: Split, least: float) -> list[Found]:
    """Find digits without training: bright pixels that touch.

    Parameters
    ----------
    least : float
        Brightness from which a pixel counts.

    Notes
    -----
    A group with fewer than eight pixels of ink is dropped. The score is 1 / (1 + distance) to the
    nearest training digit, whose ink is put into the upper left corner like that of the group.
    """
    from scipy.ndimage import find_objects, label  # slow to import, and only needed here

    known = np.stack([_in_the_corner(x.reshape(SIDE, SIDE)) for x in parts["train"][0].numpy()])
    found = []
    for one in canvases:
        groups, _ = label(one.image >= least, structure=np.ones((3, 3)))
        boxes, scores = [], []
        for number, (rows, columns) in enumerate(find_objects(groups), start=1):
            group = np.where(groups == number, one.image, 0)[rows, columns]
            if np.count_nonzero(group >= INK) < 8:
                continue
            distance = np.linalg.norm(known - _in_the_corner(group), axis=1).min()
            boxes.append([columns.start, rows.start, columns.stop, rows.stop])
            scores.append(1 / (1 + distance))
        found.append((np.array(boxes, dtype=float).reshape(-1, 4), np.array(scores)))
    return found


def _in_the_corner(image: np.ndarray) -> np.ndarray:
    """Return the ink of a picture in the upper left of 8×8 pixels, as a row; the rest is cut."""
    rows, columns = np.nonzero(image >= INK)
    ink = np.where(image >= INK, image, 0)[rows.min():, columns.min():][:SIDE, :SIDE]
    return np.pad(ink, [(0, SIDE - ink.shape[0]), (0, SIDE - ink.shape[1])]).ravel()


@torch.inference_mode()
def ink_probability(net: nn.Module, canvases: Sequence[Canvas]) -> np.ndarray:
    """Return for each pixel how probable ink is, (B, 24, 24)."""
    return net(pictures(canvases)).sigmoid()[:, 0].numpy()
