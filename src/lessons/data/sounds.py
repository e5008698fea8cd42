"""Spoken digits that ship with the package, and sound files: read, written, with noise added."""

import io
import json
import wave
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

RATE = 8000  # samples a second of all sounds here, as in a telephone
MU = 255  # of the compression that telephones use
N_LEAST = 80  # samples, a hundredth of a second: less holds no word


def compress(x: np.ndarray) -> np.ndarray:
    """Return samples between -1 and 1 as one byte each: quiet ones in finer steps than loud ones.

    The formula is that of the mu-law of telephones (ITU-T G.711, with its continuous curve).

    Examples
    --------
    >>> compress(np.array([-1.0, 0.0, 0.01, 1.0]))
    array([  0, 128, 157, 255], dtype=uint8)
    """
    y = np.sign(x) * np.log1p(MU * np.abs(x)) / np.log1p(MU)
    return np.clip(np.floor(128 + 127.5 * y), 0, 255).astype(np.uint8)


def expand(codes: np.ndarray) -> np.ndarray:
    """Return the samples of `compress`, each in the middle of its step, as float64.

    Examples
    --------
    >>> expand(np.array([0, 128, 156, 255], dtype=np.uint8)).round(4)
    array([-1.0e+00,  1.0e-04,  9.6e-03,  1.0e+00])
    """
    y = (codes.astype(np.float64) + 0.5 - 128) / 127.5
    return np.sign(y) * np.expm1(np.abs(np.clip(y, -1, 1)) * np.log1p(MU)) / MU


@dataclass(frozen=True)
class Sound:
    """One sound of the set: who says what, and the samples.

    Attributes
    ----------
    samples : numpy.ndarray
        Shape (n_samples,), between -1 and 1, `RATE` a second.
    text : str
        The digits that are said, such as ``"7"`` or ``"314"``.
    voice : str
        Who says it; the part before ``/`` is the synthesiser.
    take : int
        Which of the takes of this voice: another rate and pitch.
    rate, pitch : int
        In words a minute, and on the scale of espeak-ng from 0 to 99.
    """

    samples: np.ndarray
    text: str
    voice: str
    take: int
    rate: int
    pitch: int


@cache
def _columns() -> dict[str, np.ndarray]:
    file = io.BytesIO((resources.files("lessons.data") / "spoken_digits.npz").read_bytes())
    with np.load(file) as kept:
        return {name: kept[name] for name in kept.files}


@cache
def _all() -> tuple[Sound, ...]:
    columns = _columns()
    parts = np.split(columns["codes"], np.cumsum(columns["lengths"])[:-1])
    found = []
    for i, codes in enumerate(parts):
        voice = str(columns["voice"][i])
        maker = "espeak" if "+" in voice else "flite"
        samples = expand(codes)
        samples.flags.writeable = False
        found.append(Sound(samples, str(columns["text"][i]), f"{maker}/{voice}", *(
            int(columns[name][i]) for name in ("take", "rate", "pitch"))))
    return tuple(found)


def about() -> dict[str, Any]:
    """Return how the set was made: command, date, programs with their versions.

    Examples
    --------
    >>> sorted(about())
    ['command', 'date', 'made_with', 'rate_hz']
    """
    return json.loads(str(_columns()["about"]))


def digits() -> list[Sound]:
    """Return the single digits: 10 from each of 20 voices, in 4 takes of other rate and pitch.

    Sixteen voices are espeak-ng's, which computes every sound, four are Flite's, which was built
    from recordings of people. The recipe is ``python -m experiments.spoken_digits``;
    ``spoken_digits.LICENSE.txt`` beside this file has the licences.

    Examples
    --------
    >>> clips = digits()
    >>> len(clips), len({clip.voice for clip in clips}), clips[0].text, clips[0].voice
    (800, 20, '0', 'espeak/en-us+m1')
    """
    return [sound for sound in _all() if len(sound.text) == 1]


def strings() -> list[Sound]:
    """Return strings of three to five digits, each spoken in one go: three from each voice.

    Examples
    --------
    >>> len(strings()), strings()[0].text
    (60, '258')
    """
    return [sound for sound in _all() if len(sound.text) > 1]


def with_noise(x: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Add white noise.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (n_samples,).
    snr_db : float
        Power of the sound over power of the noise in decibels: at 0 both are equal, each 10 more
        mean a tenth of the noise.

    Raises
    ------
    ValueError
        If `x` is not one channel of finite numbers, or there is no sound in it, so that no noise
        has this distance from it.

    Examples
    --------
    >>> x = np.sin(np.arange(8000.0))
    >>> noise = with_noise(x, 20, np.random.default_rng(0)) - x
    >>> round(10 * np.log10(np.mean(x**2) / np.mean(noise**2)))
    20
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or not np.isfinite(x).all() or not np.isfinite(snr_db):
        raise ValueError(f"noise is added to one row of finite numbers, at a finite distance; got "
                         f"the shape {x.shape} and snr_db={snr_db}")
    power = float(np.mean(x**2)) if len(x) else 0.0
    if power == 0:
        raise ValueError("this sound is empty or silent, so noise cannot be measured against it: "
                         "add noise of a power that you choose")
    return x + rng.standard_normal(len(x)) * np.sqrt(power / 10 ** (snr_db / 10))


def read_wav(file: str | Path | BinaryIO) -> np.ndarray:
    """Read a sound as this chapter's networks want it: one channel, 16 bits, 8,000 a second.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples,), between -1 and 1.

    Raises
    ------
    ValueError
        If it is no such file: says what it is, and how to change that.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO(to_wav(0.5 * np.sin(np.arange(800.0))))
    >>> read_wav(file).shape
    (800,)
    """
    name = getattr(file, "name", file) if not isinstance(file, io.BytesIO) else "this sound"
    try:
        with wave.open(str(file) if isinstance(file, Path) else file) as sound:
            n_channels, n_bytes = sound.getnchannels(), sound.getsampwidth()
            rate, n = sound.getframerate(), sound.getnframes()
            data = sound.readframes(n)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{name} is no plain WAV file ({str(error) or 'it is empty'}): save it as "
                         "PCM, 16 bits") from None
    if n_channels != 1:
        raise ValueError(f"{name} has {n_channels} channels, one is wanted: save it as mono, or "
                         "keep one channel")
    if n_bytes != 2:
        raise ValueError(f"{name} has {8 * n_bytes} bits a sample, 16 are wanted: save it as PCM, "
                         "16 bits")
    if rate != RATE:
        raise ValueError(f"{name} has {rate:,} samples a second, {RATE:,} are wanted: resample it, "
                         f"as scipy.signal.resample_poly(x, {RATE}, {rate}) does")
    if len(data) % 2:
        raise ValueError(f"{name} is cut off in the middle of a sample: copy it again")
    x = np.frombuffer(data, "<i2") / 2**15
    if len(x) < N_LEAST:
        raise ValueError(f"{name} is empty: {len(x)} samples, at least {N_LEAST} are wanted")
    return x


def to_wav(x: np.ndarray, rate: int = RATE) -> bytes:
    """Return samples as a WAV file of 16 bits; what is beyond -1 and 1 is cut off.

    Raises
    ------
    ValueError
        If it is not one channel of finite numbers, or shorter than a hundredth of a second.

    Examples
    --------
    >>> len(to_wav(np.zeros(800)))
    1644
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or len(x) < N_LEAST or not np.isfinite(x).all():
        raise ValueError(f"a sound is one row of at least {N_LEAST} finite numbers, got the shape "
                         f"{x.shape}" + ("" if np.isfinite(x).all() else " with NaN or infinity"))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.round(np.clip(x, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
