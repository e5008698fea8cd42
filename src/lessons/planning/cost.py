"""What a training run costs: parameters, operations, bytes, time, energy.

Every function is one formula with units in its names. Sizes of published models are in the table
``lessons.data.table("architectures")``, and the tests compare the formulas with published totals.
"""

import math
from collections.abc import Mapping
from typing import Any

SECONDS_PER_HOUR = 3600.0

#: Bytes per parameter of the training state, by part. The three mixed schemes differ in where
#: the gradient is kept.
CONVENTIONS = {
    "all fp32": {"weights": 4, "gradients": 4, "master copy": 0},
    "mixed, 16-bit gradients": {"weights": 2, "gradients": 2, "master copy": 4},
    "mixed, fp32 gradients": {"weights": 2, "gradients": 4, "master copy": 4},
    "mixed, both gradients": {"weights": 2, "gradients": 6, "master copy": 4},
}

#: Bytes per parameter that an optimiser remembers, in fp32: Adam keeps two running means.
OPTIMISERS = {"Adam": 8, "momentum": 4, "plain SGD": 0}

#: The ZeRO stage from which each part is split over the accelerators.
SPLIT_FROM_STAGE = {"master copy": 1, "optimiser": 1, "gradients": 2, "weights": 3}


def _check(least: float = 0.0, **values: float) -> None:
    """Refuse what is not a finite number above `least`, by name."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > least):
            raise ValueError(f"{name} must be a finite number above {least:g}, got {value}")


def _check_whole(least: int = 1, **values: float) -> None:
    for name, value in values.items():
        if not math.isfinite(value) or value != int(value) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more, got {value}")


def gpt_parameters(
    n_layers: int, d_model: int, vocabulary: int, n_positions: int = 0, biases: bool = True
) -> int:
    """Count the parameters of a GPT whose output layer shares the embedding.

    A block has 12 d² weights (4 d² in attention, 8 d² in the MLP), 9 d biases and two
    normalisations of 2 d. `n_positions` is 0 if positions are not learned.

    Raises
    ------
    ValueError
        For sizes that are not whole numbers of 1 or more (0 for `n_positions`).

    Examples
    --------
    >>> gpt_parameters(12, 768, 50257, 1024)  # GPT-2, the small one
    124439808
    """
    _check_whole(n_layers=n_layers, d_model=d_model, vocabulary=vocabulary)
    _check_whole(0, n_positions=n_positions)
    per_block = 12 * d_model**2 + (13 if biases else 2) * d_model
    final_norm = (2 if biases else 1) * d_model
    return n_layers * per_block + (vocabulary + n_positions) * d_model + final_norm


def llama_parameters(
    n_layers: int, d_model: int, d_kv: int, d_ff: int, vocabulary: int
) -> int:
    """Count the parameters of a LLaMA: no biases, gated MLP, own output matrix.

    `d_kv` is the width of all keys of a token together: `d_model`, or less if heads share keys.

    Raises
    ------
    ValueError
        For sizes that are not whole numbers of 1 or more.

    Examples
    --------
    >>> llama_parameters(32, 4096, 4096, 11008, 32000)  # LLaMA-7B
    6738415616
    """
    _check_whole(n_layers=n_layers, d_model=d_model, d_kv=d_kv, d_ff=d_ff, vocabulary=vocabulary)
    attention = 2 * d_model**2 + 2 * d_model * d_kv
    per_block = attention + 3 * d_model * d_ff + 2 * d_model
    return 2 * vocabulary * d_model + n_layers * per_block + d_model


def parameters(model: Mapping[str, Any]) -> int:
    """Count the parameters of a row of the table ``architectures``.

    Examples
    --------
    >>> from lessons.data import table
    >>> {m["name"]: parameters(m) for m in table("architectures")}["BLOOM"]
    176247271424
    """
    sizes = {key: int(model[key]) for key in ("n_layers", "d_model", "vocabulary")}
    if model["family"] == "LLaMA":
        return llama_parameters(d_kv=int(model["d_kv"]), d_ff=int(model["d_ff"]), **sizes)
    embedding_norm = 2 * sizes["d_model"] if model["name"] == "BLOOM" else 0
    return gpt_parameters(n_positions=int(model["n_positions"]), **sizes) + embedding_norm


def flops_per_token(
    n_params: float, n_layers: int = 0, d_model: int = 0, context: int = 0
) -> float:
    """Return the operations that training spends on one token: ``6 N + 12 L d T``.

    Every weight costs 2 in the forward pass and 4 in the backward pass. The second part is
    attention between the tokens; it is left out unless all three sizes are given.

    Raises
    ------
    ValueError
        If `n_params` is not positive and finite, or a size is negative.

    Examples
    --------
    >>> flops_per_token(1e9)
    6000000000.0
    """
    _check(n_params=n_params)
    _check_whole(0, n_layers=n_layers, d_model=d_model, context=context)
    return 6.0 * n_params + 12.0 * n_layers * d_model * context


def training_flops(
    n_params: float, n_tokens: float, n_layers: int = 0, d_model: int = 0, context: int = 0
) -> float:
    """Return the operations of a whole run: `flops_per_token` times tokens.

    Examples
    --------
    >>> f"{training_flops(174_604_259_328, 300e9):.3g}"  # GPT-3
    '3.14e+23'
    """
    _check(n_tokens=n_tokens)
    return n_tokens * flops_per_token(n_params, n_layers, d_model, context)


def state_bytes(
    n_params: float, convention: str = "mixed, 16-bit gradients", n_chips: int = 1, stage: int = 0,
    optimiser: str = "Adam",
) -> dict[str, float]:
    """Return the bytes of weights, gradients, master copy and optimiser on one accelerator.

    Parameters
    ----------
    convention : str
        A key of `CONVENTIONS`: what is kept in which precision.
    n_chips : int
        Accelerators over which ZeRO splits.
    stage : {0, 1, 2, 3}
        ZeRO stage: 1 splits the optimiser state, 2 the gradients too, 3 the weights too.
    optimiser : str
        A key of `OPTIMISERS`.

    Raises
    ------
    ValueError
        For an unknown convention, stage or optimiser, or a number that is not positive.

    References
    ----------
    Rajbhandari et al., ZeRO, SC 2020.

    Examples
    --------
    >>> [round(sum(state_bytes(7.5e9, n_chips=64, stage=s).values()) / 1e9, 2) for s in range(4)]
    [120.0, 31.41, 16.64, 1.88]
    """
    _check(n_params=n_params)
    _check_whole(n_chips=n_chips)
    if convention not in CONVENTIONS:
        raise ValueError(f"unknown convention {convention!r}: choose from {list(CONVENTIONS)}")
    if optimiser not in OPTIMISERS:
        raise ValueError(f"unknown optimiser {optimiser!r}: choose from {list(OPTIMISERS)}")
    if stage not in range(4):
        raise ValueError(f"a ZeRO stage is 0, 1, 2 or 3, got {stage}")
    sizes = CONVENTIONS[convention] | {"optimiser": OPTIMISERS[optimiser]}
    return {
        part: size * n_params / (n_chips if stage >= SPLIT_FROM_STAGE[part] else 1)
        for part, size in sizes.items()
    }


def activation_bytes(
    n_layers: int, d_model: int, n_heads: int, context: int, batch: int = 1,
    keep: str = "everything",
) -> float:
    """Return the bytes of 16-bit activations that a GPT keeps for its backward pass.

    Parameters
    ----------
    keep : {"everything", "no attention scores", "layer inputs"}
        ``s b h (34 + 5 a s / h)`` bytes a layer for context s, batch b, width h and a heads; the
        same without its second part, which grows with s²; or the input of each layer alone, two
        bytes a number, the rest being computed again.

    Raises
    ------
    ValueError
        For sizes that are not whole numbers of 1 or more, or another `keep`.

    References
    ----------
    Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models, 2023.

    Examples
    --------
    >>> activation_bytes(96, 12288, 96, 2048) / 2**30  # GPT-3, one sequence, in GiB
    256.5
    """
    _check_whole(n_layers=n_layers, d_model=d_model, n_heads=n_heads, context=context, batch=batch)
    per_number = {
        "everything": 34 + 5 * n_heads * context / d_model,
        "no attention scores": 34.0,
        "layer inputs": 2.0,
    }
    if keep not in per_number:
        raise ValueError(f"keep one of {list(per_number)}, not {keep!r}")
    return n_layers * context * batch * d_model * per_number[keep]


def mfu(
    tokens_per_s: float, flops_per_token: float, n_chips: int, peak_flops_per_s: float
) -> float:
    """Return the model FLOP utilisation: useful operations over what the chips could do.

    Raises
    ------
    ValueError
        If a number is not positive and finite, or the result is above 1.

    References
    ----------
    Chowdhery et al., PaLM, 2022, appendix B.

    Examples
    --------
    >>> per_token = flops_per_token(540.35e9, n_layers=118, d_model=48 * 256, context=2048)
    >>> round(mfu(238.3e3, per_token, 6144, 275e12), 3)  # PaLM
    0.462
    """
    _check(tokens_per_s=tokens_per_s, flops_per_token=flops_per_token,
           peak_flops_per_s=peak_flops_per_s)
    _check_whole(n_chips=n_chips)
    return _share(tokens_per_s * flops_per_token / (n_chips * peak_flops_per_s))


def implied_mfu(flops: float, chip_hours: float, peak_flops_per_s: float) -> float:
    """Return the utilisation that follows from published operations and chip-hours.

    Examples
    --------
    >>> round(implied_mfu(3.8e25, 30.84e6, 989e12), 3)  # Llama 3.1 405B on H100s
    0.346
    """
    _check(flops=flops, chip_hours=chip_hours, peak_flops_per_s=peak_flops_per_s)
    return _share(flops / (chip_hours * SECONDS_PER_HOUR * peak_flops_per_s))


def chip_hours(flops: float, peak_flops_per_s: float, mfu: float) -> float:
    """Return the hours that one accelerator would need; many share them.

    Raises
    ------
    ValueError
        If a number is not positive and finite, or `mfu` is above 1.

    Examples
    --------
    >>> round(chip_hours(3.8e25, 989e12, mfu=0.4) / 1e6, 1)
    26.7
    """
    _check(flops=flops, peak_flops_per_s=peak_flops_per_s, mfu=mfu)
    return flops / (peak_flops_per_s * _share(mfu)) / SECONDS_PER_HOUR


def energy_kwh(chip_hours: float, power_w: float, pue: float = 1.1) -> float:
    """Return the electricity of a run: chip-hours, times power, times the building's overhead.

    Parameters
    ----------
    power_w : float
        Power of one accelerator in watts; its data-sheet limit is an upper estimate.
    pue : float
        Power usage effectiveness: all electricity of the data centre over that of its computers,
        at least 1. LLaMA's authors took 1.1.

    Raises
    ------
    ValueError
        If a number is not positive and finite, or `pue` is below 1.

    Examples
    --------
    >>> round(energy_kwh(1_022_362, 400) / 1e3)  # LLaMA-65B, MWh
    450
    """
    _check(chip_hours=chip_hours, power_w=power_w, pue=pue)
    if pue < 1:
        raise ValueError(f"pue counts the computers too, so it is 1 or more, got {pue}")
    return chip_hours * power_w / 1e3 * pue


def _share(value: float) -> float:
    if not value <= 1:
        raise ValueError(f"a utilisation of {value:.3g} is more than the peak: check the units "
                         "(FLOP/s, not TFLOP/s; hours, not seconds) and the precision of the peak")
    return value
