"""Exercises of the chapter on many processes, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def ring_bytes(n_numbers, n_ranks, bytes_each):
    return 2 * (n_ranks - 1) * n_numbers * bytes_each / n_ranks


def idle(p, m, v):
    return (p - 1) / (v * m + p - 1)


def part_of(sizes, n_ranks, rank):
    total = int(np.sum(sizes))
    each = -(-total // n_ranks)
    return np.minimum([rank * each, (rank + 1) * each], total)


def partial(x, A, B, n_ranks, rank):
    mine = np.array_split(np.arange(A.shape[1]), n_ranks)[rank]
    return np.maximum(x @ A[:, mine], 0) @ B[mine]


def two_levels(n_bytes, per_box, n_boxes, inside, between):
    return (2 * (per_box - 1) / per_box * n_bytes / inside
            + 2 * (n_boxes - 1) / n_boxes * n_bytes / per_box / between)


def order(rank, p, m):
    ahead = min(m, p - rank)
    steps = list(range(1, ahead + 1))
    for i in range(1, m + 1):
        steps.append(-i)
        if i + ahead <= m:
            steps.append(i + ahead)
    return np.array(steps)


def _cases_partial(rng):
    yield np.array([[1.0, -1.0]]), np.eye(2), np.ones((2, 1)), 2, 0
    yield np.array([[1.0, -1.0]]), np.eye(2), np.ones((2, 1)), 2, 1
    yield rng.normal(size=(3, 4)), rng.normal(size=(4, 8)), rng.normal(size=(8, 4)), 4, 2


EXERCISES = [
    Exercise(
        name="ring-bytes",
        title="Bytes on the ring",
        difficulty=1,
        reference=ring_bytes,
        takeaway="Less than twice what the numbers occupy, however many ranks there are.",
        hints=(
            "The numbers are cut into as many parts as there are ranks.",
            "A rank sends one part in each turn; there are n - 1 turns to add up, and n - 1 to "
            "hand round.",
            "return 2 * (n_ranks - 1) * n_numbers / n_ranks * bytes_each",
        ),
        cases=lambda rng: [(100, 1, 4), (100, 2, 4), (8e9, 64, 2),
                           (int(rng.integers(100, 999)), int(rng.integers(3, 9)), 4)],
    ),
    Exercise(
        name="idle",
        title="An idle pipeline",
        difficulty=1,
        reference=idle,
        takeaway="More micro-batches, or more and smaller pieces of layers: both make the bubble a "
                 "smaller part.",
        hints=(
            "Count in the time of one piece of one micro-batch. How long does a stage work?",
            "It works v * m such times, and waits p - 1 of them.",
            "return (p - 1) / (v * m + p - 1)",
        ),
        cases=lambda rng: [(1, 4, 1), (4, 4, 1), (8, 16, 2),
                           (int(rng.integers(2, 9)), int(rng.integers(2, 30)), 3)],
    ),
    Exercise(
        name="part-of",
        title="Whose numbers are these?",
        difficulty=2,
        reference=part_of,
        takeaway="A flat layout ignores where a weight ends: only the last parts are shorter.",
        hints=(
            "Add up the sizes, and divide by the number of ranks, rounded up.",
            "Rank r begins at r times that number.",
            "It ends at (r + 1) times it, or at the sum, whichever comes first.",
        ),
        cases=lambda rng: [(np.array([4, 4]), 2, 0), (np.array([4, 4]), 2, 1),
                           (np.array([5, 5]), 4, 3), (np.array([7, 2, 4]), 3, 2),
                           (rng.integers(3, 20, size=4), 3, 1)],
    ),
    Exercise(
        name="partial",
        title="A slice of an MLP",
        difficulty=2,
        reference=partial,
        takeaway="Cut the first matrix by outputs and the second by inputs: one sum at the end is "
                 "all that must be sent.",
        hints=(
            "Which hidden units belong to this rank? np.array_split gives equal runs of them.",
            "Take these columns of A, and these rows of B.",
            "return np.maximum(x @ A[:, mine], 0) @ B[mine]",
        ),
        cases=_cases_partial,
    ),
    Exercise(
        name="two-levels",
        title="First inside the box",
        difficulty=2,
        reference=two_levels,
        takeaway="Between boxes each rank sends only its part: eight to a box make the network "
                 "eight times as fast.",
        hints=(
            "Inside, a whole all-reduce goes round the ranks of a box, in two halves.",
            "Between the halves each rank has the box's sum of its part, n_bytes / per_box.",
            "Add 2 (b - 1) / b times that part over the network's rate, b being the boxes.",
        ),
        cases=lambda rng: [(8e9, 8, 1, 3e11, 2.5e10), (8e9, 1, 4, 3e11, 2.5e10),
                           (8e9, 8, 16, 3e11, 2.5e10),
                           (float(rng.uniform(1e9, 9e9)), 4, 6, 1e11, 1e10)],
    ),
    Exercise(
        name="order",
        title="One forward, one backward",
        difficulty=3,
        reference=order,
        takeaway="A stage keeps no more micro-batches than there are stages from it to the end, "
                 "and waits no longer than with all forward passes first.",
        hints=(
            "A stage first does as many forward passes as there are stages from it to the end, "
            "itself included, or all if there are fewer.",
            "From then on one backward, one forward, as long as there are any.",
            "ahead = min(m, p - rank); then for i in 1..m append -i, and i + ahead if it is at "
            "most m.",
        ),
        cases=lambda rng: [(1, 2, 1), (1, 2, 3), (0, 2, 3), (0, 4, 2), (1, 4, 8)],
    ),
]
