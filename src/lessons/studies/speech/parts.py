"""Who trains and who tests: clips by voice, and what a network sees of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lessons.data.sounds import Sound, digits, with_noise
from lessons.engine.spectra import log_mel

N_SPLITS = 8
N_FRAMES, N_MELS = 60, 24
FLOOR = 1e-4  # of the power in a band, about what noise at 20 dB leaves in it
SPEEDS = (0.85, 0.92, 1.0, 1.09, 1.18)  # for training clips that are played faster or slower


@dataclass(frozen=True)
class Split:
    """Which voices do what, and which take is kept from training.

    Attributes
    ----------
    train, valid, test : tuple of str
        Voices of espeak-ng: ten, two and four.
    take : int
        The take that nobody is trained on: all tests use it.
    """

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]
    take: int


def voices(maker: str) -> list[str]:
    """Return the voices of a synthesiser, "espeak" or "flite", in the order of their names.

    Examples
    --------
    >>> voices("flite")
    ['flite/awb', 'flite/kal16', 'flite/rms', 'flite/slt']
    """
    return sorted({clip.voice for clip in digits() if clip.voice.startswith(maker + "/")})


def split(k: int) -> Split:
    """Return split `k` of eight: every voice of espeak-ng is tested in two of them.

    Raises
    ------
    ValueError
        If there is no such split.

    Examples
    --------
    >>> one = split(0)
    >>> len(one.train), len(one.valid), len(one.test), one.take
    (10, 2, 4, 0)
    """
    if k not in range(N_SPLITS):
        raise ValueError(f"splits are numbered from 0 to {N_SPLITS - 1}, got {k}")
    order = np.random.default_rng(k // 4).permutation(voices("espeak"))
    turned = np.roll(order, -4 * (k % 4)).tolist()
    return Split(tuple(turned[6:]), tuple(turned[4:6]), tuple(turned[:4]), k % 4)


def choose(who: Sequence[str], takes: Sequence[int]) -> list[Sound]:
    """Return the clips of these voices in these takes.

    Examples
    --------
    >>> len(choose(["flite/slt"], [0, 3]))
    20
    """
    return [clip for clip in digits() if clip.voice in who and clip.take in takes]


def picture(x: np.ndarray, n_mels: int = N_MELS, remove: bool = False) -> np.ndarray:
    """Return what a network sees of a wave, shape (n_frames, n_mels): levels without their mean.

    With `remove` each band loses its own mean over the clip.
    """
    levels = log_mel(x, n_mels=n_mels, floor=FLOOR)
    return levels - (levels.mean(axis=0) if remove else levels.mean())


def faster(x: np.ndarray, speed: float) -> np.ndarray:
    """Play a wave faster (above 1) or slower: its pitch and all its frequencies move with it.

    Examples
    --------
    >>> len(faster(np.zeros(1000), 1.25))
    800
    """
    return np.interp(np.arange(0, len(x) - 1, speed), np.arange(len(x)), x)


def examples(
    clips: Sequence[Sound], snr_db: float | Sequence[float] | None, seed: int,
    n_mels: int = N_MELS, remove: bool = False, speeds: Sequence[float] = (1.0,),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures of clips with noise, and their labels.

    Parameters
    ----------
    snr_db : number, sequence of numbers or None
        Signal-to-noise ratio in decibels; of several each clip draws one; None for no noise.
    seed : int
        Of the noise.
    speeds : sequence of float
        Every clip is seen at each of them.

    Returns
    -------
    X : torch.Tensor
        Shape (B, n_mels, `N_FRAMES`), float64; short clips are filled up with zeros at the end.
    y : torch.Tensor
        Shape (B,), the digits.
    """
    rng = np.random.default_rng(seed)
    ratios = None if snr_db is None else np.atleast_1d(np.asarray(snr_db, dtype=float))
    pictures, labels = [], []
    for clip in clips:
        for speed in speeds:
            x = clip.samples if speed == 1.0 else faster(clip.samples, speed)
            x = x if ratios is None else with_noise(x, rng.choice(ratios), rng)
            seen = picture(x, n_mels, remove)[:N_FRAMES]
            pictures.append(np.pad(seen, [(0, N_FRAMES - len(seen)), (0, 0)]).T)
            labels.append(int(clip.text))
    return torch.tensor(np.array(pictures)), torch.tensor(labels)
