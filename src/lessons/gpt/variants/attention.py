"""Other attentions: rotary positions, normalised, with shared or compressed keys, linear in time.

Shapes in the comments: B sequences, T tokens in each, D numbers for a token, H heads, d numbers for
a token in a head.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import Cache, Config, causal_mask


class Attention(nn.Module):
    """Causal self-attention as in GPT-2, in steps that can be changed one by one.

    Parameters
    ----------
    n_kv_heads : int, optional
        Heads of keys and values, which share out the heads of queries; as many as those if not
        given.

    Raises
    ------
    ValueError
        If it does not divide the number of heads.
    """

    def __init__(self, config: Config, n_kv_heads: int | None = None):
        super().__init__()
        H, D = config.n_heads, config.d_model
        n_kv_heads = H if n_kv_heads is None else n_kv_heads
        if n_kv_heads < 1 or H % n_kv_heads:
            raise ValueError(f"n_kv_heads={n_kv_heads} must divide the {H} heads of queries")
        self.d = D // H
        self.sizes = [D, n_kv_heads * self.d, n_kv_heads * self.d]
        self.qkv = nn.Linear(D, sum(self.sizes))
        self.out = nn.Linear(D, D)

    def heads(self, x: Tensor, n_past: int) -> list[Tensor]:
        """Return queries (B, H, T, d), keys and values of tokens after `n_past` others."""
        parts = self.qkv(x).split(self.sizes, dim=2)
        return [part.unflatten(2, (-1, self.d)).transpose(1, 2) for part in parts]

    def unpack(self, k: Tensor, v: Tensor, n_heads: int) -> tuple[Tensor, Tensor]:
        """Return keys and values (B, H, S, d) of what is remembered: shared heads, repeated."""
        times = n_heads // k.shape[1]
        return k.repeat_interleave(times, dim=1), v.repeat_interleave(times, dim=1)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return what the tokens (B, T, D) gather, (B, T, D)."""
        q, k, v = self.heads(x, cache.n_tokens if cache else 0)
        if cache is not None:
            k, v = cache.extend(k, v)
        k, v = self.unpack(k, v, q.shape[1])
        T, S = q.shape[2], k.shape[2]
        mask = causal_mask(T, S, x.device) if 1 < T < S else None
        y = F.scaled_dot_product_attention(q, k, v, mask, is_causal=T == S)
        return self.out(y.transpose(1, 2).flatten(2))  # (B, H, T, d) -> (B, T, D)


def rotate(x: Tensor, n_past: int = 0, base: float = 10_000.0) -> Tensor:
    """Turn pairs of numbers by angles that grow with the position (rotary positions).

    Parameters
    ----------
    x : torch.Tensor
        Queries or keys, shape (..., T, d), d even.
    n_past : int
        The position of the first.
    base : float
        The slowest pair turns about `base` times slower than the fastest.

    Raises
    ------
    ValueError
        If d is odd.

    Examples
    --------
    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]])).round(decimals=2)  # 1 radian a position
    tensor([[1.0000, 0.0000],
            [0.5400, 0.8400]])
    """
    T, d = x.shape[-2:]
    if d % 2:
        raise ValueError(f"rotary positions turn pairs, so a head needs an even width, got {d}")
    speed = base ** (-torch.arange(0, d, 2, device=x.device) / d)  # radians a position, (d/2,)
    angle = torch.arange(n_past, n_past + T, device=x.device)[:, None] * speed
    cos, sin = angle.cos(), angle.sin()  # (T, d/2)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Rotary(Attention):
    """Attention whose scores see how far apart two tokens are."""

    def heads(self, x: Tensor, n_past: int) -> list[Tensor]:
        """Return queries and keys, turned, and values."""
        q, k, v = super().heads(x, n_past)
        return [rotate(q, n_past), rotate(k, n_past), v]


class Normalised(Attention):
    """Attention between queries and keys of one length, with a learned scale for each head."""

    def __init__(self, config: Config):
        super().__init__(config)
        self.scale = nn.Parameter(torch.ones(config.n_heads, 1, 1))

    def heads(self, x: Tensor, n_past: int) -> list[Tensor]:
        """Return queries and keys, normalised, and values."""
        q, k, v = super().heads(x, n_past)
        return [F.rms_norm(q, (self.d,)) * self.scale, F.rms_norm(k, (self.d,)), v]


class Latent(Attention):
    """Attention that remembers for a token a few numbers, from which keys and values are made.

    Parameters
    ----------
    n_latent : int
        How many numbers, for all heads together.
    """

    def __init__(self, config: Config, n_latent: int):
        super().__init__(config)
        D = config.d_model
        self.qkv = nn.Linear(D, D + n_latent)  # queries, and what is remembered
        self.up = nn.Linear(n_latent, 2 * D)
        self.n_latent = n_latent

    def heads(self, x: Tensor, n_past: int) -> list[Tensor]:
        """Return queries, what is remembered as one head (B, 1, T, n_latent), and nothing."""
        q, c = self.qkv(x).split([x.shape[2], self.n_latent], dim=2)
        return [q.unflatten(2, (-1, self.d)).transpose(1, 2), c[:, None], c[:, None, :, :0]]

    def unpack(self, k: Tensor, v: Tensor, n_heads: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values (B, H, S, d) that the latent numbers stand for."""
        k, v = self.up(k[:, 0]).unflatten(2, (2, n_heads, self.d)).unbind(2)
        return k.transpose(1, 2), v.transpose(1, 2)


class Retention(Attention):
    """A linear-time layer: the weight of a token fades with distance, and no softmax follows.

    Head h of H forgets by the factor ``1 - 2 ** -(h + 1)`` a token. So all that it has read fits
    into one d × d matrix, however long the text; `states` reads token by token with it.
    """

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return what the tokens (B, T, D) gather, all at once."""
        if cache is not None:
            raise ValueError("this layer keeps a state, not keys: write without a cache")
        q, k, v = self.heads(x, 0)
        t = torch.arange(q.shape[2], device=x.device)
        distance = (t[:, None] - t).clamp(min=0)  # (T, T)
        weights = q @ k.mT / math.sqrt(self.d) * self.fading(q) ** distance
        y = weights.tril() @ v
        return self.out(F.rms_norm(y, (self.d,)).transpose(1, 2).flatten(2))

    def fading(self, q: Tensor) -> Tensor:
        """Return what a step leaves of the past, (H, 1, 1)."""
        return 1 - 0.5 ** torch.arange(1.0, q.shape[1] + 1, device=q.device)[:, None, None]

    def states(self, x: Tensor) -> Tensor:
        """Return the same, token by token, from a state of fixed size."""
        q, k, v = self.heads(x, 0)  # (B, H, T, d)
        state, out = torch.zeros_like(k[:, :, 0, :, None] * v[:, :, 0, None, :]), []
        for t in range(x.shape[1]):
            state = self.fading(q) * state + k[:, :, t, :, None] * v[:, :, t, None, :]
            out.append((q[:, :, t, None] @ state / math.sqrt(self.d))[:, :, 0])
        y = torch.stack(out, dim=2)
        return self.out(F.rms_norm(y, (self.d,)).transpose(1, 2).flatten(2))
