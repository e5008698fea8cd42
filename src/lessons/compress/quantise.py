"""Whole numbers of few bits in place of weights: one scale for a tensor, a row, or a group.

References
----------
Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference, CVPR 2018, arXiv:1712.05877.
Dettmers et al., LLM.int8(), NeurIPS 2022, arXiv:2208.07339 (outliers).
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SCHEMES = ("narrow", "full", "shifted")
SCALE_BITS = 16  # of each scale, as it would be stored; a shift has as many bits as a code
LEAST = 1e-12  # a scale is never 0: a row of zeros stays one
Per = str | int


@dataclass(frozen=True)
class Quantised:
    """A matrix as whole numbers with scales.

    Attributes
    ----------
    codes : torch.Tensor
        Whole numbers, int8 (or uint8 if shifted), shape (groups, members).
    scale, shift : torch.Tensor
        One number a group, shape (groups, 1); the shift is the code that means 0.
    bits : int
    shape : torch.Size
        Of the matrix.
    """

    codes: Tensor
    scale: Tensor
    shift: Tensor
    bits: int
    shape: torch.Size

    def dequantise(self) -> Tensor:
        """Return the matrix that the codes mean, in float32."""
        return ((self.codes - self.shift) * self.scale).view(self.shape)

    @property
    def n_bytes(self) -> float:
        """Bytes of codes, packed without gaps, and scales."""
        shift_bits = self.bits if bool(self.shift.any()) else 0
        return (self.codes.numel() * self.bits
                + self.scale.numel() * (SCALE_BITS + shift_bits)) / 8


def grouped(w: Tensor, per: Per) -> Tensor:
    """Return a matrix with the numbers that share a scale in one row.

    Parameters
    ----------
    w : torch.Tensor
        Shape (n_out, n_in).
    per : {"tensor", "row"} or int
        What shares a scale: all, the weights of one output, or so many neighbours in a row.

    Raises
    ------
    ValueError
        If `w` is no matrix of finite numbers, or the groups do not fill its rows.

    Examples
    --------
    >>> grouped(torch.zeros(6, 8), 4).shape
    torch.Size([12, 4])
    """
    if w.dim() != 2 or not w.numel() or not torch.isfinite(w).all():
        raise ValueError("weights are a matrix of finite numbers, got shape "
                         f"{tuple(w.shape)} with {int((~torch.isfinite(w)).sum())} not finite")
    if per == "tensor":
        return w.reshape(1, -1)
    if per == "row":
        return w
    if isinstance(per, str) or per < 1 or w.shape[1] % per:
        raise ValueError(f"a scale is for a 'tensor', a 'row' or a group whose size divides the "
                         f"{w.shape[1]} numbers of a row, got {per!r}")
    return w.reshape(-1, per)


def quantise(w: Tensor, bits: int = 8, per: Per = "row", scheme: str = "narrow") -> Quantised:
    """Replace a matrix by whole numbers and scales.

    Parameters
    ----------
    w : torch.Tensor
        Shape (n_out, n_in).
    bits : int
        From 2 to 8.
    per : {"tensor", "row"} or int
        What shares a scale, see `grouped`.
    scheme : {"narrow", "full", "shifted"}
        Codes from -127 to 127 for 8 bits; from -128 to 127, with a slightly smaller scale; or from
        0 to 255, with a code of its own for the zero.

    Raises
    ------
    ValueError
        If there are no such bits, groups or scheme, or a number is not finite.

    Examples
    --------
    >>> q = quantise(torch.tensor([[0.6, -1.0, 0.26]]), bits=4)
    >>> q.codes.tolist(), [round(x, 3) for x in q.dequantise()[0].tolist()]
    ([[4, -7, 2]], [0.571, -1.0, 0.286])
    """
    if scheme not in SCHEMES:
        raise ValueError(f"schemes are {', '.join(map(repr, SCHEMES))}, got {scheme!r}")
    if not isinstance(bits, int) or not 2 <= bits <= 8:
        raise ValueError(f"bits is a whole number from 2 to 8, got {bits!r}")
    rows = grouped(w, per)
    top = 2 ** (bits - 1) - 1  # 127 for 8 bits
    if scheme == "shifted":
        low, high = (f(1, keepdim=True) for f in (rows.amin, rows.amax))
        low, high = low.clamp(max=0), high.clamp(min=0)  # 0 stays exactly 0
        scale = ((high - low) / (2**bits - 1)).clamp(min=LEAST)
        shift = (-low / scale).round()
        codes = ((rows * (1 / scale)).round() + shift).clamp(0, 2**bits - 1).to(torch.uint8)
        return Quantised(codes, scale, shift, bits, w.shape)
    largest = rows.abs().amax(1, keepdim=True)
    scale = (largest / (top if scheme == "narrow" else top + 0.5)).clamp(min=LEAST)
    codes = (rows * (1 / scale)).round().clamp(-top if scheme == "narrow" else -top - 1, top)
    return Quantised(codes.to(torch.int8), scale, torch.zeros_like(scale), bits, w.shape)


def pack4(codes: Tensor) -> Tensor:
    """Store two codes from -8 to 7 in a byte: the first in its lower half.

    Parameters
    ----------
    codes : torch.Tensor
        Whole numbers, shape (..., n) with n even.

    Returns
    -------
    torch.Tensor
        uint8, shape (..., n / 2).

    Raises
    ------
    ValueError
        If n is odd, or a code does not fit in 4 bits.

    Examples
    --------
    >>> pack4(torch.tensor([1, -1])).tolist()  # 1 + 16 times 15
    [241]
    """
    if codes.shape[-1] % 2:
        raise ValueError(f"two codes share a byte: {codes.shape[-1]} is odd, add a zero")
    if codes.numel() and not -8 <= int(codes.min()) <= int(codes.max()) <= 7:
        raise ValueError(f"4 bits hold -8 to 7, got {int(codes.min())} to {int(codes.max())}")
    low, high = (codes[..., i::2].to(torch.int16) & 15 for i in (0, 1))
    return (low | high << 4).to(torch.uint8)


def unpack4(packed: Tensor) -> Tensor:
    """Return the codes of `pack4`, int8, shape (..., n).

    Examples
    --------
    >>> unpack4(torch.tensor([241], dtype=torch.uint8)).tolist()
    [1, -1]
    """
    both = torch.stack([packed & 15, packed >> 4], dim=-1).flatten(-2).to(torch.int8)
    return torch.where(both > 7, both - 16, both)


def int8_product(x: Tensor, w: Tensor) -> Tensor:
    """Return x @ w.T with whole numbers in the product: 8 bits for each, a scale for each row.

    Parameters
    ----------
    x : torch.Tensor
        Activations, shape (N, n_in): quantised here, each row by its own largest number.
    w : torch.Tensor
        Weights, shape (n_out, n_in).

    Examples
    --------
    >>> int8_product(torch.tensor([[1.0, 0.5]]), torch.tensor([[1.0, -1.0]])).round(decimals=2)
    tensor([[0.5000]])
    """
    left, right = quantise(x), quantise(w)
    sums = left.codes.int() @ right.codes.int().T  # exact: sums of whole numbers
    return sums * left.scale * right.scale.T


def linears(model: nn.Module) -> dict[str, nn.Linear]:
    """Return the linear layers of a model by name; embeddings are none."""
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear)}


@torch.no_grad()
def quantised_copy(model: nn.Module, bits: int = 8, per: Per = "row", scheme: str = "narrow"
                   ) -> tuple[nn.Module, float]:
    """Return a copy whose linear layers hold rounded weights, and the bytes that all would take.

    Embeddings, biases and norms stay, and count 2 bytes each. The copy calculates in float32: it
    shows what rounding does to the guesses, and nothing about time.

    Examples
    --------
    >>> copied, n_bytes = quantised_copy(nn.Sequential(nn.Linear(4, 2)), bits=4)
    >>> n_bytes  # eight half bytes, two scales, two biases
    12.0
    """
    model = copy.deepcopy(model)
    layers = linears(model).values()
    short = [quantise(layer.weight, bits, per, scheme) for layer in layers]
    for layer, q in zip(layers, short, strict=True):
        layer.weight.copy_(q.dequantise())
    rest = sum(p.numel() for p in model.parameters()) - sum(q.codes.numel() for q in short)
    return model, sum(q.n_bytes for q in short) + 2 * rest
