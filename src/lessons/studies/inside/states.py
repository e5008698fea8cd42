"""A small GPT and what its layers hold; a task for probes: bytes between quotation marks."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lessons.gpt import model as gpt
from lessons.gpt.text import topics
from lessons.inside import attention, probes
from lessons.studies import trial

N_STEPS = 250
FOLDER = Path("_build/inside")
LENGTH, FIRST = 96, 32  # bytes in a window; the first that is looked at
N_EACH = {"train": 2000, "test": 800}  # tokens inside, and as many outside


class EvenAttention(gpt.Attention):
    """Attention that cannot choose: all tokens before count alike."""

    def forward(self, x: Tensor, cache: object = None) -> Tensor:
        """Return what the tokens (B, T, D) gather."""
        v = self.heads(x)[2]
        T = x.shape[1]
        weights = attention.even(torch.ones(T, T, device=x.device))
        return self.out((weights @ v).transpose(1, 2).flatten(2))


def even_small() -> gpt.GPT:
    """Return the small GPT of `trial` with attention that cannot choose."""
    model = trial.small()
    for block in model.blocks:
        block.attention = EvenAttention(model.config)
    gpt.initialise(model)
    return trial.enlarged(model, (768 / 96) ** 0.5)


def chosen_small() -> gpt.GPT:
    """Return the small GPT of `trial`, with first weights as large."""
    return trial.enlarged(trial.small(), (768 / 96) ** 0.5)


BUILDS = {"learned": chosen_small, "even": even_small}


def trained(seed: int, kind: str = "learned", lr: float = 0.003) -> tuple[gpt.GPT, float]:
    """Return a GPT and its nats per byte of held-out text; one that was trained before is read.

    Parameters
    ----------
    kind : {"learned", "even", "fresh"}
        Whether its attention can choose; "fresh" has learned nothing.
    """
    if kind == "fresh":
        torch.manual_seed(seed)
        return chosen_small().eval(), float("nan")
    path = FOLDER / f"{kind}-{seed}-{lr:g}-{N_STEPS}.pt"
    if not path.exists():
        run = trial.train(replace(trial.Recipe(), build=BUILDS[kind], lr=lr), seed=seed,
                          n_steps=N_STEPS)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"state": run.model.state_dict(), "nats": run.nats}, path)
    kept = torch.load(path)
    model = BUILDS[kind]()
    model.load_state_dict(kept["state"])
    return model.eval(), kept["nats"]


def windows(text: Tensor) -> Tensor:
    """Return a text cut into windows of 96 bytes, (n, 96)."""
    return text[: len(text) // LENGTH * LENGTH].view(-1, LENGTH)


@torch.no_grad()
def layers(model: gpt.GPT, rows: Tensor) -> Tensor:
    """Return the stream of tokens before the first block and after each, (L + 1, B, T, D)."""
    x = model.embed(rows)
    found = [x]
    for block in model.blocks:
        x = block(x)
        found.append(x)
    return torch.stack(found)


def inside_marks(data: bytes) -> np.ndarray:
    """Return for each byte whether it stands between two double quotation marks of a paragraph.

    Examples
    --------
    >>> inside_marks(b'a "bc" d').astype(int).tolist()
    [0, 0, 0, 1, 1, 0, 0, 0]
    """
    inside, found = False, np.zeros(len(data), bool)
    for i, byte in enumerate(data):
        if byte == ord('"'):
            inside = not inside
        elif byte == ord("\n") and data[i - 1: i] == b"\n":
            inside = False
        else:
            found[i] = inside
    return found


@cache
def places(seed: int) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Draw tokens to probe: for training and test their windows, places, and labels.

    As many stand between quotation marks as not; the windows of the test are others.
    """
    text = topics().train[: 250_000]
    rows = windows(text)
    marks = torch.tensor(inside_marks(bytes(text.tolist()))[: rows.numel()]).view(rows.shape)
    rng = np.random.default_rng(seed)
    order = torch.tensor(rng.permutation(len(rows)))
    cut = len(order) * 2 // 3
    found = {}
    for part, some in (("train", order[:cut]), ("test", order[cut:])):
        w = some[:, None].expand(-1, LENGTH - FIRST).flatten()
        t = torch.arange(FIRST, LENGTH).expand(len(some), -1).flatten()
        keep = rows[w, t] != ord('"')
        w, t = w[keep], t[keep]
        y = marks[w, t]
        chosen = np.concatenate([rng.permutation(np.flatnonzero(y == side))[: N_EACH[part]]
                                 for side in (False, True)])
        found[part] = w[chosen], t[chosen], y[chosen].long()
    return found


def last_bytes(w: Tensor, t: Tensor, n: int = 3) -> list[bytes]:
    """Return the last n bytes up to each place: what a probe could know without any context."""
    rows = windows(topics().train[: 250_000])
    return [bytes(rows[i, j - n + 1: j + 1].tolist()) for i, j in zip(w, t, strict=True)]


def by_counting(seed: int, n: int = 3) -> float:
    """Return how well the last n bytes alone tell it, by the majority of the training tokens."""
    part = places(seed)
    votes: dict[bytes, int] = {}
    w, t, y = part["train"]
    for kind, label in zip(last_bytes(w, t, n), y.tolist(), strict=True):
        votes[kind] = votes.get(kind, 0) + 2 * label - 1
    w, t, y = part["test"]
    guess = [votes.get(kind, 0) > 0 for kind in last_bytes(w, t, n)]
    return float((np.array(guess) == y.numpy().astype(bool)).mean())


def probed(model: gpt.GPT, seed: int, hidden: int) -> dict[str, list[float]]:
    """Return the accuracy of a probe at each layer, on the task and on its control."""
    rows, part = windows(topics().train[: 250_000]), places(seed)
    both = [kind for p in ("train", "test") for kind in last_bytes(*part[p][:2])]
    coins = torch.tensor(probes.control_labels(both, 0.5, seed)).long()
    n = len(part["train"][2])
    labels = {"task": (part["train"][2], part["test"][2]), "control": (coins[:n], coins[n:])}
    H = {}
    for p, (w, t, _) in part.items():
        used = w.unique()
        at = torch.searchsorted(used, w)
        H[p] = torch.cat([layers(model, rows[some]) for some in used.split(256)], 1)[:, at, t]
    return {name: [probes.accuracy(probes.fit(H["train"][k], y, hidden, 150, lr=0.02,
                                              seed=seed),
                                   H["test"][k], y_test) for k in range(len(H["train"]))]
            for name, (y, y_test) in labels.items()}
