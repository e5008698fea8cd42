"""The GPT of `lessons.gpt.model` on numpy alone: how it reads, for a page without PyTorch.

Shapes in the comments are those of `lessons.gpt.model`; of S tokens, T are new.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

Cache = dict[int, tuple[np.ndarray, np.ndarray]]  # of each block: keys, values, (B, H, S, D/H)


class GPT:
    """A GPT that reads, and does not learn.

    Parameters
    ----------
    weights : mapping of str to array_like
        Named and shaped as in ``lessons.gpt.model.GPT(...).state_dict()``.
    n_heads : int
        Attention heads in a block, H.

    Examples
    --------
    >>> from lessons.engine.gpt import first_weights
    >>> model = GPT(first_weights(8, 4, n_layers=1, d_model=16), n_heads=2)
    >>> model([[1, 2, 3]]).shape
    (1, 3, 8)
    """

    def __init__(self, weights: Mapping[str, ArrayLike], n_heads: int):
        self.weights = {name: np.asarray(w) for name, w in weights.items()}
        self.n_heads = n_heads
        self.n_layers = sum(name.endswith("qkv.bias") for name in self.weights)
        self.vocab_size = len(self.weights["token_embedding.weight"])
        self.n_positions, d_model = self.weights["position_embedding.weight"].shape
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(f"n_heads={n_heads} must divide d_model={d_model} evenly")

    def __call__(self, tokens: ArrayLike, cache: Cache | None = None,
                 attention: list[np.ndarray] | None = None) -> np.ndarray:
        """Return the logits of each next token, shape (B, T, V).

        Parameters
        ----------
        tokens : array_like of int
            Token ids, shape (B, T).
        cache : dict, optional
            ``{}`` at first; then `tokens` follow those of the calls before, and are added.
        attention : list, optional
            Gets from each block how it weighs tokens, (B, H, T, S): `lessons.gpt.model` says how.

        Raises
        ------
        ValueError
            If there are more tokens than positions, or a token that is not in the vocabulary.
        """
        tokens, n_past = np.asarray(tokens), cache[0][0].shape[2] if cache else 0
        if tokens.ndim != 2 or not tokens.size or tokens.dtype.kind not in "iu":
            raise ValueError(f"tokens are whole numbers of the shape (B, T), got {tokens.shape}")
        if not 0 <= tokens.min() <= tokens.max() < self.vocab_size:
            raise ValueError(f"token ids go from 0 to {self.vocab_size - 1}, got {tokens.min()} to "
                             f"{tokens.max()}: do tokenizer and model belong together?")
        n_tokens = n_past + tokens.shape[1]
        if n_tokens > self.n_positions:
            raise ValueError(f"{n_tokens} tokens are too many for {self.n_positions} positions: "
                             "cut the text")
        table = self.weights["token_embedding.weight"]
        x = table[tokens] + self.weights["position_embedding.weight"][n_past:n_tokens]  # (B, T, D)
        for i in range(self.n_layers):
            block = f"blocks.{i}"
            x = x + self._attend(self._norm(x, f"{block}.norm1"), i, cache, attention)
            hidden = gelu(self._linear(self._norm(x, f"{block}.norm2"), f"{block}.mlp.up"))
            x = x + self._linear(hidden, f"{block}.mlp.down")
        return self._norm(x, "norm") @ table.T

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        z = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return z * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _attend(self, x: np.ndarray, i: int, cache: Cache | None,
                attention: list[np.ndarray] | None) -> np.ndarray:
        B, T, D = x.shape
        parts = self._linear(x, f"blocks.{i}.attention.qkv").reshape(B, T, 3, self.n_heads, -1)
        q, k, v = parts.transpose(2, 0, 3, 1, 4)  # (B, H, T, D/H) each
        if cache is not None:
            if i in cache:
                k, v = (np.concatenate(pair, axis=2) for pair in zip(cache[i], (k, v), strict=True))
            cache[i] = k, v  # (B, H, S, D/H)
        S = k.shape[2]
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, H, T, S)
        weights = softmax(np.where(np.tri(T, S, S - T, dtype=bool), scores, -np.inf))
        if attention is not None:
            attention.append(weights)
        y = (weights @ v).swapaxes(1, 2).reshape(B, T, D)
        return self._linear(y, f"blocks.{i}.attention.out")


def softmax(x: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis.

    Examples
    --------
    >>> softmax(np.log([1.0, 3.0]))
    array([0.25, 0.75])
    """
    p = np.exp(x - x.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def gelu(x: np.ndarray) -> np.ndarray:
    """Return the activation of GPT-2, as `lessons.engine.nn.gelu` does.

    Examples
    --------
    >>> gelu(np.array([-1.0, 0.0, 3.0])).round(4)
    array([-0.1588,  0.    ,  2.9964])
    """
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
