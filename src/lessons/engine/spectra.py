"""From a wave to a picture of it: frames, windows, spectrogram, mel bands."""

import numpy as np


def frames(x: np.ndarray, width: int, hop: int) -> np.ndarray:
    """Cut a wave into overlapping pieces; what does not fill a last piece is left out.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (n_samples,).
    width, hop : int
        Length of a piece and distance between the starts of two, in samples.

    Returns
    -------
    numpy.ndarray
        Shape (n_frames, width), with n_frames = 1 + (n_samples - width) // hop.

    Raises
    ------
    ValueError
        If `x` is not one channel, or shorter than one piece, or `hop` is less than 1.

    Examples
    --------
    >>> frames(np.arange(6), width=4, hop=2)
    array([[0, 1, 2, 3],
           [2, 3, 4, 5]])
    """
    if x.ndim != 1:
        raise ValueError(f"a wave has the shape (n_samples,), got {x.shape}: choose one channel, "
                         "or take their mean")
    if len(x) < width:
        raise ValueError(f"{len(x)} samples do not fill one frame of {width}: give a longer sound, "
                         "or a shorter window")
    if hop < 1:
        raise ValueError(f"the next frame starts one sample later or more, got hop={hop}")
    return np.lib.stride_tricks.sliding_window_view(x, width)[::hop]


def hann(width: int) -> np.ndarray:
    """Return a bell that fades a frame out at both ends, shape (width,).

    It is the periodic form, which sums to one with itself moved by half its width.

    Examples
    --------
    >>> hann(4)
    array([0. , 0.5, 1. , 0.5])
    """
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)


def spectrogram(x: np.ndarray, width: int, hop: int, n_fft: int) -> np.ndarray:
    """Return the power of each frequency in each frame.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (n_samples,).
    n_fft : int
        Length of the Fourier transform; shorter frames are filled up with zeros.

    Returns
    -------
    numpy.ndarray
        Shape (n_frames, n_fft // 2 + 1). Column k is the frequency k · rate / n_fft.

    Raises
    ------
    ValueError
        If a frame is longer than `n_fft`, and as `frames`.

    Examples
    --------
    >>> tone = np.cos(2 * np.pi * 1000 * np.arange(800) / 8000)  # 1,000 Hz at 8,000 a second
    >>> power = spectrogram(tone, width=200, hop=80, n_fft=256)
    >>> power.shape, power[0].argmax() * 8000 / 256
    ((8, 129), np.float64(1000.0))
    """
    if width > n_fft:
        raise ValueError(f"a frame of {width} samples does not fit into n_fft = {n_fft}")
    return np.abs(np.fft.rfft(frames(x, width, hop) * hann(width), n_fft)) ** 2


def hz_to_mel(f: np.ndarray | float) -> np.ndarray | float:
    """Return frequencies on the mel scale, on which equal steps are to sound alike.

    Examples
    --------
    >>> [round(float(hz_to_mel(f))) for f in (0, 1000, 4000)]
    [0, 1000, 2146]
    """
    return 2595 * np.log10(1 + np.asarray(f) / 700)


def mel_to_hz(m: np.ndarray | float) -> np.ndarray | float:
    """Return mels in hertz: the inverse of `hz_to_mel`.

    Examples
    --------
    >>> round(float(mel_to_hz(hz_to_mel(440.0))), 6)
    440.0
    """
    return 700 * (10 ** (np.asarray(m) / 2595) - 1)


def mel_filters(n_mels: int, n_fft: int, rate: float) -> np.ndarray:
    """Return triangles that gather frequencies in bands of equal width in mel.

    Returns
    -------
    numpy.ndarray
        Shape (n_mels, n_fft // 2 + 1): how much of each frequency goes into each band. The tip
        of a triangle is 1, and lies where its neighbours begin and end.

    Examples
    --------
    >>> filters = mel_filters(40, n_fft=256, rate=8000)
    >>> filters.shape, bool((filters >= 0).all()), bool(filters.max() <= 1)
    ((40, 129), True, True)
    """
    f = np.linspace(0, rate / 2, n_fft // 2 + 1)
    edges = mel_to_hz(np.linspace(0, hz_to_mel(rate / 2), n_mels + 2))
    low, tip, high = (edges[i : i + n_mels, None] for i in range(3))
    return np.maximum(0, np.minimum((f - low) / (tip - low), (high - f) / (high - tip)))


def log_mel(
    x: np.ndarray, rate: float = 8000, n_mels: int = 40, width_s: float = 0.025,
    hop_s: float = 0.01, n_fft: int = 256, floor: float = 1e-6,
) -> np.ndarray:
    """Return the logarithm (base 10) of the power in each mel band, shape (n_frames, n_mels).

    Parameters
    ----------
    width_s, hop_s : float
        Length of a frame and distance between two, in seconds.
    floor : float
        Added to the power before the logarithm: silence is not minus infinity.

    Examples
    --------
    >>> log_mel(np.zeros(800)).shape, float(log_mel(np.zeros(800)).max())
    ((8, 40), -6.0)
    """
    power = spectrogram(x, round(width_s * rate), round(hop_s * rate), n_fft)
    return np.log10(power @ mel_filters(n_mels, n_fft, rate).T + floor)
