"""Plausible wrong answers to the exercises of the chapter on speech."""

import math

import numpy as np

from lessons.engine import ctc


def _collapse(drop_first=False, keep_blank=False):
    def collapse(path):
        if drop_first:  # 3 0 3 becomes 3
            path = [s for s in path if s != 0]
        said = [s for before, s in zip([None, *path], path, strict=False) if s != before]
        return said if keep_blank else [s for s in said if s != 0]

    return collapse


def _by_voice(right, voices, n=len, clips=False, ddof=1):
    means = [np.mean([r for r, v in zip(right, voices, strict=True) if v == voice])
             for voice in sorted(set(voices))]
    middle = np.mean(right) if clips else np.mean(means)
    return float(middle), float(np.std(means, ddof=ddof) / math.sqrt(n(means)))


def _forward(skip_same=False, never_skip=False, last_only=False):
    def text_probability(p, text):
        z = ctc.extended(text)
        a = np.zeros(len(z))
        a[:2] = p[0, z[:2]]
        for t in range(1, len(p)):
            new = np.zeros(len(z))
            for s in range(len(z)):
                new[s] = a[s] + (a[s - 1] if s else 0)
                apart = s >= 2 and z[s] != 0 and (skip_same or z[s] != z[s - 2])
                if apart and not never_skip:
                    new[s] += a[s - 2]
            a = new * p[t, z]
        return a[-1] if last_only else a[-1] + a[-2]

    return text_probability


def _rate(said, meant, of="digits"):
    edits = [ctc.edit_distance(a, b) for a, b in zip(said, meant, strict=True)]
    if of == "strings":
        return float(np.mean([e / len(b) for e, b in zip(edits, meant, strict=True)]))
    return sum(edits) / sum(map(len, said if of == "said" else meant))


def _replaced_only(said, meant):
    wrong = sum(a != b for x, y in zip(said, meant, strict=True)
                for a, b in zip(x, y, strict=False))
    return wrong / sum(map(len, meant))


WRONG = {
    "picture-shape": [
        lambda n, width, hop, n_fft: (n // hop, n_fft // 2 + 1),
        lambda n, width, hop, n_fft: (1 + (n - width) // hop, n_fft // 2),
        lambda n, width, hop, n_fft: ((n - width) // hop, n_fft // 2 + 1),
        lambda n, width, hop, n_fft: (1 + (n - width) // hop, width // 2 + 1),
    ],
    "collapse": [_collapse(drop_first=True), _collapse(keep_blank=True),
                 lambda path: [s for s in path if s != 0], lambda path: sorted(set(path) - {0})],
    "mel-edges": [
        lambda n, rate: 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), n)
                                      / 2595) - 1),
        lambda n, rate: np.linspace(0, rate / 2, n + 2),
        lambda n, rate: 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 700), n + 2)
                                      / 2595) - 1),
        lambda n, rate: np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), n + 2),
    ],
    "add-noise": [
        lambda x, noise, snr: x + noise * np.mean(x**2) / 10 ** (snr / 10) / np.mean(noise**2),
        lambda x, noise, snr: x + noise * np.sqrt(np.mean(x**2) / 10 ** (snr / 20)
                                                  / np.mean(noise**2)),
        lambda x, noise, snr: x + noise / 10 ** (snr / 20),
        lambda x, noise, snr: x + noise * np.sqrt(np.mean(x**2) * 10 ** (snr / 10)
                                                  / np.mean(noise**2)),
    ],
    "by-voice": [
        lambda right, voices: _by_voice(right, voices, clips=True),
        lambda right, voices: _by_voice(right, voices, n=lambda means: len(right)),
        lambda right, voices: _by_voice(right, voices, ddof=0),
        lambda right, voices: (float(np.mean(right)),
                               float(np.std(right, ddof=1) / math.sqrt(len(right)))),
    ],
    "error-rate": [lambda s, m: _rate(s, m, "strings"), lambda s, m: _rate(s, m, "said"),
                   _replaced_only, lambda s, m: min(_rate(s, m), 1.0),
                   lambda s, m: sum(a != b for a, b in zip(s, m, strict=True)) / len(m)],
    "text-probability": [_forward(skip_same=True), _forward(never_skip=True),
                         _forward(last_only=True)],
}
