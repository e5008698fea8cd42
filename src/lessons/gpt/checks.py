"""Two questions to a model: does it look ahead, and how many operations does a call take."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lessons.gpt import model as gpt

SEES_LATER = ("the guesses of this model change with tokens that come later: it would learn to "
              "copy them. Does its attention, or its mixing of tokens, keep to those before?")


@torch.no_grad()
def check_causal(model: nn.Module, length: int, vocab_size: int = 256) -> None:
    """Refuse a model whose guesses depend on tokens that come later.

    Raises
    ------
    ValueError
        If they do, in a trial with random tokens.

    Examples
    --------
    >>> check_causal(gpt.GPT(gpt.Config(256, 8, n_layers=1, n_heads=1, d_model=8)), length=8)
    """
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(vocab_size, (2, 4, length), generator=generator)
    half = (length + 1) // 2
    tokens[1, :, :half] = tokens[0, :, :half]
    with gpt.evaluating(model):
        one, other = (model(part.to(next(model.parameters()).device))[:, :half] for part in tokens)
    if not torch.allclose(one, other, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise ValueError(SEES_LATER)


def count_flops(call: Callable[[], object]) -> float:
    """Return the operations of all products of matrices in a call, forward and backward.

    Torch counts them while they are done. Attention counts in full, as if nothing were masked,
    and without what its backward pass computes again, as in `lessons.planning.cost`.

    Examples
    --------
    >>> count_flops(lambda: torch.ones(2, 3) @ torch.ones(3, 4))  # 2 times 2 times 3 times 4
    48.0
    """
    with FlopCounterMode(display=False, custom_mapping=ATTENTION) as counter:
        call()
    return float(counter.get_total_flops())


def _attention_flops(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...], *_: Any,
                     **__: Any) -> int:
    """Count two products: scores from queries and keys, and the mixture of values."""
    B, H, T, d = q
    return 2 * B * H * T * k[2] * (d + v[3])


def _attention_backward_flops(grad: tuple[int, ...], q: tuple[int, ...], k: tuple[int, ...],
                              v: tuple[int, ...], *_: Any, **__: Any) -> int:
    return 2 * _attention_flops(q, k, v)


#: What torch's counter does not know: attention as the CPU does it.
ATTENTION = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward_flops,
}
