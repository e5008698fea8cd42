"""Preferences: pairs of the model's own answers, a reward model that learns from them, and DPO."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.align.answers import answer_log_probs, answer_loss
from lessons.align.preferences import RewardModel, dpo_loss, preference_loss
from lessons.align.tries import most_given
from lessons.gpt.model import GPT
from lessons.studies.alignment import learn, runs, sums, tensors
from lessons.studies.alignment.plan import JUDGES, N_ASKED, N_EACH
from lessons.train.finetune import finetune

VOTES = (1, 2, 4, 8, 16, 32, 64)
JUDGE_STEPS, JUDGE_LR, JUDGE_BATCH = 120, 0.002, 32


def likes(judge: str, asked: str, answer: str) -> float:
    """Return how much a judge likes an answer.

    Parameters
    ----------
    judge : str
        ``"strict"`` likes right answers. ``"hurried"`` looks only whether the sum is somewhere in
        the answer, and among equals likes the longer one.

    Raises
    ------
    ValueError
        If there is no such judge.

    Examples
    --------
    >>> likes("hurried", "37+48=", "84,85.") > likes("hurried", "37+48=", "85.")
    True
    """
    if judge not in JUDGES:
        raise ValueError(f"judges are {', '.join(JUDGES)}, got {judge!r}")
    if judge == "strict":
        return sums.exact(asked, answer)
    return sums.lenient(asked, answer) + 0.01 * len(answer)


def judged(model: GPT, judge: str, seed: int, n_asked: int = N_ASKED) -> tuple[Tensor, Tensor]:
    """Return pairs of answers to the same question, those preferred and the others, (N, T) each."""
    rng, generator = np.random.default_rng([seed, 3]), torch.Generator().manual_seed(300 + seed)
    some = next(sums.drawn(sums.pairs("train"), n_asked, rng))
    rows = learn.tries(model, some, N_EACH, generator)
    answers, better, worse = tensors.answers_in(rows), [], []
    for i, pair in enumerate(some):
        found: dict[str, int] = {}  # each different answer once, by the row where it stands
        for k in range(i * N_EACH, (i + 1) * N_EACH):
            found.setdefault(answers[k], k)
        worth = {k: likes(judge, sums.question(pair), a) for a, k in found.items()}
        both = [(a, b) for a in worth for b in worth if worth[a] > worth[b]]
        for j in rng.permutation(len(both))[:4]:
            better.append(both[j][0])
            worse.append(both[j][1])
    return rows[better], rows[worse]


def reward_model(ready: GPT, judge: str, seed: int, n_asked: int = N_ASKED
                 ) -> tuple[RewardModel, dict[str, Any]]:
    """Train a reward model on a judge's pairs; return it and how it judges unseen answers."""
    better, worse = judged(ready, judge, seed, n_asked)
    model, generator = RewardModel(copy.deepcopy(ready)), torch.Generator().manual_seed(seed)

    def some() -> Iterator[Tensor]:
        while True:
            yield torch.randint(len(better), (JUDGE_BATCH,), generator=generator)

    def objective(m: RewardModel, i: Tensor) -> Tensor:
        return preference_loss(m(better[i], runs.last_of(better[i])),
                               m(worse[i], runs.last_of(worse[i])))

    finetune(model, some(), objective, lr=JUDGE_LR, n_steps=JUDGE_STEPS)
    return model, {"pairs": len(better)} | tested(model)


def tested(judge: RewardModel, part: str = "test") -> dict[str, Any]:
    """Return the mean scores of five kinds of answers to unseen questions, and who is preferred."""
    some = sums.pairs(part)
    kinds = {"right": "{s}.", "wrong": "{w}.", "far wrong": "{f}.", "right among two": "{w},{s}.",
             "wrong twice": "{w},{v}."}
    scores = {}
    for name, form in kinds.items():
        rows = tensors.rows([sums.question(p) + form.format(
            s=sum(p), w=sum(p) + 1, v=sum(p) - 1, f=(sum(p) + 37) % 100 + 10) for p in some])
        with torch.no_grad():
            scores[name] = judge(rows, runs.last_of(rows)).numpy()
    return {"scores": {k: round(float(v.mean()), 3) for k, v in scores.items()},
            "right over": {k: round(float((scores["right"] > v).mean()), 3)
                           for k, v in scores.items() if k != "right"}}


def by_judge(judge: str, n_asked: int, beta: float, lr: float, seed: int, part: str = "test"
             ) -> dict[str, Any]:
    """Learn from the rewards of a reward model; tell its reward beside the truth."""
    _, ready = learn.start(seed, runs.FOLDER)
    scorer, about = reward_model(ready, judge, seed, n_asked)
    model, say = copy.deepcopy(ready), runs.by_model(scorer)
    found = runs.followed(model, ready, seed, part, lr, runs.batches(model, say, seed),
                          runs.objective_of("group, divided", beta, ready), say)
    return found | {"judge": about}


def scored(judge: str, n_asked: int, seed: int) -> dict[str, Any]:
    """Return many tries of the model as it starts: scores of a reward model, truths, answers."""
    _, ready = learn.start(seed, runs.FOLDER)
    scorer, about = reward_model(ready, judge, seed, n_asked)
    some = sums.pairs("test")[: learn.N_MEASURED]
    generator = torch.Generator().manual_seed(9 + seed)
    rows = learn.tries(ready, some, learn.N_TRIES, generator)
    with torch.no_grad():
        scores = scorer(rows, runs.last_of(rows)).view(-1, learn.N_TRIES).numpy()
    answers = tensors.answers_in(rows)
    groups = [answers[i : i + learn.N_TRIES] for i in range(0, len(answers), learn.N_TRIES)]
    asked = [sums.question(pair) for pair in some]
    return {"scores": [[round(float(x), 2) for x in row] for row in scores],
            "truth": ["".join(str(int(sums.exact(q, a))) for a in group)
                      for q, group in zip(asked, groups, strict=True)],
            "greedy": learn.finished(ready, seed)["greedy"],
            "vote": {str(n): voted(asked, groups, n, seed) for n in VOTES}, "judge": about}


def voted(asked: list[str], groups: list[list[str]], n: int, seed: int) -> float:
    """Return how often the answer given most often among n tries is right."""
    rng, right = np.random.default_rng([seed, 4]), []
    for asked_one, group in zip(asked, groups, strict=True):
        for _ in range(20):
            some = [group[i] for i in rng.choice(len(group), n, replace=False)]
            right.append(sums.exact(asked_one, most_given(some)))
    return round(float(np.mean(right)), 4)


def preferred(how: str, beta: float, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Learn from strict pairs: by DPO, or by imitating the answers that are preferred.

    Returns
    -------
    dict
        The looks, with the log-probabilities of answers preferred and not, less those at the
        start, in nats.
    """
    _, ready = learn.start(seed, runs.FOLDER)
    model = copy.deepcopy(ready)
    better, worse = judged(ready, "strict", seed)
    masks = tensors.mask_of(better), tensors.mask_of(worse)
    with torch.no_grad():
        known = tuple(answer_log_probs(ready, rows, mask)
                      for rows, mask in zip((better, worse), masks, strict=True))
    generator, moved = torch.Generator().manual_seed(seed), []

    def some() -> Iterator[Tensor]:
        while True:
            yield torch.randint(len(better), (32,), generator=generator)

    def objective(m: GPT, i: Tensor) -> Tensor:
        if how == "imitate":
            return answer_loss(m, better[i], masks[0][i])
        now = tuple(answer_log_probs(m, rows[i], mask[i])
                    for rows, mask in zip((better, worse), masks, strict=True))
        return dpo_loss((now[0], now[1]), (known[0][i], known[1][i]), beta)

    def after(step: int) -> None:
        with torch.no_grad():
            now = [float((answer_log_probs(model, rows, mask) - old).mean()) for rows, mask, old in
                   zip((better, worse), masks, known, strict=True)]
        moved.append([step, round(now[0], 3), round(now[1], 3)])
        looks.append({"step": step} | learn.measured(model, ready, part, seed))

    looks: list[dict[str, Any]] = []
    finetune(model, some(), objective, lr=lr, n_steps=runs.N_UPDATES, look=after, every=runs.EVERY)
    return {"looks": looks, "moved": moved, "pairs": len(better)}
