"""How noisy is a gradient? Two estimates from the same episodes, again and again at one policy."""

from typing import Any

import numpy as np

from lessons.data.worlds import make
from lessons.studies.decisions import policies

N_EPISODES, GAMMA = 5, 0.99


def noise(w: np.ndarray, seed: int, n_batches: int) -> dict[str, Any]:
    """Play many batches of five episodes with the same four weights; return mean and variance.

    Both estimates of a batch come from the same episodes, so they differ by the baseline alone.

    Parameters
    ----------
    w : numpy.ndarray
        Shape (4,).
    n_batches : int
        How many estimates of the gradient, 2 or more.

    Returns
    -------
    dict
        The mean length of the episodes; for each baseline the mean (4 numbers) and the variance of
        the estimates, summed over the weights; the size of the mean difference of the two
        estimates, in standard errors, the largest of the four weights (`apart`).

    Raises
    ------
    ValueError
        If there are fewer than two batches.

    Examples
    --------
    >>> found = noise(np.zeros(4), seed=0, n_batches=20)
    >>> found["others"]["variance"] < found["none"]["variance"]
    True
    """
    if n_batches < 2:
        raise ValueError(f"a variance needs two batches or more, got {n_batches}")
    env, rng = make("CartPole-v1", disable_env_checker=True), np.random.default_rng(seed)
    found: dict[str, list] = {"none": [], "others": []}
    lengths = []
    for _ in range(n_batches):
        batch = [policies.episode(env, w, rng) for _ in range(N_EPISODES)]
        lengths.append(np.mean([len(pushes) for _, pushes in batch]))
        for baseline, rows in found.items():
            rows.append(policies.policy_gradient(batch, w, GAMMA, baseline))
    table = {baseline: np.array(rows) for baseline, rows in found.items()}
    apart = table["none"] - table["others"]
    error = apart.std(axis=0, ddof=1) / np.sqrt(n_batches)
    out: dict[str, Any] = {"length": round(float(np.mean(lengths)), 1), "apart": round(float(
        (np.abs(apart.mean(axis=0)) / np.maximum(error, 1e-12)).max()), 2)}
    for baseline, rows in table.items():
        out[baseline] = {"mean": [float(f"{x:.4g}") for x in rows.mean(axis=0)],
                         "variance": float(f"{rows.var(axis=0, ddof=1).sum():.4g}")}
    return out


def after(n_updates: int, lr: float, seed: int) -> np.ndarray:
    """Return the four weights after some updates of a policy gradient with the baseline.

    Examples
    --------
    >>> after(0, 0.03, seed=0).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    if n_updates == 0:
        return np.zeros(4)
    env = make("CartPole-v1", disable_env_checker=True)
    return policies.train(env, lr, "others", seed, n_updates, N_EPISODES, GAMMA)[0]
