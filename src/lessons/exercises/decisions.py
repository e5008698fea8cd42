"""Exercises of the chapter on decisions, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def returns_to_go(rewards, gamma):
    G, out = 0.0, np.zeros(len(rewards))
    for t in range(len(rewards) - 1, -1, -1):
        G = rewards[t] + gamma * G
        out[t] = G
    return out


def q_step(Q, s, a, reward, after, ended, alpha, gamma):
    target = reward if ended else reward + gamma * Q[after].max()
    new = Q.copy()
    new[s, a] += alpha * (target - Q[s, a])
    return new


def ucb_arm(pulls, wins, t, c):
    never = np.flatnonzero(pulls == 0)
    if len(never):
        return int(never[0])
    return int((wins / pulls + c * np.sqrt(np.log(t) / pulls)).argmax())


def bellman(P, R, ended, V, gamma):
    return np.where(ended, 0.0, (P * (R + gamma * V)).sum(axis=2).max(axis=1))


def score(theta, action):
    e = np.exp(theta - theta.max())
    return np.eye(len(theta))[action] - e / e.sum()


def advantages(G):
    return G - (G.sum() - G) / (len(G) - 1)


def shaped_reward(reward, phi, phi_after, ended, gamma):
    return reward + (0.0 if ended else gamma * phi_after) - phi


def _cases_bellman(rng):
    P = np.zeros((3, 2, 3))
    P[0, 0, 0] = P[0, 1, 1] = P[1, 0, 0] = P[1, 1, 2] = P[2, :, 2] = 1
    R = np.zeros((3, 2, 3))
    R[1, 1, 2] = 1.0
    ended = np.array([False, False, True])
    yield P, R, ended, np.zeros(3), 0.9
    yield P, R, ended, np.array([0.5, 1.0, 7.0]), 0.9  # an end is worth nothing, whatever V says
    for n in (2, 5):
        P, R = rng.random((n, 3, n)), rng.standard_normal((n, 3, n))
        yield (P / P.sum(axis=2, keepdims=True), R, np.zeros(n, dtype=bool),
               rng.standard_normal(n), 0.8)


def _cases_q(rng):
    Q = np.array([[0.0, 0.0], [0.2, 1.0]])
    yield Q, 0, 1, 0.0, 1, False, 0.5, 0.9
    yield Q, 0, 0, 1.0, 1, True, 0.5, 0.9  # over: what comes after is worth nothing
    yield Q, 1, 0, -1.0, 0, False, 0.1, 1.0
    for ended in (False, True):
        yield rng.standard_normal((4, 3)), 2, 1, float(rng.random()), 3, ended, 0.3, 0.95


EXERCISES = [
    Exercise(
        name="returns",
        title="What each step still earns",
        difficulty=1,
        reference=returns_to_go,
        takeaway="From the end: one multiplication a step, whatever the length.",
        hints=(
            "The return of step t is rewards[t] + gamma * rewards[t+1] + gamma**2 * rewards[t+2] "
            "and so on.",
            "That is rewards[t] + gamma * (the return of step t + 1): start at the end.",
            "Keep G = 0.0; for t from the last step down to 0: G = rewards[t] + gamma * G.",
        ),
        cases=lambda rng: [
            (np.array([0.0, 0, 0, 1]), 0.9), (np.array([1.0, 2, 3]), 1.0), (np.array([5.0]), 0.5),
            (np.array([1.0, 2, 3]), 0.0), (rng.standard_normal(6), 0.8),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="score",
        title="The gradient of log p",
        difficulty=1,
        reference=score,
        takeaway="One minus p for what was done, minus p for the rest: it adds up to zero.",
        hints=(
            "log p[a] is theta[a] minus the logarithm of the sum of exp(theta).",
            "Its derivative by theta[k] is (1 if k == a else 0) - p[k]; see cross-entropy.",
            "Subtract theta.max() before exp, so that large logits do not overflow.",
        ),
        cases=lambda rng: [
            (np.zeros(2), 0), (np.array([0.0, 1.0, 2.0]), 2), (np.array([900.0, 0.0]), 1),
            (rng.standard_normal(5), 3),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="q-step",
        title="One step of Q-learning",
        difficulty=1,
        reference=q_step,
        takeaway="Where an episode ends there is no next value: forget that, and Q grows beyond "
                 "every return.",
        hints=(
            "Copy Q, change one number, return the copy.",
            "The target is reward + gamma * Q[after].max(); the reward alone if the episode ended.",
            "new[s, a] = Q[s, a] + alpha * (target - Q[s, a]).",
        ),
        cases=_cases_q,
        tolerance=1e-9,
    ),
    Exercise(
        name="ucb",
        title="Mean plus bonus",
        difficulty=2,
        reference=ucb_arm,
        takeaway="The bonus is what you do not know yet: it falls with each pull of the arm and "
                 "grows, slowly, with each pull of another.",
        hints=(
            "An arm that was never pulled comes first; of several the one with the lowest number.",
            "Else each arm has wins / pulls, and a bonus c * sqrt(ln(t) / pulls).",
            "np.flatnonzero(pulls == 0) finds the first kind; int(scores.argmax()) the second.",
        ),
        cases=lambda rng: [
            (np.array([1.0, 0, 0]), np.array([1.0, 0, 0]), 2, 1.0),
            (np.array([10.0, 2]), np.array([6.0, 1]), 12, 1.0),
            (np.array([10.0, 2]), np.array([6.0, 1]), 12, 0.01),
            (np.array([3.0, 0, 5]), np.array([3.0, 0, 4]), 9, 0.5),
            (np.array([50.0, 60]), np.array([30.0, 37]), 110, 0.3),
            (np.array([40.0, 9, 30]), np.array([22.0, 4, 17]), 79, 0.8),
            (np.array([53.0, 2, 7]), np.array([48.0, 0, 4]), 63, 0.8),  # tells other bonuses
        ],
    ),
    Exercise(
        name="baseline",
        title="Compared with the others",
        difficulty=2,
        reference=advantages,
        takeaway="The mean of the others does not know what this one did: so nothing is biased. "
                 "With its own return in the mean, every advantage shrinks by (n - 1) / n.",
        hints=(
            "For each return, take the mean of all the others.",
            "The others of row i sum to G.sum() - G[i], and there are len(G) - 1 of them.",
            "Return G - (G.sum() - G) / (len(G) - 1).",
        ),
        cases=lambda rng: [
            (np.array([1.0, 3.0]),), (np.array([2.0, 2.0, 2.0]),), (np.array([0.0, 0.0, 9.0]),),
            (rng.standard_normal(6),),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="bellman",
        title="One round of value iteration",
        difficulty=2,
        reference=bellman,
        takeaway="Repeat it and V stops moving: then it is the best there is.",
        hints=(
            "An action is worth the sum over next states of P * (R + gamma * V[next]).",
            "(P * (R + gamma * V)).sum(axis=2) has the shape (S, A): V lies along the last axis.",
            "Take the maximum over the actions, and 0 where ended is true.",
        ),
        cases=_cases_bellman,
        tolerance=1e-9,
    ),
    Exercise(
        name="shaping",
        title="A hint that changes no decision",
        difficulty=3,
        reference=shaped_reward,
        takeaway="Over an episode the hints add up to minus the potential of its start, whatever "
                 "was done: so they favour nothing.",
        hints=(
            "Add gamma times the potential after the step, and take away the potential before it.",
            "Where the episode ends, the potential is 0.",
            "reward + (0 if ended else gamma * phi_after) - phi.",
        ),
        cases=lambda rng: [
            (0.0, 0.0, 1.0, False, 0.9), (0.0, 1.0, 0.0, False, 0.9), (1.0, 2.0, 5.0, True, 0.9),
            (-1.0, float(rng.random()), float(rng.random()), False, 0.5),
        ],
        tolerance=1e-9,
    ),
]
