"""A recogniser of digit strings: a convolution over frames, trained with CTC on glued clips."""

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lessons.data.sounds import Sound, with_noise
from lessons.engine.ctc import BLANK, collapse
from lessons.studies.speech.parts import N_MELS, picture

N_STEPS, BATCH_SIZE = 350, 8
LENGTHS, GAPS_S = (1, 2, 3, 4, 5), (-0.04, 0.08)  # digits of a string; pause or overlap between
STRIDE = 2  # frames of the picture for one of the recogniser


def glued(clips: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Put clips one behind the other, with a pause or an overlap between two."""
    starts, at = [], 0
    for clip in clips:
        starts.append(max(at, 0))
        at = starts[-1] + len(clip) + round(8000 * rng.uniform(*GAPS_S))
    x = np.zeros(starts[-1] + len(clips[-1]) + max(map(len, clips)))
    for start, clip in zip(starts, clips, strict=True):
        x[start : start + len(clip)] += clip
    return x[: max(s + len(c) for s, c in zip(starts, clips, strict=True))]


def draw_string(
    by_voice: Sequence[Sequence[Sound]], rng: np.random.Generator,
    lengths: Sequence[int] = LENGTHS,
) -> tuple[np.ndarray, str]:
    """Return a random string glued from clips of one voice, and its digits."""
    mine = by_voice[rng.integers(len(by_voice))]
    chosen = [mine[i] for i in rng.integers(len(mine), size=rng.choice(lengths))]
    return glued([clip.samples for clip in chosen], rng), "".join(c.text for c in chosen)


class Recogniser(nn.Module):
    """Log-probabilities of blank and ten digits for every second frame.

    Takes (B, n_mels, n_frames), gives (B, n_frames // 2, 11). Class 0 is the blank, class d + 1
    the digit d. An output sees 37 frames, about 0.4 s.
    """

    def __init__(self, width: int = 48):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(N_MELS, width, 5, stride=STRIDE, padding=2), nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=4, dilation=2), nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=4, dilation=2), nn.ReLU(),
            nn.Conv1d(width, 11, 1))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities by frame."""
        return self.layers(X).transpose(1, 2).log_softmax(2)


def batch_of(
    sounds: Sequence[tuple[np.ndarray, str]], snr_db: float, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures (B, n_mels, n_frames) filled up with their own quietest level, and widths."""
    seen = [picture(with_noise(x, snr_db, rng)) for x, _ in sounds]
    longest = max(map(len, seen))
    X = np.stack([np.pad(p, [(0, longest - len(p)), (0, 0)], constant_values=p.min()).T
                  for p in seen])
    widths = torch.tensor([(len(p) + STRIDE - 1) // STRIDE for p in seen])
    return torch.tensor(X, dtype=torch.float32), widths


def train(
    by_voice: Sequence[Sequence[Sound]], seed: int, lr: float, n_steps: int = N_STEPS,
    snr_db: float = 20,
) -> tuple[Recogniser, list[float]]:
    """Train a recogniser on strings glued anew for every batch; return it and its losses.

    Parameters
    ----------
    by_voice : sequence of sequences of Sound
        The clips of each voice; no string has two voices.
    seed : int
        Decides the initial weights, the strings and the noise.
    """
    made = list(steps(by_voice, seed, lr, n_steps, snr_db))
    return made[-1][0].eval(), [loss for _, loss in made]


def train_with_looks(
    by_voice: Sequence[Sequence[Sound]], seed: int, lr: float, looks: Sequence[int],
    snr_db: float = 20,
) -> list[Recogniser]:
    """Train as `train` does; return copies of the recogniser after some numbers of steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kept = [Recogniser().eval()] if 0 in looks else []
    for step, (net, _) in enumerate(steps(by_voice, seed, lr, N_STEPS, snr_db), 1):
        if step in looks:
            kept.append(copy.deepcopy(net).eval())
    return kept


def steps(
    by_voice: Sequence[Sequence[Sound]], seed: int, lr: float, n_steps: int, snr_db: float,
) -> Iterator[tuple[Recogniser, float]]:
    """Yield the recogniser and the loss of its batch after every step of training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Recogniser()
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
    for _ in range(n_steps):
        sounds = [draw_string(by_voice, rng) for _ in range(BATCH_SIZE)]
        X, widths = batch_of(sounds, snr_db, rng)
        labels = torch.tensor([int(d) + 1 for _, text in sounds for d in text])
        sizes = torch.tensor([len(text) for _, text in sounds])
        optimiser.zero_grad()
        loss = F.ctc_loss(net(X).transpose(0, 1), labels, widths, sizes, blank=BLANK,
                          zero_infinity=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        falling.step()
        yield net, loss.item()


def read(net: Recogniser, sounds: Sequence[tuple[np.ndarray, str]], seed: int,
         snr_db: float = 20) -> list[str]:
    """Return what a recogniser reads in each sound: the best class of each frame, collapsed."""
    said = []
    with torch.inference_mode():
        for i, one in enumerate(sounds):
            X, _ = batch_of([one], snr_db, np.random.default_rng([seed, i]))
            said.append("".join(str(s - 1) for s in collapse(net(X)[0].argmax(1).tolist())))
    return said


def cut_equally(x: np.ndarray, n: int) -> list[np.ndarray]:
    """Return `n` pieces of equal length: the rival, which is told how many digits there are."""
    return [piece for piece in np.array_split(x, n) if len(piece)]

