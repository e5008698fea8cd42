"""Learning from rewards: checked numbers, advantages in a group, and what straying costs.

Shapes: Q questions with G answers each.

References
----------
Williams, Simple Statistical Gradient-Following Algorithms, Machine Learning 1992 (REINFORCE).
Shao et al., DeepSeekMath, 2024, arXiv:2402.03300 (GRPO).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

BASELINES = ("none", "group", "group, divided")


def rewards_of(reward: Callable[[str, str], float], questions: Sequence[str],
               answers: Sequence[Sequence[str]]) -> Tensor:
    """Return what a program says about answers, each a number, shape (Q, G).

    Parameters
    ----------
    reward : callable
        From a question and an answer to a number.

    Raises
    ------
    ValueError
        If it gives anything but a finite number: names the question and the answer.

    Examples
    --------
    >>> rewards_of(lambda q, a: a == "4", ["2+2="], [["4", "5"]]).tolist()
    [[1.0, 0.0]]
    """
    rows = []
    for question, group in zip(questions, answers, strict=True):
        rows.append([])
        for answer in group:
            given = reward(question, answer)
            try:
                value = float(given)
            except (TypeError, ValueError):
                value = float("nan")
            if isinstance(given, str) or not abs(value) < float("inf"):
                raise ValueError(f"the reward of {answer!r} to {question!r} is {given!r}: one that "
                                 "is no finite number would spoil every weight")
            rows[-1].append(value)
    return torch.tensor(rows)


def advantages(rewards: Tensor, baseline: str = "group, divided", least: float = 1e-4) -> Tensor:
    """Return how much better each answer did than expected, shape (Q, G).

    Parameters
    ----------
    rewards : torch.Tensor
        Shape (Q, G).
    baseline : str
        ``"none"``: the reward itself. ``"group"``: less the mean of its group. ``"group,
        divided"``: that, divided by the group's standard deviation, as GRPO does.
    least : float
        Is added to the standard deviation: a group that agrees would divide by 0.

    Raises
    ------
    ValueError
        If there is no such baseline, a reward is not finite, or a group has one answer.

    Examples
    --------
    >>> [f"{x:.4f}" for x in advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))[0]]
    ['1.4997', '-0.4999', '-0.4999', '-0.4999']
    """
    if baseline not in BASELINES:
        raise ValueError(f"baselines are {', '.join(map(repr, BASELINES))}, got {baseline!r}")
    if rewards.dim() != 2 or not torch.isfinite(rewards).all():
        raise ValueError("rewards are finite numbers of shape (questions, answers), got "
                         f"{int((~torch.isfinite(rewards)).sum())} that are not finite in shape "
                         f"{tuple(rewards.shape)}")
    if baseline == "none":
        return rewards
    if rewards.shape[1] < 2:
        raise ValueError("a group of one answer has nothing to compare it with: draw two or more")
    less = rewards - rewards.mean(1, keepdim=True)
    if baseline == "group":
        return less
    return less / (rewards.std(1, keepdim=True) + least)


def policy_loss(log_probs: Tensor, advantage: Tensor) -> Tensor:
    """Return a loss whose gradient is that of minus the expected reward, for answers just drawn.

    Parameters
    ----------
    log_probs : torch.Tensor
        Of the answers, in nats, shape (N,), with gradients.
    advantage : torch.Tensor
        Shape (N,), or (Q, G) with Q times G equal to N; taken as given.

    Examples
    --------
    >>> policy_loss(torch.tensor([-1.0, -2.0]), torch.tensor([[1.0, -1.0]])).item()
    -0.5
    """
    return -(advantage.detach().flatten() * log_probs).mean()


def straying(log_probs: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """Return how far the policy is from its reference: an estimate of KL in nats per answer.

    Each token adds ``r - 1 - log r`` with ``r = reference / policy``: never negative, and right
    on average over answers that the policy drew.

    Parameters
    ----------
    log_probs, reference, mask : torch.Tensor
        Of the tokens, shape (N, T - 1) each.

    Examples
    --------
    >>> same = torch.tensor([[-1.0, -2.0]])
    >>> straying(same, same, torch.ones(1, 2)).item()
    0.0
    """
    d = reference - log_probs
    return ((d.exp() - 1 - d) * mask).sum(1).mean()
