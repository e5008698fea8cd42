"""A GPT on the engine from scratch, which learns: the model of `lessons.gpt.model`, small.

Shapes in the comments: B texts in a batch, T tokens in each, D numbers for a token, H heads, V
tokens in the vocabulary.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from lessons.engine import sequences as seq
from lessons.engine.tensor import Tensor


def first_weights(vocab_size: int, n_positions: int, n_layers: int, d_model: int, seed: int = 0,
                  dtype: type = np.float32) -> dict[str, np.ndarray]:
    """Draw the first weights of a GPT: as GPT-2 did, whose 0.02 suited its 768 numbers a token.

    Returns
    -------
    dict of str to numpy.ndarray
        Named and shaped as in ``lessons.gpt.model.GPT(...).state_dict()``.

    Examples
    --------
    >>> weights = first_weights(vocab_size=97, n_positions=32, n_layers=2, d_model=28)
    >>> sum(w.size for w in weights.values())
    23212
    """
    rng, D = np.random.default_rng(seed), d_model
    sizes = {"token_embedding": (vocab_size, D), "position_embedding": (n_positions, D)}
    for i in range(n_layers):
        sizes |= {f"blocks.{i}.norm1": (D,), f"blocks.{i}.attention.qkv": (3 * D, D),
                  f"blocks.{i}.attention.out": (D, D), f"blocks.{i}.norm2": (D,),
                  f"blocks.{i}.mlp.up": (4 * D, D), f"blocks.{i}.mlp.down": (D, 4 * D)}
    weights = {}
    for name, shape in (sizes | {"norm": (D,)}).items():
        std = 0.02 * math.sqrt(768 / D)
        if name.endswith(("out", "down")):  # two of a block add to the stream, which keeps its size
            std /= math.sqrt(2 * n_layers)
        weights[f"{name}.weight"] = rng.normal(0, std, shape) if shape[1:] else np.ones(shape)
        if "embedding" not in name:
            weights[f"{name}.bias"] = np.zeros(shape[0])
    return {name: w.astype(dtype) for name, w in weights.items()}


class GPT:
    """A GPT that can be trained with `lessons.engine.optim`.

    Parameters
    ----------
    weights : mapping of str to array_like
        From `first_weights`, or a torch model's ``state_dict()``; they are copied.
    n_heads : int
        Attention heads in a block, H.

    Examples
    --------
    >>> model = GPT(first_weights(8, 4, n_layers=1, d_model=16), n_heads=2)
    >>> model(np.array([[1, 2, 3]])).shape
    (1, 3, 8)
    """

    def __init__(self, weights: Mapping[str, ArrayLike], n_heads: int):
        self.p = {name: Tensor(w) for name, w in weights.items()}
        self.n_heads = n_heads
        self.n_layers = sum(name.endswith("qkv.bias") for name in self.p)
        self.n_positions, d_model = self.p["position_embedding.weight"].shape
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(f"n_heads={n_heads} must divide d_model={d_model} evenly")

    def parameters(self) -> list[Tensor]:
        """Return all weights; the token embedding, which reads and writes, is one."""
        return list(self.p.values())

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as they are now, not copied: `lessons.gpt.on_numpy.GPT` reads them."""
        return {name: p.data for name, p in self.p.items()}

    def __call__(self, tokens: ArrayLike) -> Tensor:
        """Return the logits (B, T, V) of the next tokens, for tokens (B, T).

        Raises
        ------
        ValueError
            If the shape is another one, or the text is too long.
        """
        tokens = np.asarray(tokens)
        if tokens.ndim != 2 or not 1 <= tokens.shape[1] <= self.n_positions:
            raise ValueError("tokens have the shape (B, T) with T from 1 to "
                             f"{self.n_positions}, got {tokens.shape}")
        B, T = tokens.shape
        table = self.p["token_embedding.weight"]
        x = seq.rows(table, tokens) + self.p["position_embedding.weight"][:T]  # (B, T, D)
        x = x.reshape(B * T, -1)  # each token by itself, but in attention
        for i in range(self.n_layers):
            block = f"blocks.{i}"
            x = x + self._attend(self._norm(x, f"{block}.norm1"), f"{block}.attention", B)
            hidden = seq.gelu(self._linear(self._norm(x, f"{block}.norm2"), f"{block}.mlp.up"))
            x = x + self._linear(hidden, f"{block}.mlp.down")
        return (self._norm(x, "norm") @ table.T).reshape(B, T, -1)

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return x @ self.p[f"{name}.weight"].T + self.p[f"{name}.bias"]

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return seq.standardise(x) * self.p[f"{name}.weight"] + self.p[f"{name}.bias"]

    def _attend(self, x: Tensor, name: str, B: int) -> Tensor:
        T, H = x.shape[0] // B, self.n_heads
        parts = self._linear(x, f"{name}.qkv").reshape(B, T, 3, H, -1)
        q, k, v = seq.split(seq.transpose(parts, 2, 0, 3, 1, 4), 3)  # (B, H, T, D/H) each
        scores = q @ k.T * (1 / math.sqrt(q.shape[-1]))  # (B, H, T, T)
        weights = seq.softmax(scores, where=np.tri(T, dtype=bool))
        y = seq.transpose(weights @ v, 0, 2, 1, 3).reshape(B * T, -1)  # (B·T, D)
        return self._linear(y, f"{name}.out")


def loss(model: GPT, tokens: ArrayLike, targets: ArrayLike) -> Tensor:
    """Return the mean cross-entropy in nats per token, of tokens and next tokens (B, T).

    Examples
    --------
    >>> model = GPT(first_weights(1000, 4, n_layers=1, d_model=16), n_heads=2)
    >>> 6.9 < loss(model, [[1, 2, 3, 4]], [[2, 3, 4, 5]]).item() < 7.9  # it guesses: ln 1000 = 6.9
    True
    """
    return seq.cross_entropy(model(tokens), targets)
