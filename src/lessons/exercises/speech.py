"""Exercises of the chapter on speech, by difficulty."""

import math

import numpy as np

from lessons.engine import ctc
from lessons.engine.spectra import hz_to_mel, mel_to_hz
from lessons.exercises.base import Exercise


def picture_shape(n_samples, width, hop, n_fft):
    return 1 + (n_samples - width) // hop, n_fft // 2 + 1


def collapse(path):
    said = []
    for before, label in zip([None, *path], path, strict=False):
        if label not in (before, 0):
            said.append(label)
    return said


def mel_edges(n_mels, rate):
    return mel_to_hz(np.linspace(0, hz_to_mel(rate / 2), n_mels + 2))


def add_noise(x, noise, snr_db):
    wanted = np.mean(x**2) / 10 ** (snr_db / 10)
    return x + noise * np.sqrt(wanted / np.mean(noise**2))


def by_voice(right, voices):
    means = [np.mean([r for r, v in zip(right, voices, strict=True) if v == voice])
             for voice in sorted(set(voices))]
    return float(np.mean(means)), float(np.std(means, ddof=1) / math.sqrt(len(means)))


def error_rate(said, meant):
    edits = sum(ctc.edit_distance(a, b) for a, b in zip(said, meant, strict=True))
    return edits / sum(map(len, meant))


def text_probability(p, text):
    return float(np.exp(-ctc.ctc(np.log(p), text)[0]))


def _cases_noise(rng):
    yield np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0]), 0.0
    yield np.array([2.0, -2.0, 2.0, -2.0]), np.array([0.5, 0.5, -0.5, -0.5]), 20.0
    yield rng.standard_normal(50), 3 * rng.standard_normal(50), 10.0
    yield rng.standard_normal(50), 0.1 * rng.standard_normal(50), -5.0


def _cases_voices(rng):
    yield [1, 1, 1, 1, 0, 0], ["a", "a", "a", "a", "b", "b"]
    yield [1, 0, 1, 1, 0, 1, 0], ["x", "y", "x", "z", "z", "x", "y"]
    voices = [f"v{i}" for i in rng.integers(0, 4, 30)] + ["v0", "v1"]
    yield rng.integers(0, 2, 32).tolist(), voices


def _cases_ctc(rng):
    yield np.full((2, 2), 0.5), [1]
    yield np.full((3, 3), 1 / 3), [1, 1]
    for T, text in [(5, [1, 2]), (6, [2, 2]), (7, [1, 2, 1])]:
        p = rng.random((T, 3)) + 0.05
        yield p / p.sum(axis=1, keepdims=True), text


EXERCISES = [
    Exercise(
        name="picture-shape",
        title="Frames and frequencies of a spectrogram",
        difficulty=1,
        reference=picture_shape,
        takeaway="The hop decides how many frames there are, the transform how many frequencies.",
        hints=(
            "The first frame begins at sample 0, the next at hop, then 2 · hop, as long as a "
            "whole frame fits.",
            "The last start is at most n_samples - width. A real transform of length n has one "
            "frequency for each whole number of waves from 0 to n / 2.",
            "Return 1 + (n_samples - width) // hop and n_fft // 2 + 1.",
        ),
        cases=lambda rng: [(800, 200, 80, 256), (8000, 200, 80, 256), (199 + 80, 200, 80, 512),
                           (200, 200, 80, 256), (16000, 400, 160, 400)],
    ),
    Exercise(
        name="collapse",
        title="What a path says",
        difficulty=1,
        reference=collapse,
        takeaway="Merge first, then drop the blanks: only so can a text have the same label twice.",
        hints=(
            "Go through the path and compare each label with the one before it.",
            "A label counts if it differs from the one before it and is not 0.",
            "The label before is the one in the path, not the last one that you kept: after a "
            "blank the same label counts again.",
        ),
        cases=lambda rng: [([0, 3, 3, 0, 1],), ([3, 0, 3],), ([3, 3, 3],), ([0, 0],),
                           ([1, 2, 2, 0, 2, 1, 1, 0],), (rng.integers(0, 3, 20).tolist(),)],
    ),
    Exercise(
        name="mel-edges",
        title="Edges of mel bands",
        difficulty=2,
        reference=mel_edges,
        takeaway="Equal steps in mel are wider and wider steps in hertz.",
        hints=(
            "Bands overlap: each begins at the tip of the one before and ends at the tip of the "
            "next. So n_mels triangles have n_mels + 2 edges.",
            "The edges are equally spaced in mel, from 0 to the mel of half the rate.",
            "mel = 2595 · log10(1 + f / 700), and back f = 700 · (10^(mel / 2595) - 1).",
        ),
        cases=lambda rng: [(2, 8000), (40, 8000), (80, 16000), (int(rng.integers(5, 30)), 22050)],
        tolerance=1e-6,
    ),
    Exercise(
        name="add-noise",
        title="Noise at a given distance",
        difficulty=2,
        reference=add_noise,
        takeaway="Ten decibels are a factor of ten in power, and so of √10 in the samples.",
        hints=(
            "The power of a sound is the mean of its squares.",
            "The noise shall have the power of x divided by 10^(snr_db / 10).",
            "A factor on the samples acts on the power as its square: multiply the noise by the "
            "square root of (wanted power / its power), then add it.",
        ),
        cases=_cases_noise,
        tolerance=1e-9,
    ),
    Exercise(
        name="by-voice",
        title="Accuracy over voices",
        difficulty=2,
        reference=by_voice,
        takeaway="A new voice is one more example, however many clips it speaks.",
        hints=(
            "First the accuracy of each voice, from its own clips only.",
            "Then the mean of these numbers: every voice counts once.",
            "The standard error is their standard deviation (divided by n - 1) over √n, where n "
            "is the number of voices.",
        ),
        cases=_cases_voices,
        tolerance=1e-9,
    ),
    Exercise(
        name="error-rate",
        title="Digit error rate",
        difficulty=3,
        reference=error_rate,
        takeaway="Insertions count too, so the rate can be above one.",
        hints=(
            "Count for every pair the fewest insertions, deletions and replacements. Keep a row "
            "of counts: one entry for each beginning of the digits that were meant.",
            "An entry is the least of: the one above plus 1, the one to the left plus 1, the one "
            "above left plus 1 if the digits differ.",
            "Divide the sum of all edits by the number of all digits that were meant, not by that "
            "of the strings.",
        ),
        cases=lambda rng: [(["314"], ["314"]), (["34"], ["314"]), (["7", "12345"], ["70", "12"]),
                           (["7777"], ["7"]),
                           (["3144", "", "27"], ["314", "9", "72"]),
                           (["".join(map(str, rng.integers(0, 3, 6))) for _ in range(4)],
                            ["".join(map(str, rng.integers(0, 3, 5))) for _ in range(4)])],
        tolerance=1e-9,
    ),
    Exercise(
        name="text-probability",
        title="The probability of a text",
        difficulty=3,
        reference=text_probability,
        takeaway="A table of T by 2n + 1 sums replaces the sum over all paths.",
        hints=(
            "Write the text with blanks: 0, first label, 0, second label, …, 0. Keep one number "
            "for each place: the probability of all beginnings that end there.",
            "In a new frame a place gets what it had, what the place before had, and, if it is a "
            "label unlike the one two places back, what that one had; all times p[t, label].",
            "Start with p[0, 0] at the first blank and p[0, text[0]] at the first label. At the "
            "end add the last two places.",
        ),
        cases=_cases_ctc,
        tolerance=1e-9,
    ),
]
