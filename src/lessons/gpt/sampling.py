"""How a GPT writes: it draws the next token, adds it to the text, and reads on.

Shapes in the comments are those of `lessons.gpt.model`.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.gpt.model import GPT, evaluating


def probabilities(logits: Tensor, temperature: float = 1.0, top_k: int | None = None,
                  top_p: float | None = None) -> Tensor:
    """Return the probabilities from which the next token is drawn.

    Parameters
    ----------
    logits : torch.Tensor
        Shape (B, V).
    temperature : float
        Below 1 makes likely tokens likelier, above 1 less so; 0 leaves only the likeliest.
    top_k : int, optional
        Leave only the `top_k` likeliest tokens.
    top_p : float, optional
        Of these, leave only the likeliest ones, as few as have the probability `top_p` together.

    Returns
    -------
    torch.Tensor
        Shape (B, V), each row with the sum 1.

    References
    ----------
    Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020 (top-p).

    Examples
    --------
    >>> logits = torch.tensor([[0.5, 0.1, 0.4]]).log()
    >>> probabilities(logits, top_k=2)
    tensor([[0.5556, 0.0000, 0.4444]])
    """
    check_sampling(temperature, top_k, top_p)
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    logits = logits - logits.amax(-1, keepdim=True)  # 0 at most: no temperature is too small
    p, order = (logits / temperature).softmax(-1).sort(descending=True, stable=True)
    if top_k is not None:
        p[:, top_k:] = 0
        p = p / p.sum(-1, keepdim=True)
    if top_p is not None and top_p < 1:
        p[p.cumsum(-1) - p >= top_p] = 0  # the tokens before it have enough together
        p = p / p.sum(-1, keepdim=True)
    return torch.zeros_like(p).scatter(-1, order, p)  # back in the order of the vocabulary


def check_sampling(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Refuse settings that mean nothing.

    Raises
    ------
    ValueError
        If the temperature is negative or infinite, `top_k` below 1 or `top_p` not in (0, 1].
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is 0 (only the likeliest token) or more, got {temperature}")
    if top_k is not None and not top_k >= 1:
        raise ValueError(f"top_k tokens stay, so it is 1 or more, got {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is a probability above 0, up to 1, got {top_p}")


@torch.no_grad()
def generate(model: GPT, tokens: Tensor, n_new: int, *, temperature: float = 1.0,
             top_k: int | None = None, top_p: float | None = None,
             generator: torch.Generator | None = None, use_cache: bool = True) -> Tensor:
    """Continue texts, token by token.

    Parameters
    ----------
    model : GPT
        Dropout is off meanwhile.
    tokens : torch.Tensor
        How the texts begin, token ids, int64, shape (B, T).
    n_new : int
        How many tokens to add, 0 or more.
    temperature, top_k, top_p
        How to choose them, see `probabilities`.
    generator : torch.Generator, optional
        Draws the tokens; on the model's device.
    use_cache : bool
        Keep keys and values: the same tokens in less time.

    Returns
    -------
    torch.Tensor
        Shape (B, T + n_new). From a text longer than `n_positions` the model reads only the end.

    Raises
    ------
    ValueError
        If a setting or a token is out of range.

    Examples
    --------
    >>> from lessons.gpt.model import Config
    >>> model = GPT(Config(vocab_size=8, n_positions=4, n_layers=1, n_heads=2, d_model=16))
    >>> generate(model, torch.tensor([[1, 2, 3]]), n_new=5).shape
    torch.Size([1, 8])
    """
    check_sampling(temperature, top_k, top_p)
    n_positions, caches = model.config.n_positions, model.new_caches() if use_cache else None
    with evaluating(model):
        for n_tokens in range(tokens.shape[-1], tokens.shape[-1] + n_new):
            if n_tokens > n_positions:
                caches = None  # every token moves to another position: no cached key fits
            start = caches[0].n_tokens if caches else max(0, n_tokens - n_positions)
            logits = model(tokens[..., start:], caches)[:, -1]  # (B, V)
            p = probabilities(logits, temperature, top_k, top_p)
            new = torch.multinomial(p, 1, generator=generator)  # (B, 1)
            tokens = torch.cat([tokens, new], dim=1)  # (B, T) -> (B, T + 1)
    return tokens
