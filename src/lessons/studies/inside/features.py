"""Sparse features of the small GPT's stream, and four placebos that know less."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.gpt.text import topics
from lessons.inside import sparse
from lessons.studies.inside import states

LAYER, N_FEATURES, K = 2, 384, 8
N_STEPS, LR, BATCH = 500, 0.004, 256
N_TEXT = 250_000
KINDS = ["features", "random directions", "shuffled numbers", "model that read nothing"]
N_SHOWN, N_CONTEXTS, AROUND = 12, 6, 22


def stream(seed: int, fresh: bool) -> tuple[Tensor, Tensor]:
    """Return the activations after block 2, (n, 96), and where each token stands in the text."""
    model, _ = states.trained(seed, "fresh" if fresh else "learned")
    rows = states.windows(topics().train[:N_TEXT])
    some = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:600]
    H = torch.cat([states.layers(model, part)[LAYER] for part in rows[some].split(200)])
    at = some[:, None] * states.LENGTH + torch.arange(states.LENGTH)
    return (H[:, states.FIRST:].flatten(0, 1), at[:, states.FIRST:].flatten())


def fitted(kind: str, seed: int, H: Tensor) -> tuple[sparse.TopK, Tensor]:
    """Return an autoencoder of one kind, and the activations that it is of."""
    generator = torch.Generator().manual_seed(seed)
    if kind == "shuffled numbers":  # each number keeps its values, and loses its company
        H = torch.stack([h[torch.randperm(len(h), generator=generator)] for h in H.T], 1)
    H = H / (H - H.mean(0)).square().sum(1).mean().sqrt()
    sae = sparse.TopK(H.shape[1], N_FEATURES, K, generator)
    learn = kind != "random directions"
    return sparse.fit(sae, H, N_STEPS, LR, generator, BATCH, learn), H


def kinds_of(at: Tensor) -> dict[str, Tensor]:
    """Return what each token is: its byte, and its last two bytes, as whole numbers."""
    text = topics().train
    return {"byte": text[at], "two bytes": text[at] + 256 * text[at - 1]}


def measured(kind: str, seed: int) -> dict[str, Any]:
    """Fit one kind; return what it explains, how alike its features' tokens are, and some of them.

    The features that are shown are drawn at random among those that fire 20 times or more.
    """
    H, at = stream(seed, kind == "model that read nothing")
    if kind == "shuffled numbers":
        at = at[torch.randperm(len(at), generator=torch.Generator().manual_seed(seed))]
    sae, H = fitted(kind, seed, H)
    with torch.no_grad():
        code = sae.encode(H)
    found = {"explained": sparse.explained(sae, H),
             "alive": int(((code > 0).sum(0) >= 20).sum())}
    for name, values in kinds_of(at).items():
        found[name] = sparse.purity(code, values).mean().item()
    alive = np.flatnonzero(((code > 0).sum(0) >= 20).numpy())
    shown = np.random.default_rng(seed).permutation(alive)[:N_SHOWN]
    found["shown"] = [contexts(code[:, i], at) for i in shown]
    return found


def coordinates(seed: int) -> dict[str, float]:
    """Return how alike the tokens are that have the largest values of each plain coordinate."""
    H, at = stream(seed, fresh=False)
    H = (H - H.mean(0)).relu()
    return {name: sparse.purity(H, values).mean().item() for name, values in kinds_of(at).items()}


def contexts(strength: Tensor, at: Tensor) -> list[str]:
    """Return the text that ends at the tokens that fire a feature most."""
    text = topics().train
    return [bytes(text[int(at[i]) - AROUND + 1: int(at[i]) + 1].tolist()).decode("ascii", "replace")
            for i in strength.topk(N_CONTEXTS).indices]
