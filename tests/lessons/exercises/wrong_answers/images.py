"""Plausible wrong answers to the exercises of the chapter on images."""

import numpy as np


def _lost(truth, read, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=int)
    table[truth, read] += 1  # a pair that comes twice counts once
    return table


def _turned(truth, read, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(table, (read, truth), 1)
    return table


def _conv(twice=True, channels=True, padded=2):
    def conv_flops(size, n_in, n_out, kernel, stride, padding):
        out = (size + padded * padding - kernel) // stride + 1
        return (2 if twice else 1) * out**2 * n_out * (n_in if channels else 1) * kernel**2

    return conv_flops


def _iou(cut=True, union=True):
    def box_iou(a, b):
        sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        common = np.prod(np.maximum(sides, 0) if cut else sides)
        areas = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])
        return common / (areas - common if union else areas)

    return box_iou


def _iou_cut_across_only(a, b):
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)  # the height may still be negative
    height = min(a[3], b[3]) - max(a[1], b[1])
    areas = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])
    return width * height / (areas - width * height)


def _wrapped(turned=False, margin=False):
    def wrapped_convolution(image, kernel):
        kernel = kernel[::-1, ::-1] if turned else kernel
        big = np.pad(image, 1, mode="constant" if margin else "wrap")
        rows, columns = image.shape
        return sum(kernel[r, c] * big[r : r + rows, c : c + columns]
                   for r in range(3) for c in range(3))

    return wrapped_convolution


def _pixels(stable=True, divide="weights"):
    def weighted_pixel_loss(z, ink, weight):
        softplus = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) if stable else np.log(
            1 + np.exp(np.minimum(z, 709.0)))
        counts = np.where(ink == 1, weight, 1.0)
        total = (counts * (softplus - z * ink)).sum()
        return total / {"weights": counts.sum(), "pixels": counts.size, "ink": ink.sum() + 1e-9}[
            divide]

    return weighted_pixel_loss


def _scores(once=True, swap=False, best="free"):
    def detection_scores(overlap, least):
        free, n_right = np.ones(overlap.shape[1], dtype=bool), 0
        for row in overlap:
            fits = np.where(free, row, -1.0) if once and best == "free" else row
            if fits.max() >= least and (free[fits.argmax()] or not once):
                free[fits.argmax()] = False
                n_right += 1
        n_boxes, n_true = overlap.shape
        return (n_right / n_true, n_right / n_boxes) if swap else (n_right / n_boxes,
                                                                   n_right / n_true)

    return detection_scores


def _counted_apart(overlap, least):
    fits = overlap >= least  # boxes that fit something, true ones that something fits
    n_right = min(fits.any(axis=1).sum(), fits.any(axis=0).sum())
    return n_right / overlap.shape[0], n_right / overlap.shape[1]


def _first_that_fits(overlap, least):
    free, n_right = set(range(overlap.shape[1])), 0
    for row in overlap:
        if fits := [place for place in sorted(free) if row[place] >= least]:
            free.remove(fits[0])
            n_right += 1
    return n_right / overlap.shape[0], n_right / overlap.shape[1]


def _largest_overlap_first(overlap, least):
    left, n_right = overlap.copy(), 0
    while left.max() >= least:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row], left[:, column] = -1, -1
        n_right += 1
    return n_right / overlap.shape[0], n_right / overlap.shape[1]


WRONG = {
    "confusion": [_lost, _turned],
    "conv-flops": [_conv(twice=False), _conv(channels=False), _conv(padded=1)],
    "box-iou": [_iou(cut=False), _iou(union=False), _iou_cut_across_only],
    "patches": [
        lambda image, patch: image.reshape(-1, patch**2),
        lambda image, patch: image.reshape(
            len(image) // patch, patch, len(image) // patch, patch
        ).transpose(2, 0, 1, 3).reshape(-1, patch**2),
    ],
    "wrapped-convolution": [_wrapped(turned=True), _wrapped(margin=True)],
    "weighted-pixel-loss": [_pixels(stable=False), _pixels(divide="pixels"),
                            _pixels(divide="ink")],
    "detection-scores": [_scores(once=False), _scores(swap=True), _scores(best="any"),
                         _counted_apart, _first_that_fits, _largest_overlap_first],
}
