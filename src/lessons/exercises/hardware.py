"""Exercises of the chapter on hardware, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise
from lessons.machines.hardware import matmul_intensity
from lessons.planning import cost


def intensity(m, k, n, bytes_per_number):
    return matmul_intensity(m, k, n, bytes_per_number)


def limited_by(flops, moved_bytes, flops_per_s, bytes_per_s):
    return "memory" if moved_bytes / bytes_per_s > flops / flops_per_s else "arithmetic"


def gpt_parameters(n_layers, d_model, vocabulary, n_positions):
    return cost.gpt_parameters(n_layers, d_model, vocabulary, n_positions)


def zero3_bytes(n_params, n_chips, bytes_per_param, activation_bytes):
    return n_params * bytes_per_param / n_chips + activation_bytes


def days_to_train(n_params, n_tokens, n_chips, peak_flops_per_s, mfu):
    flops = cost.training_flops(n_params, n_tokens)
    return cost.chip_hours(flops, peak_flops_per_s, mfu) / n_chips / 24


def accumulate(mean_grads, sizes):
    sizes = np.asarray(sizes)
    return np.tensordot(sizes / sizes.sum(), np.asarray(mean_grads), axes=1)


def least_batch(d_model, ridge):
    if 2 * ridge >= d_model:
        return 0
    return math.ceil(ridge / (1 - 2 * ridge / d_model))


def tokens_to_hide(n_chips, flops_per_s, both_ways_bytes_per_s):
    return (n_chips - 1) / n_chips * flops_per_s / (both_ways_bytes_per_s / 2)


def _cases_accumulate(rng):
    yield np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([1, 1])
    yield np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([3, 1])
    yield rng.standard_normal((4, 5)), np.array([8, 8, 5, 1])


EXERCISES = [
    Exercise(
        name="intensity",
        title="Find the arithmetic intensity of a matrix product",
        difficulty=1,
        reference=intensity,
        takeaway="One formula has the square product, the small batch and the vector in it.",
        hints=(
            "Each of the m·n results takes k multiplications and k additions.",
            "Three matrices are moved: m·k, k·n and m·n numbers.",
            "Divide 2mkn by bytes_per_number times the sum of the three sizes.",
        ),
        cases=lambda rng: [(1024, 1024, 1024, 2), (1024, 1024, 1, 4), (64, 4096, 512, 2)],
    ),
    Exercise(
        name="limited-by",
        title="Decide what limits an operation",
        difficulty=1,
        reference=limited_by,
        takeaway="Comparing two times and comparing the intensity with the ridge are the same.",
        hints=(
            "How long would the bytes take, and how long the operations?",
            "The longer of the two is the limit.",
        ),
        cases=lambda rng: [
            (1e9, 12e9, 989e12, 3.35e12), (1e15, 1e12, 989e12, 3.35e12),
            (2e14, 1e12, 989e12, 3.35e12), (2e14, 1e12, 312e12, 2.039e12),
        ],
    ),
    Exercise(
        name="gpt-parameters",
        title="Count the parameters of a GPT",
        difficulty=2,
        reference=gpt_parameters,
        takeaway="With GPT-2's sizes this is 124,439,808, the number of the published weights.",
        hints=(
            "Attention has four d × d matrices and 4d biases, the MLP d × 4d and 4d × d with 5d "
            "biases, and each of two normalisations 2d.",
            "That is 12d² + 13d for a block.",
            "Add (vocabulary + n_positions)·d for the embeddings, once, and 2d for the last "
            "normalisation.",
        ),
        cases=lambda rng: [(1, 8, 10, 4), (12, 768, 50257, 1024), (48, 1600, 50257, 1024)],
        tolerance=1e-12,
    ),
    Exercise(
        name="zero3-bytes",
        title="Predict the memory of one accelerator under ZeRO-3",
        difficulty=2,
        reference=zero3_bytes,
        takeaway="Splitting shrinks the state without end, and the activations not at all.",
        hints=(
            "ZeRO-3 splits everything that is proportional to the parameters.",
            "Activations belong to an accelerator's own sequences: they are not split.",
        ),
        cases=lambda rng: [
            (7.5e9, 1, 16, 0.0), (7.5e9, 64, 16, 0.0), (70e9, 512, 18, 20e9),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="days-to-train",
        title="Predict the days of a training run",
        difficulty=2,
        reference=days_to_train,
        takeaway="Everything in this line is known before the run, except the utilisation.",
        hints=(
            "The run takes 6 · parameters · tokens operations.",
            "Together the chips do n_chips · peak · mfu of them a second.",
            "A day has 86,400 seconds.",
        ),
        cases=lambda rng: [
            (1e9, 20e9, 8, 312e12, 0.5), (6.74e9, 1e12, 2048, 312e12, 0.43),
            (405e9, 15.6e12, 16384, 989e12, 0.4),
        ],
    ),
    Exercise(
        name="accumulate",
        title="Add up micro-batches of different sizes",
        difficulty=2,
        reference=accumulate,
        takeaway="Weights that belong to examples, not to micro-batches, give the large batch.",
        hints=(
            "A mean times its size is a sum.",
            "Add up the sums, then divide by the number of all examples.",
        ),
        cases=_cases_accumulate,
        tolerance=1e-9,
    ),
    Exercise(
        name="tokens-to-hide",
        title="Hide the wires behind the backward pass",
        difficulty=2,
        reference=tokens_to_hide,
        takeaway="The width has cancelled: it is a ridge, with the wires in the place of memory.",
        hints=(
            "The ring moves in one direction, the data sheet counts both: take half of the rate.",
            "Each worker sends 2(n - 1)/n times 2d² bytes, and calculates 4Bd² operations.",
            "Set the two times equal and solve for B: d² cancels.",
        ),
        cases=lambda rng: [
            (2, 100e12, 200e9), (8, 989e12, 900e9), (8, 312e12, 600e9), (64, 989e12, 100e9),
        ],
    ),
    Exercise(
        name="least-batch",
        title="Find the smallest batch that keeps the arithmetic busy",
        difficulty=3,
        reference=least_batch,
        takeaway="A narrow layer never gets there: its inputs and outputs weigh as much as W.",
        hints=(
            "A layer of width d at batch B does 2Bd² operations on 2(d² + 2Bd) bytes.",
            "The intensity is B / (1 + 2B/d); as B grows it tends to d/2.",
            "Set it equal to the ridge, solve for B, round up; if d/2 does not exceed the ridge, "
            "return 0.",
        ),
        cases=lambda rng: [
            (4096, 10.0), (4096, 153.0), (4096, 295.2), (512, 295.2), (600, 295.2), (512, 256.0),
        ],
    ),
]
