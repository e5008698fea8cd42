"""Published runs: sizes, tokens, chips and layout as plan files, and what their makers report.

`BEFORE` holds sizes, tokens, chips and a layout that divides (for DeepSeek-V3 not their own, and
H100s stand for its H800s, whose 16-bit rate is the same). In memory all keep the inputs of layers
alone; computing the rest again is in no plan's operations. `AFTER` holds what no plan may see.
"""

from typing import Any

from lessons.planning.planfile import Settings, settings

_MIXED = {"state": "mixed, 16-bit gradients", "optimiser": "Adam", "keep": "layer inputs"}

#: Sizes, tokens, chips and layout, by run: the tables of a plan file.
BEFORE: dict[str, dict[str, dict[str, Any]]] = {
    "BLOOM": {
        "model": {"parameters": 176_247_271_424, "tokens": 366e9, "layers": 70, "width": 14336,
                  "heads": 112, "context": 2048, "batch_tokens": 2048 * 2048},
        "hardware": {"chip": "A100 SXM 80GB", "chips": 384},
        "layout": {"tensor": 4, "pipeline": 12, "zero": 1, "micro_batch": 2},
        "precision": _MIXED,
    },
    "Llama 3.1 405B": {
        "model": {"parameters": 405_853_388_800, "tokens": 15.6e12, "layers": 126, "width": 16384,
                  "heads": 128, "context": 8192, "batch_tokens": 2**24},
        "hardware": {"chip": "H100 SXM 80GB", "chips": 16384},
        "layout": {"tensor": 8, "pipeline": 16, "zero": 1, "micro_batch": 1},
        "precision": _MIXED,
    },
    "DeepSeek-V3": {
        "model": {"parameters": 671e9, "active": 37e9, "tokens": 14.8e12, "layers": 61,
                  "width": 7168, "heads": 128, "context": 4096, "batch_tokens": 15360 * 4096},
        "hardware": {"chip": "H100 SXM 80GB", "chips": 2048},
        "layout": {"tensor": 8, "pipeline": 16, "zero": 1, "micro_batch": 1},
        "precision": _MIXED,
    },
}

#: What was reported, by run and outcome of `lessons.planning.forecast`: from, to.
AFTER: dict[str, dict[str, tuple[float, float]]] = {
    "BLOOM": {
        "chip_hours": (1_082_990, 1_082_990),
        "mwh": (433.2 + 256.6, 433.2 + 256.6),  # the GPUs, and the idle power around them
        "money": (2e6, 5e6),  # with preliminary experiments
        "mtbf_hours": (84, 168),  # one or two failed GPUs a week
        "interval_minutes": (180, 180),
    },
    "Llama 3.1 405B": {
        "chip_hours": (30.84e6, 30.84e6),
        "mtbf_hours": (54 * 24 / 419, 54 * 24 / 419),  # 419 unexpected ones in 54 days
        "lost_share": (0.0, 0.10),  # "more than 90 %" of the time was effective
    },
    "DeepSeek-V3": {
        "chip_hours": (2.664e6, 2.664e6),  # pre-training
        "money": (5.328e6, 5.328e6),  # the same hours at the 2 dollars that its makers assume
    },
}

#: Utilisations of other runs: as reported by Chowdhery et al. (2022), or, for the last two, of all
#: chip-hours. All count attention, as the operations of a plan do.
OTHER_MFU = {"PaLM": 0.462, "Gopher": 0.325, "MT-NLG": 0.302, "LLaMA-65B": 0.497,
             "Llama-2-70B": 0.462}


def blind(name: str, **assumptions: float | list[float]) -> Settings:
    """Return the plan of a published run from its sizes, tokens, chips and layout.

    The hours beyond operations, speed and failures are set to none (``extra`` = 1) unless given:
    their default was taken from one of these runs.

    Raises
    ------
    ValueError
        If there is no such run, or an assumption is none.

    Examples
    --------
    >>> from lessons.planning import forecast
    >>> plan, true = forecast.outcome(blind("BLOOM")), AFTER["BLOOM"]["chip_hours"][0]
    >>> round(plan["chip_hours"] / true, 2)
    0.72
    """
    if name not in BEFORE:
        raise ValueError(f"no run {name!r}: choose from {list(BEFORE)}")
    return settings({"name": name, **BEFORE[name],
                     "assumptions": {"extra": 1.0, **assumptions}})
