"""A model, its tries, and how it is measured: what all runs of the study share."""

import copy
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.align.answers import answer_loss, token_log_probs
from lessons.gpt.model import GPT, Config, loss
from lessons.gpt.sampling import probabilities
from lessons.studies.alignment import sums, tensors
from lessons.studies.alignment.plan import N_MEASURED, N_TRIES
from lessons.studies.schedules import cosine
from lessons.studies.trial import enlarged
from lessons.train.finetune import finetune

WIDTH, N_STEPS, BATCH, LR = 48, 650, 32, 0.005  # of pre-training
N_SHEETS = 12_000
N_SHOWN, SHOWN_STEPS, SHOWN_LR = 64, 40, 0.001  # answers that teach the form
N_QUESTIONS, GROUP = 8, 8  # of one update


def build(seed: int) -> GPT:
    """Return a small GPT, its first matrices four times as large as GPT-2's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPT(Config(len(sums.CHARS), n_positions=16, n_layers=2, n_heads=3, d_model=WIDTH))
    enlarged(model, 4)
    return model


def _rows(data: Tensor, size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield data[torch.randint(len(data), (size,), generator=generator)]


def pretrained(seed: int, n_steps: int = N_STEPS) -> tuple[GPT, list[float]]:
    """Return a model that has read sheets, and its curve of losses."""
    model, data = build(seed), tensors.sheets(N_SHEETS, seed)
    curve = finetune(model, _rows(data, BATCH, seed), lambda m, x: loss(m, x[:, :-1], x[:, 1:]),
                     lr=LR, n_steps=n_steps, schedule=cosine)
    return model, curve


def shown(model: GPT, seed: int, mask: str = "answers", lr: float = SHOWN_LR,) -> list[float]:
    """Fine-tune a model on some questions that the writers answered; return the curve.

    Parameters
    ----------
    mask : str
        What the loss is about: ``"answers"``, ``"everything"``, or ``"one early"``, where each
        place of the mask is meant for the next token: the answer's end is left out.
    """
    rng = np.random.default_rng([seed, 1])
    some = next(sums.drawn(sums.pairs("train"), N_SHOWN, rng))
    data = tensors.rows([sums.question(p) + sums.written(p, rng) for p in some])

    def objective(m: GPT, rows: Tensor) -> Tensor:
        marks = tensors.mask_of(rows)
        if mask == "one early":
            marks = torch.cat([marks[:, 1:], torch.zeros_like(marks[:, :1])], dim=1)
        if mask == "everything":
            marks = marks.clone()
            marks[:, : sums.N_PROMPT - 1] = True
        return answer_loss(m, rows, marks)

    return finetune(model, _rows(data, 32, seed), objective, lr=lr, n_steps=SHOWN_STEPS)


def start(seed: int, folder: Path | None = None) -> tuple[GPT, GPT]:
    """Return the model that has read sheets, and the same after a few answers of its writers.

    Parameters
    ----------
    folder : Path, optional
        Keeps the weights, so that every method of a seed starts from the same ones.
    """
    path = folder / f"start-{seed}-{_key()}.pt" if folder else None
    if path and path.exists():
        states = torch.load(path, weights_only=True)
    else:
        base, _ = pretrained(seed)
        ready = copy.deepcopy(base)
        shown(ready, seed)
        states = [base.state_dict(), ready.state_dict()]
        if path:
            _keep(states, path)
    models = [build(seed), build(seed)]
    for model, state in zip(models, states, strict=True):
        model.load_state_dict(state)
    return models[0], models[1]


def _key() -> str:
    """Return what tells weights of this code from those of another."""
    text = b"".join(Path(file).read_bytes() for file in (__file__, sums.__file__, tensors.__file__))
    return hashlib.sha256(text).hexdigest()[:12]


def _keep(weights: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".new")
    torch.save(weights, half)
    half.replace(path)  # whoever is killed leaves no half file


def teacher(folder: Path | None = None, seed: int = 9, n_steps: int = 300) -> GPT:
    """Return a model of the same size, from another seed, that was shown many right answers."""
    path, model = (folder / f"teacher-{_key()}.pt" if folder else None), build(seed)
    if path and path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model
    _, ready = start(seed, folder)
    data = tensors.rows([f"{sums.question(p)}{sum(p)}." for p in sums.pairs("train")])
    finetune(ready, _rows(data, 64, seed), lambda m, x: answer_loss(m, x, tensors.mask_of(x)),
             lr=0.002, n_steps=n_steps)
    if path:
        _keep(ready.state_dict(), path)
    return ready


@torch.no_grad()
def tries(model: GPT, some: Sequence[sums.Pair], n: int, generator: torch.Generator,
          temperature: float = 1.0) -> Tensor:
    """Return n answers to each question, drawn from the model, (questions times n, T).

    As `lessons.gpt.sampling.generate`, but it stops when all answers have ended.
    """
    tokens = tensors.prompts(some).repeat_interleave(n, dim=0)
    caches, ended, last = model.new_caches(), torch.zeros(len(tokens), dtype=torch.bool), tokens
    for _ in range(sums.N_NEW):
        p = probabilities(model(last, caches)[:, -1], temperature)
        last = torch.multinomial(p, 1, generator=generator)
        tokens = torch.cat([tokens, last], dim=1)
        ended |= torch.isin(last[:, 0], torch.tensor(sums.ENDS))
        if ended.all():
            break
    return tokens


def nats_away(model: GPT, reference: GPT, tokens: Tensor) -> float:
    """Return KL from the reference in nats per answer, from answers that the model drew."""
    mask = tensors.mask_of(tokens)
    with torch.no_grad():
        gap = token_log_probs(model, tokens) - token_log_probs(reference, tokens)
    return float((gap * mask).sum(1).mean())


def measured(model: GPT, reference: GPT, part: str, seed: int,
             judge: Callable[[Tensor], Tensor] | None = None) -> dict[str, Any]:
    """Return how a model does on questions it has not seen, with four tries at each.

    Parameters
    ----------
    part : str
        ``"tune"`` to choose a rate by, ``"test"`` to report.
    judge : callable, optional
        From tokens to scores, whose mean is then told as ``"reward"``.
    """
    some, generator = sums.pairs(part)[:N_MEASURED], torch.Generator().manual_seed(1000 + seed)
    rows = tries(model, some, 4, generator)
    answers, asked = tensors.answers_in(rows), [sums.question(p) for p in some for _ in range(4)]
    both = list(zip(asked, answers, strict=True))
    told = {} if judge is None else {"reward": _mean(judge(rows).flatten())}
    return told | {"truth": _mean(sums.exact(q, a) for q, a in both),
            "lenient": _mean(sums.lenient(q, a) for q, a in both),
            "stops": _mean(a.endswith(".") for a in answers),
            "blank": _mean(a == "" for a in answers),
            "numbers": _mean(len(a.split(",")) for a in answers),
            "chars": _mean(len(a) for a in answers),
            "nats": round(nats_away(model, reference, rows), 4),
            "said": [q + a for q, a in both[:12:4]]}


def finished(model: GPT, seed: int) -> dict[str, Any]:
    """Return what is measured once, in the end: right ones of many tries, and without chance."""
    some, generator = sums.pairs("test")[:N_MEASURED], torch.Generator().manual_seed(2000 + seed)
    out: dict[str, Any] = {}
    for name, n, temperature in (("right", N_TRIES, 1.0), ("greedy", 1, 0.0)):
        answers = tensors.answers_in(tries(model, some, n, generator, temperature))
        rights = [sums.exact(sums.question(some[i // n]), a) for i, a in enumerate(answers)]
        out[name] = np.reshape(rights, (-1, n)).sum(1).astype(int).tolist()
    return out | {"greedy": _mean(out["greedy"])}


def _mean(values: Any) -> float:
    found = [float(v) for v in values]
    return round(sum(found) / len(found), 4) if found else math.nan
