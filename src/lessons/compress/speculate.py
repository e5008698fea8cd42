"""A small model guesses some tokens ahead, the large one checks all of them in one pass.

Shapes: V tokens in the vocabulary, G guesses in a row.

References
----------
Leviathan, Kalman and Matias, Fast Inference from Transformers via Speculative Decoding, ICML 2023,
arXiv:2211.17192.
Chen et al., Accelerating Large Language Model Decoding with Speculative Sampling, 2023,
arXiv:2302.01318.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

Guesser = Callable[[Tensor], Tensor]  # tokens (T,) to probabilities of each next one (T, V)


def check_probabilities(*rows: Tensor) -> None:
    """Refuse rows that are no probabilities.

    Raises
    ------
    ValueError
        If a number is negative or no number, or a row has not the sum 1.
    """
    for p in rows:
        if not (p >= 0).all():  # also refuses what is not a number
            raise ValueError(f"probabilities are 0 or more, got {p.min().item():.3g}")
        if not torch.allclose(p.sum(-1), torch.ones((), dtype=p.dtype), atol=1e-4):
            raise ValueError("the probabilities of a token have the sum 1, got "
                             f"{p.sum(-1).flatten()[0].item():.4g}: are these logits?")


def residual(p: Tensor, q: Tensor) -> Tensor:
    """Return what to draw from after a refusal: the part of p that q leaves out, made to sum 1.

    Parameters
    ----------
    p, q : torch.Tensor
        Probabilities of target and draft, shape (..., V). Where both are equal nothing is ever
        refused, and p is returned.

    Examples
    --------
    >>> residual(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.5, 0.3]))
    tensor([1., 0., 0.])
    """
    check_probabilities(p, q)
    if p.shape != q.shape:
        raise ValueError(f"target and draft share one vocabulary: {p.shape[-1]} is not "
                         f"{q.shape[-1]}")
    left = (p - q).clamp(min=0)
    total = left.sum(-1, keepdim=True)
    return torch.where(total > 0, left / total.clamp(min=1e-30), p)


def acceptance(p: Tensor, q: Tensor) -> Tensor:
    """Return the chance that a guess from q is kept: what p and q have in common, shape (...).

    Examples
    --------
    >>> f"{acceptance(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.5, 0.3])):.1f}"
    '0.7'
    """
    check_probabilities(p, q)
    return torch.minimum(p, q).sum(-1)


def distribution(p: Tensor, q: Tensor) -> Tensor:
    """Return the probabilities of the token that comes out, added up over all that can happen.

    Examples
    --------
    >>> distribution(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.5, 0.3]))
    tensor([0.5000, 0.3000, 0.2000])
    """
    kept = torch.minimum(p, q)  # q(x) min(1, p(x) / q(x))
    return kept + (1 - kept.sum(-1, keepdim=True)) * residual(p, q)


def verify(p: Tensor, q: Tensor, guesses: Tensor, generator: torch.Generator | None = None
           ) -> tuple[Tensor, int]:
    """Keep or refuse guesses from left to right; add one token of the target's own.

    Parameters
    ----------
    p : torch.Tensor
        The target's probabilities before each guess and after the last, shape (G + 1, V).
    q : torch.Tensor
        The draft's, from which the guesses were drawn, shape (G, V).
    guesses : torch.Tensor
        Token ids, shape (G,).

    Returns
    -------
    torch.Tensor
        The tokens that come out, from 1 to G + 1.
    int
        How many guesses were kept.

    Raises
    ------
    ValueError
        If the shapes do not fit, rows are no probabilities, or a guess could not have been drawn.
    """
    if p.shape != (len(guesses) + 1, q.shape[-1]) or len(q) != len(guesses):
        raise ValueError(f"{len(guesses)} guesses need {len(guesses) + 1} rows of the target and "
                         f"{len(guesses)} of the draft, of one vocabulary; got {tuple(p.shape)} "
                         f"and {tuple(q.shape)}")
    check_probabilities(p, q)
    for i, x in enumerate(guesses.tolist()):
        if q[i, x] == 0:
            raise ValueError(f"the draft cannot have drawn token {x}: its probability is 0")
        if torch.rand((), generator=generator) * q[i, x] >= p[i, x]:
            last = torch.multinomial(residual(p[i], q[i]), 1, generator=generator)
            return torch.cat([guesses[:i], last]), i
    last = torch.multinomial(p[-1], 1, generator=generator)
    return torch.cat([guesses, last]), len(guesses)


@dataclass
class Written:
    """A text, and where it comes from.

    Attributes
    ----------
    tokens : torch.Tensor
        Shape (T,).
    passes : list of (int, int)
        For each pass of the target: guesses kept, and tokens added.
    """

    tokens: Tensor
    passes: list[tuple[int, int]] = field(default_factory=list)


@torch.no_grad()
def write(target: Guesser, draft: Guesser, tokens: Tensor, n_new: int, n_guesses: int,
          generator: torch.Generator | None = None) -> Written:
    """Continue a text with guesses of the draft, so that it is distributed as the target's own.

    Parameters
    ----------
    target, draft : callable
        From tokens (T,) to the probabilities of each next token, (T, V).
    tokens : torch.Tensor
        How the text begins, shape (T,) with one token or more.
    n_new : int
        Tokens to add; the last pass may have more, which are left out.
    n_guesses : int
        Of the draft for each pass of the target; 0 is plain sampling.
    """
    if n_guesses < 0 or len(tokens) < 1:
        raise ValueError(f"a text begins with a token or more and takes 0 guesses or more, got "
                         f"{len(tokens)} tokens and {n_guesses} guesses")
    done, end = Written(tokens), len(tokens) + n_new
    while len(done.tokens) < end:
        text, rows = done.tokens, []
        for _ in range(n_guesses):
            rows.append(draft(text)[-1])
            text = torch.cat([text, torch.multinomial(rows[-1], 1, generator=generator)])
        p = target(text)[len(done.tokens) - 1 :]
        q = torch.stack(rows) if rows else p[:0]
        new, kept = verify(p, q, text[len(done.tokens) :], generator)
        done.passes.append((kept, len(new)))
        done.tokens = torch.cat([done.tokens, new])
    done.tokens = done.tokens[:end]
    return done
