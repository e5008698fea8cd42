"""Plausible wrong answers to the exercises of the chapter on many processes."""

import numpy as np


def _order(ahead_of, late=False):
    def order(rank, p, m):
        ahead = min(m, ahead_of(rank, p, m))
        steps = list(range(1, ahead + 1))
        for i in range(1, m + 1):
            pair = [-i] + [i + ahead] * (i + ahead <= m)
            steps += pair[::-1] if late else pair
        return np.array(steps)

    return order


def _partial(bend=True, rows=True):
    def partial(x, A, B, n_ranks, rank):
        mine = np.array_split(np.arange(A.shape[1]), n_ranks)[rank]
        if rows:  # cut both by what comes in
            ins = np.array_split(np.arange(A.shape[0]), n_ranks)[rank]
            return np.maximum(x[:, ins] @ A[ins], 0) @ B
        h = x @ A[:, mine]
        return (np.maximum(h, 0) if bend else h) @ B[mine]

    return partial


def _part(up, clip):
    def part_of(sizes, n_ranks, rank):
        total = int(np.sum(sizes))
        each = -(-total // n_ranks) if up else total // n_ranks
        ends = np.array([rank * each, (rank + 1) * each])
        return np.minimum(ends, total) if clip else ends

    return part_of


def _levels(whole=False, halves=2):
    def two_levels(n_bytes, per_box, n_boxes, inside, between):
        part = n_bytes if whole else n_bytes / per_box
        return (2 * (per_box - 1) / per_box * n_bytes / inside
                + halves * (n_boxes - 1) / n_boxes * part / between)

    return two_levels


WRONG = {
    "ring-bytes": [
        lambda n_numbers, n_ranks, bytes_each: (n_ranks - 1) * n_numbers * bytes_each / n_ranks,
        lambda n_numbers, n_ranks, bytes_each: 2 * (n_ranks - 1) * n_numbers * bytes_each,
        lambda n_numbers, n_ranks, bytes_each: 2 * n_numbers * bytes_each,
    ],
    "idle": [lambda p, m, v: (p - 1) / (v * m), lambda p, m, v: (p - 1) / (m + p - 1),
             lambda p, m, v: (p - 1) / (v * (m + p - 1))],
    "part-of": [_part(up=False, clip=True), _part(up=True, clip=False)],
    "partial": [_partial(bend=False, rows=False), _partial(rows=True)],
    "two-levels": [_levels(whole=True), _levels(halves=1)],
    "order": [_order(lambda rank, p, m: m), _order(lambda rank, p, m: p),
              _order(lambda rank, p, m: p - rank, late=True)],
}
