"""Attention as an explanation: what it weighs, what happens without a token, without its weights.

References
----------
Jain and Wallace, Attention is not Explanation, NAACL 2019, arXiv:1902.10186.
Wiegreffe and Pinter, Attention is not not Explanation, EMNLP 2019, arXiv:1908.04626.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.gpt import model as gpt

#: From the weights of a layer, (B, H, T, T), to those that are used instead.
Change = Callable[[Tensor], Tensor]


@torch.no_grad()
def logits(model: gpt.GPT, tokens: Tensor, change: Change | None = None,
           hidden: Tensor | None = None) -> Tensor:
    """Return a GPT's logits, (B, T, V), with attention that somebody meddles with.

    Parameters
    ----------
    tokens : torch.Tensor
        Shape (B, T).
    change : callable, optional
        What becomes of the weights of each layer.
    hidden : torch.Tensor, optional
        For each row a place, (B,): no other place may look at it, in any layer; -1 for none.

    Examples
    --------
    >>> model = gpt.GPT(gpt.Config(8, n_positions=4, n_layers=1, n_heads=2, d_model=16)).eval()
    >>> tokens = torch.tensor([[1, 2, 3]])
    >>> torch.allclose(logits(model, tokens), model(tokens), atol=1e-6)
    True
    """
    B, T = tokens.shape
    seen = gpt.causal_mask(T, T).expand(B, 1, T, T).clone()
    if hidden is not None:
        rows = (hidden >= 0).nonzero()[:, 0]
        seen[rows, 0, :, hidden[rows]] = False
        seen[rows, 0, hidden[rows], hidden[rows]] = True  # itself it may see
    x = model.embed(tokens)
    for block in model.blocks:
        q, k, v = block.attention.heads(block.norm1(x))
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        weights = scores.masked_fill(~seen, -math.inf).softmax(-1)
        weights = weights if change is None else change(weights)
        x = x + block.attention.out((weights @ v).transpose(1, 2).flatten(2))
        x = x + block.mlp(block.norm2(x))
    return F.linear(model.norm(x), model.token_embedding.weight)


def left_out(model: gpt.GPT, tokens: Tensor) -> Tensor:
    """Return how far the last guess moves when each token is hidden, in turn, (T - 1,).

    Total variation: half the sum of the changes of all chances, from 0 to 1. The last token is
    not hidden: it is where the guess is made.

    Examples
    --------
    >>> model = gpt.GPT(gpt.Config(8, n_positions=4, n_layers=1, n_heads=2, d_model=16)).eval()
    >>> left_out(model, torch.tensor([1, 2, 3, 4])).shape
    torch.Size([3])
    """
    n = len(tokens) - 1
    with_all = logits(model, tokens[None])[0, -1].softmax(-1)
    without = logits(model, tokens.expand(n, -1), hidden=torch.arange(n))[:, -1].softmax(-1)
    return (without - with_all).abs().sum(-1) / 2


def even(weights: Tensor) -> Tensor:
    """Return weights that treat all tokens alike that may be seen.

    Examples
    --------
    >>> even(torch.tensor([[1.0, 0.0], [0.9, 0.1]]))
    tensor([[1.0000, 0.0000],
            [0.5000, 0.5000]])
    """
    T = weights.shape[-1]
    seen = gpt.causal_mask(T, T).to(weights)
    return (seen / seen.sum(-1, keepdim=True)).expand_as(weights)


def shuffled(generator: torch.Generator) -> Change:
    """Return a change that deals the weights of each row out anew among the tokens it may see."""
    def change(weights: Tensor) -> Tensor:
        T = weights.shape[-1]
        later = ~gpt.causal_mask(T, T)
        keys = torch.rand(weights.shape, generator=generator).masked_fill(later, 2.0)
        return weights.gather(-1, keys.argsort(-1))

    return change
