"""Runs that the first ones asked for: other batches, DPO with a brake, a mask at another rate.

A group needs several answers to one question; imitation does not. So at as many tries it can hear
of more questions.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from lessons.align.answers import answer_log_probs, answer_loss
from lessons.align.preferences import dpo_loss
from lessons.align.rewards import rewards_of
from lessons.gpt.model import GPT
from lessons.studies.alignment import learn, pairs, runs, sums, tensors

N_TRIES = learn.N_QUESTIONS * learn.GROUP  # of an update, whatever its shape


def _batches(model: GPT, n_questions: int, seed: int) -> Iterator[runs.Batch]:
    rng, generator = np.random.default_rng([seed, 2]), torch.Generator().manual_seed(seed)
    n = N_TRIES // n_questions
    for some in sums.drawn(sums.pairs("train"), n_questions, rng):
        tokens = learn.tries(model, some, n, generator)
        said = np.reshape(tensors.answers_in(tokens), (n_questions, n)).tolist()
        yield runs.Batch(tokens, tensors.mask_of(tokens),
                         rewards_of(sums.exact, [sums.question(p) for p in some], said))


def shaped(how: str, n_questions: int, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Learn from 64 tries an update, spread over so many questions.

    Parameters
    ----------
    how : str
        ``"right ones"`` imitates one's own right answers; ``"group, divided"`` compares.

    Raises
    ------
    ValueError
        If the tries cannot be spread evenly.
    """
    if n_questions < 1 or N_TRIES % n_questions:
        raise ValueError(f"{N_TRIES} tries cannot be spread evenly over {n_questions} questions")
    _, ready = learn.start(seed, runs.FOLDER)
    model = copy.deepcopy(ready)

    def imitate(m: GPT, batch: runs.Batch) -> torch.Tensor:
        right = batch.rewards.flatten() > 0
        if not right.any():
            return 0 * answer_log_probs(m, batch.tokens, batch.mask).sum()
        return answer_loss(m, batch.tokens[right], batch.mask[right])

    objective = imitate if how == "right ones" else runs.objective_of(how, 0.0, ready)
    return runs.followed(model, ready, seed, part, lr, _batches(model, n_questions, seed),
                         objective, end=part == "test")


def braked(beta: float, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Learn from strict pairs by DPO's loss, and as much by that of the preferred answers."""
    _, ready = learn.start(seed, runs.FOLDER)
    model, (better, worse) = copy.deepcopy(ready), pairs.judged(ready, "strict", seed)
    masks = tensors.mask_of(better), tensors.mask_of(worse)
    with torch.no_grad():
        known = [answer_log_probs(ready, rows, mask)
                 for rows, mask in zip((better, worse), masks, strict=True)]
    generator = torch.Generator().manual_seed(seed)

    def some() -> Iterator[torch.Tensor]:
        while True:
            yield torch.randint(len(better), (32,), generator=generator)

    def objective(m: GPT, i: torch.Tensor) -> torch.Tensor:
        now = [answer_log_probs(m, rows[i], mask[i])
               for rows, mask in zip((better, worse), masks, strict=True)]
        imitated = -now[0].sum() / masks[0][i].sum()
        return imitated + dpo_loss((now[0], now[1]), (known[0][i], known[1][i]), beta)

    return runs.followed(model, ready, seed, part, lr, some(), objective, end=part == "test")


def masked(lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Show answers with the mask that is one place early, at a rate that suits the right one."""
    return runs.masked("one early", lr, seed, part)
