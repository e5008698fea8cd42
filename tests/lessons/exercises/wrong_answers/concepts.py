"""Plausible wrong answers to the exercises of the chapter on concepts."""

import numpy as np


def _fitted(years, values, log=np.log2, fill=None, swap=False):
    if fill is None:
        years, values = years[~np.isnan(values)], values[~np.isnan(values)]
    else:
        values = np.nan_to_num(values, nan=fill)
    x, y = (log(values), years) if swap else (years, log(values))
    slope = np.polyfit(x, y, 1)[0]
    return 12 * slope if swap else 12 / slope


def _most_frequent(labels):
    return np.bincount(labels).argmax()


WRONG = {
    "accuracy": [
        lambda scores, labels: (scores.argmin(axis=1) == labels).mean(),
        lambda scores, labels: (scores.argmax(axis=1) != labels).mean(),
        lambda scores, labels: (scores.argmax(axis=1) == labels).sum(),
        lambda scores, labels: scores[np.arange(len(labels)), labels].mean(),
    ],
    "majority": [
        lambda y_train, y_test: (y_test == _most_frequent(y_test)).mean(),
        lambda y_train, y_test: (y_train == _most_frequent(y_train)).mean(),
        lambda y_train, y_test: 1 / len(np.unique(y_train)),
    ],
    "tokens-per-parameter": [
        lambda flops, n_params: flops / (6 * n_params),
        lambda flops, n_params: flops / n_params**2,
        lambda flops, n_params: flops / (2 * n_params**2),
    ],
    "doubling-time": [
        lambda a, x, b, y: (b - a) / np.log2(y / x),  # in years
        lambda a, x, b, y: 12 * (b - a) / np.log(y / x),
        lambda a, x, b, y: 12 * (b - a) / (y / x / 2),
    ],
    "own-rule": [
        lambda image: 8 if image.sum() > 19.5 else 3,  # an 8 has more ink, but not much more
        lambda image: 8 if np.abs(image - image[:, ::-1]).sum() < 14 else 3,  # symmetry
        lambda image: 8 if image[5, 3] > 0.0625 else 3,  # the best single pixel
        lambda image: 8 if image[3:6, 1:3].sum() > 0.4 else 3,  # 91% of the test images, 84% here
        lambda image: 3 if image[2:6, 1:4].sum() > 3.5 else 8,  # a good rule, the wrong way round
        lambda image: 8,
        lambda image: image[2:6, 1:4].sum() > 3.5,  # True and False instead of 8 and 3
    ],
    "best-slope": [
        lambda x, y: np.mean(y / x),
        lambda x, y: y.sum() / x.sum(),
        lambda x, y: np.polyfit(x, y, 1)[0],  # not through the origin
        lambda x, y: (x * y).sum() / (y * y).sum(),
    ],
    "stop-early": [
        lambda train, valid, test: test.max(),  # the test set chooses
        lambda train, valid, test: valid.max(),  # the validation set reports its own choice
        lambda train, valid, test: test[train.argmax()],
        lambda train, valid, test: test[-1],
    ],
    "fitted-doubling-time": [
        lambda years, values: _fitted(years, values, log=np.log),
        lambda years, values: _fitted(years, values, fill=1.0),
        lambda years, values: _fitted(years, values, swap=True),
        lambda years, values: np.nan,
    ],
}
