"""Plausible wrong answers to the exercises of the chapter on decisions."""

import numpy as np


def _discounted_from_start(rewards, gamma):
    rest = np.array(rewards) * gamma ** np.arange(len(rewards))
    return rest[::-1].cumsum()[::-1]  # discounted to the first step, not to each


def _last_left_out(rewards, gamma):
    G, out = 0.0, np.zeros(len(rewards))
    for t in range(len(rewards) - 1, -1, -1):
        out[t] = G
        G = rewards[t] + gamma * G
    return out


def _softmax(theta):
    e = np.exp(theta - theta.max())
    return e / e.sum()


def _one_hot(theta, action):
    return np.eye(len(theta))[action]


def _q(ends=True, best=True, whole=False):
    def q_step(Q, s, a, reward, after, ended, alpha, gamma):
        value = Q[after].max() if best else Q[after, a]
        target = reward + gamma * value * (0 if ended and ends else 1)
        new = Q.copy()
        new[s, a] = target if whole else Q[s, a] + alpha * (target - Q[s, a])
        return new

    return q_step


def _ucb(bonus=True, log=True, first=True):
    def ucb_arm(pulls, wins, t, c):
        n = np.maximum(pulls, 1)
        extra = c * np.sqrt((np.log(t) if log else t) / n) if bonus else 0
        scores = wins / n + extra
        return int(np.where((pulls == 0) & first, np.inf, scores).argmax())

    return ucb_arm


def _other_bonus(bonus):
    def ucb_arm(pulls, wins, t, c):
        n = np.maximum(pulls, 1)
        return int(np.where(pulls == 0, np.inf, wins / n + bonus(n, t, c)).argmax())

    return ucb_arm


def _bellman(ends=True, mean=False, paid=True):
    def bellman(P, R, ended, V, gamma):
        Q = (P * (R * paid + gamma * V)).sum(axis=2)
        best = Q.mean(axis=1) if mean else Q.max(axis=1)
        return np.where(ended & ends, 0.0, best)

    return bellman


def _shaped(ends=True, gamma_too=True, sign=1):
    def shaped_reward(reward, phi, phi_after, ended, gamma):
        after = 0.0 if ended and ends else (gamma if gamma_too else 1.0) * phi_after
        return reward + sign * (after - phi)

    return shaped_reward


WRONG = {
    "returns": [_discounted_from_start, _last_left_out,
                lambda rewards, gamma: np.array(rewards)[::-1].cumsum()[::-1]],
    "score": [lambda theta, action: _softmax(theta) - _one_hot(theta, action), _one_hot,
              lambda theta, action: _one_hot(theta, action) - 1 / len(theta)],
    "q-step": [_q(ends=False), _q(best=False), _q(whole=True)],
    "ucb": [_ucb(bonus=False), _ucb(log=False), _ucb(first=False),
            _other_bonus(lambda n, t, c: np.sqrt(c * np.log(t) / n)),  # c under the root
            _other_bonus(lambda n, t, c: c * np.sqrt(2 * np.log(t) / n)),
            _other_bonus(lambda n, t, c: c * np.sqrt(np.log10(t) / n)),
            _other_bonus(lambda n, t, c: c * np.log(t) / n)],  # no root
    "baseline": [lambda G: G - G.mean(), lambda G: G - (G.sum() - G) / len(G)],
    "bellman": [_bellman(ends=False), _bellman(mean=True), _bellman(paid=False)],
    "shaping": [_shaped(ends=False), _shaped(gamma_too=False), _shaped(sign=-1)],
}
