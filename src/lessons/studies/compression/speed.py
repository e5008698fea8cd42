"""How long a product takes when its matrix is made smaller, on one core of this machine.

``times()`` measures here; the record has what one machine gave. Processor time, so that other work
on the machine counts little, and every kind in turns with the dense product.
"""

import statistics
import time
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from lessons.compress.prune import largest
from lessons.compress.quantise import quantise

Product = Callable[[Tensor], Tensor]


def products(n: int, generator: torch.Generator) -> dict[str, Product]:
    """Return ways to multiply by an n × n matrix; each takes activations (N, n).

    Examples
    --------
    >>> ways = products(64, torch.Generator().manual_seed(0))
    >>> ways["half of the outputs"](torch.ones(2, 64)).shape
    torch.Size([2, 32])
    """
    w = torch.randn(n, n, generator=generator)
    q = quantise(w)
    half, thin, wide = w[: n // 2].clone(), w[: n // 16].clone(), w[:, : n // 16].clone()
    found: dict[str, Product] = {"dense": lambda x: x @ w.T}
    zeros = w * largest(w.abs(), 0.9)
    found["90 % zeros, stored"] = lambda x: x @ zeros.T
    for share in (0.5, 0.9, 0.99):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says that sparse rows are new
            rows = (w * largest(w.abs(), share)).to_sparse_csr()
        found[f"{100 * share:.0f} % zeros, left out"] = lambda x, rows=rows: (rows @ x.T).T
    found["half of the outputs"] = lambda x: x @ half.T
    found["rank n / 16"] = lambda x: (x @ thin.T) @ wide.T
    found["8 bits, made long first"] = lambda x: x @ (q.codes * q.scale).T
    return found


def times(n: int = 1024, batches: tuple[int, ...] = (1, 16, 256), repeats: int = 9
          ) -> dict[int, dict[str, float]]:
    """Return times as multiples of the dense product's, by rows of activations.

    Raises
    ------
    ValueError
        If the matrix is smaller than 16 × 16.

    Examples
    --------
    >>> times(64, (1,), repeats=1)[1]["dense"]
    1.0
    """
    if n < 16:
        raise ValueError(f"a matrix of {n} × {n} takes no time that could be measured: 16 or more")
    generator = torch.Generator().manual_seed(0)
    ways, out = products(n, generator), {}
    for rows in batches:
        x = torch.randn(rows, n, generator=generator)
        calls = max(1, round(2e8 / (2 * n * n * rows)))
        seen: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(repeats + 1):
            for name, way in ways.items():
                start = time.process_time()
                for _ in range(calls):
                    way(x)
                seen[name].append(time.process_time() - start)
        middle = {name: statistics.median(s[1:]) for name, s in seen.items()}
        out[rows] = {name: round(s / middle["dense"], 3) for name, s in middle.items()}
    return out
