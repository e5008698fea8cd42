"""What was recorded: bandits, Q-learning on the frozen lake, policy gradients on the pole."""

from functools import lru_cache
from typing import Any

import numpy as np

from lessons.data.worlds import World, from_gymnasium, make
from lessons.studies.decisions import bandits, learn, policies
from lessons.studies.decisions.tables import greedy, worth_within
from lessons.studies.record import load

N_ARMS, N_PULLS, N_LONG = 10, 1000, 30_000
#: The pulls at which a regret is kept.
PULLS = [1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 50, 70, 100, 140, 200, 300, 400, 500, 700, 1000]
PULLS_LONG = [*PULLS, 2000, 3000, 5000, 7000, 10_000, 15_000, 20_000, 30_000]
MARKS = [300, 1000, 3000, 10_000, 30_000]
#: How the lake is explored: a name, the share of random actions, and what all of Q is at first.
EXPLORING = {"never": (0.0, 0.0), "one action in ten": (0.1, 0.0), "three in ten": (0.3, 0.0),
             "always": (1.0, 0.0), "never, but all of Q is 1 at first": (0.0, 1.0)}
ALPHAS = [0.03, 0.1, 0.3]
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
BASELINES = ["none", "others"]
N_UPDATES, N_TESTS = 50, 20
SEEDS, TUNING_SEEDS = range(10), range(100, 103)
GAMMA = 0.99


def record() -> dict[str, Any]:
    """Return what `python -m experiments.decisions` gave.

    Examples
    --------
    >>> sorted(record())
    ['bandits', 'lake', 'long', 'made', 'pole']
    """
    return load("decisions")


@lru_cache(maxsize=1)
def lake() -> World:
    """Return the rules of gymnasium's frozen lake of 4×4 cells, slippery.

    Examples
    --------
    >>> lake().P[0, 2, [0, 1, 4]].round(3).tolist()
    [0.333, 0.333, 0.333]
    """
    return from_gymnasium("FrozenLake-v1")


def bandit_curves(rule: str, setting: float, kind: str, n_problems: int, seed: int) -> np.ndarray:
    """Return the regret of each problem at each of `PULLS`, shape (n_problems, len(PULLS)).

    Examples
    --------
    >>> bandit_curves("UCB", 0.5, "any chance", n_problems=3, seed=0).shape
    (3, 20)
    """
    chances = bandits.problems(kind, n_problems, N_ARMS, seed)
    lost = bandits.regret(bandits.RULES[rule][0], setting, chances, N_PULLS, seed + 1)
    return lost[:, np.array(PULLS) - 1]


def lake_scores(alpha: float, exploring: str, seed: int) -> list[float]:
    """Learn Q on the lake; return how often its best actions reach the goal, at each mark, exactly.

    Examples
    --------
    >>> lake_scores(0.1, "never", seed=0)
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    epsilon, first = EXPLORING[exploring]
    env = make("FrozenLake-v1", disable_env_checker=True)
    _, kept, _ = learn.q_learning(env, (16, 4), max(MARKS), alpha, epsilon, GAMMA, seed, MARKS,
                                  first)
    return [worth_within(lake(), greedy(kept[mark])) for mark in MARKS]


def counting_scores(seed: int) -> list[float]:
    """Count what happens on the lake under random actions; return how good the plans are.

    Examples
    --------
    >>> len(counting_scores(seed=0))
    5
    """
    env = make("FrozenLake-v1", disable_env_checker=True)
    worlds = learn.count(env, (16, 4), max(MARKS), seed, MARKS)
    return [worth_within(lake(), learn.plan(worlds[mark], GAMMA)) for mark in MARKS]


def tested(w: np.ndarray, seed: int) -> float:
    """Return for how many steps four weights hold the pole, mean of new episodes.

    Examples
    --------
    >>> tested(np.array([0.0, 0.0, 1.0, 1.0]), seed=0) > 100
    True
    """
    env, rng = make("CartPole-v1", disable_env_checker=True), np.random.default_rng(10_000 + seed)
    return float(np.mean([len(policies.episode(env, w, rng, sure=True)[1])
                          for _ in range(N_TESTS)]))


def pole(lr: float, baseline: str, seed: int) -> dict[str, Any]:
    """Train four weights by policy gradient; return the curve and the test.

    Examples
    --------
    >>> pole(0.0, "none", seed=0)["test"] < 30
    True
    """
    env = make("CartPole-v1", disable_env_checker=True)
    w, lengths = policies.train(env, lr, baseline, seed, N_UPDATES, gamma=GAMMA)
    return {"lengths": [round(n, 1) for n in lengths], "test": round(tested(w, seed), 1)}


def guessed(seed: int) -> dict[str, Any]:
    """Guess four weights as often as a policy gradient has updates; return cost and tests.

    Examples
    --------
    >>> sorted(guessed(seed=0))
    ['lengths', 'test', 'tests']
    """
    env = make("CartPole-v1", disable_env_checker=True)
    kept, lengths = policies.guess(env, seed, N_UPDATES)
    marks = [k for k in range(N_UPDATES) if k == 0 or (kept[k] != kept[k - 1]).any()]
    found = {k: round(tested(kept[k], seed), 1) for k in marks}
    tests = [found[max(m for m in marks if m <= k)] for k in range(N_UPDATES)]
    return {"lengths": [round(n, 1) for n in lengths], "tests": tests, "test": tests[-1]}
