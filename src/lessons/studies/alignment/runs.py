"""The runs of the study: each takes a start, a seed and a rate, and returns what JSON can hold.

All that learn by trying draw as many answers: `learn.N_QUESTIONS` times `learn.GROUP` an update.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.align.answers import answer_log_probs, answer_loss, token_log_probs
from lessons.align.rewards import advantages, policy_loss, rewards_of, straying
from lessons.gpt.model import GPT
from lessons.studies.alignment import learn, sums, tensors
from lessons.train.finetune import finetune

N_UPDATES, EVERY = 120, 20
CHECKERS: dict[str, Callable[[str, str], float]] = {"exact": sums.exact, "lenient": sums.lenient}
FOLDER = Path("_build/alignment/starts")  # weights that runs of a seed share


@dataclass
class Batch:
    """Answers that were just drawn: tokens (N, T), mask (N, T - 1), rewards (Q, G)."""

    tokens: Tensor
    mask: Tensor
    rewards: Tensor


def batches(model: GPT, reward: Callable[[Tensor], Tensor], seed: int) -> Iterator[Batch]:
    """Yield answers of the model as it is, to questions to learn from, with their rewards."""
    rng, generator = np.random.default_rng([seed, 2]), torch.Generator().manual_seed(seed)
    for some in sums.drawn(sums.pairs("train"), learn.N_QUESTIONS, rng):
        tokens = learn.tries(model, some, learn.GROUP, generator)
        yield Batch(tokens, tensors.mask_of(tokens), reward(tokens))


def by_program(checker: str) -> Callable[[Tensor], Tensor]:
    """Return a reward from a program of `CHECKERS`, for tokens (Q times G, T)."""
    def reward(tokens: Tensor) -> Tensor:
        answers = tensors.answers_in(tokens)
        asked = [sums.decode(row[: sums.N_PROMPT]) for row in tokens.tolist()]
        groups = [answers[i : i + learn.GROUP] for i in range(0, len(answers), learn.GROUP)]
        return rewards_of(CHECKERS[checker], asked[:: learn.GROUP], groups)
    return reward


def without_meaning(kind: str, seed: int) -> Callable[[Tensor], Tensor]:
    """Return a placebo: a toss of a coin, or the true rewards shuffled in each group."""
    generator, true = torch.Generator().manual_seed(77 + seed), by_program("exact")

    def reward(tokens: Tensor) -> Tensor:
        rewards = true(tokens)
        if kind == "coin":
            return torch.randint(2, rewards.shape, generator=generator).float()
        order = torch.rand(rewards.shape, generator=generator).argsort(1)
        return rewards.gather(1, order)
    return reward


def by_model(judge: torch.nn.Module) -> Callable[[Tensor], Tensor]:
    """Return a reward from a reward model."""
    def reward(tokens: Tensor) -> Tensor:
        with torch.no_grad():
            return judge(tokens, last_of(tokens)).view(-1, learn.GROUP)
    return reward


def last_of(tokens: Tensor) -> Tensor:
    """Return the place of each answer's last token, (N,)."""
    places = torch.arange(1, tokens.shape[1])
    return (tensors.mask_of(tokens) * places).amax(1)


def objective_of(baseline: str, beta: float, reference: GPT, shift: float = 0.0
                 ) -> Callable[[GPT, Batch], Tensor]:
    """Return what reinforcement makes small: the policy's loss, and the price of straying."""
    def objective(model: GPT, batch: Batch) -> Tensor:
        found = token_log_probs(model, batch.tokens)
        logp = (found * batch.mask).sum(1)
        loss = policy_loss(logp, advantages(batch.rewards + shift, baseline))
        if beta:
            with torch.no_grad():
                known = token_log_probs(reference, batch.tokens)
            loss = loss + beta * straying(found, known, batch.mask)
        return loss
    return objective


def followed(model: GPT, ready: GPT, seed: int, part: str, lr: float, some: Iterator[Any],
             objective: Callable[[Any, Any], Tensor],
             judge: Callable[[Tensor], Tensor] | None = None, end: bool = False) -> dict[str, Any]:
    """Train, look at the model on its way, and return the looks."""
    looks: list[dict[str, Any]] = []

    def look(step: int) -> None:
        looks.append({"step": step} | learn.measured(model, ready, part, seed, judge))

    finetune(model, some, objective, lr=lr, n_steps=N_UPDATES, look=look, every=EVERY)
    return {"looks": looks} | (learn.finished(model, seed) if end else {})


def begun(seed: int) -> dict[str, Any]:
    """Return how the model does that has read sheets, and after a few answers of its writers."""
    base, ready = learn.start(seed, FOLDER)
    return {name: {"look": learn.measured(model, base, "test", seed)} | learn.finished(model, seed)
            for name, model in (("base", base), ("ready", ready))}


def masked(mask: str, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Show some answers of its writers to the model that has read sheets, with a mask."""
    base, _ = learn.start(seed, FOLDER)
    model = copy.deepcopy(base)
    curve = learn.shown(model, seed, mask, lr)
    return {"look": learn.measured(model, base, part, seed), "loss": round(curve[-1], 4)}


def reinforced(reward: str, baseline: str, beta: float, lr: float, seed: int, part: str = "test",
               shift: float = 0.0) -> dict[str, Any]:
    """Learn from rewards: of a program (``"exact"``, ``"lenient"``), or of a placebo."""
    _, ready = learn.start(seed, FOLDER)
    model = copy.deepcopy(ready)
    say = by_program(reward) if reward in CHECKERS else without_meaning(reward, seed)
    return followed(model, ready, seed, part, lr, batches(model, say, seed),
                    objective_of(baseline, beta, ready, shift),
                    end=part == "test" and reward == "exact" and not beta)


def imitated(lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Imitate those of the model's own answers that are right, and forget the others."""
    _, ready = learn.start(seed, FOLDER)
    model = copy.deepcopy(ready)

    def objective(m: GPT, batch: Batch) -> Tensor:
        right = batch.rewards.flatten() > 0
        if not right.any():
            return 0 * answer_log_probs(m, batch.tokens, batch.mask).sum()
        return answer_loss(m, batch.tokens[right], batch.mask[right])

    return followed(model, ready, seed, part, lr, batches(model, by_program("exact"), seed),
                    objective, end=part == "test")


def taught(lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Imitate the right answers, which a program writes down, to as many questions."""
    _, ready = learn.start(seed, FOLDER)
    model, rng = copy.deepcopy(ready), np.random.default_rng([seed, 2])
    some = (tensors.rows([f"{sums.question(p)}{sum(p)}." for p in found]) for found in
            sums.drawn(sums.pairs("train"), learn.N_QUESTIONS * learn.GROUP, rng))
    return followed(model, ready, seed, part, lr, some,
                    lambda m, rows: answer_loss(m, rows, tensors.mask_of(rows)), end=part == "test")


def distilled(how: str, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Learn from a teacher's guesses at every token: on own answers, on the teacher's, or none.

    Parameters
    ----------
    how : str
        ``"own answers"``, ``"teacher's answers"``, or the placebo ``"no teacher"``: on own
        answers, but the teacher is the model that we start from.
    """
    _, ready = learn.start(seed, FOLDER)
    teacher = ready if how == "no teacher" else learn.teacher(FOLDER)
    model = copy.deepcopy(ready)
    writer = teacher if how == "teacher's answers" else model

    def objective(m: GPT, batch: Batch) -> Tensor:
        mine = m(batch.tokens[:, :-1]).log_softmax(-1)
        with torch.no_grad():
            theirs = teacher(batch.tokens[:, :-1]).log_softmax(-1)
        p, q = (theirs, mine) if how == "teacher's answers" else (mine, theirs)
        gap = (p.exp() * (p - q)).sum(-1)
        return (gap * batch.mask).sum() / batch.mask.sum()

    return followed(model, ready, seed, part, lr, batches(writer, by_program("exact"), seed),
                    objective, end=part == "test")
