"""The file of a plan: read, checked, and refused with an error that says what to do.

A plan file is TOML with five tables. What it leaves out of ``[assumptions]`` has a default, and
every default says where it comes from.
"""

import math
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lessons.machines import hardware
from lessons.planning import cost
from lessons.planning.assumptions import ASSUMPTIONS, EXAMPLE, KEYS, Range


class PlanError(ValueError):
    """A plan that cannot be made: says what is wrong, and what to do."""


@dataclass(frozen=True)
class Settings:
    """A plan file, read and checked; `values` and `assumptions` hold what `KEYS` lists."""

    name: str
    values: dict[str, Any]
    assumptions: dict[str, Range]
    given: frozenset[str]
    machine: hardware.Machine

    def __getitem__(self, key: str) -> Any:
        """Return a value by its key."""
        return self.values[key]

    @property
    def copies(self) -> int:
        """Chips over which data are split: all, over those of one copy of the model."""
        return self["chips"] // (self["tensor"] * self["pipeline"])

    @property
    def micro_batches(self) -> int:
        """Parts of a batch that one copy works through, one after the other."""
        at_once = self.copies * self["micro_batch"] * self["context"]
        return int(self["batch_tokens"] // at_once)


def settings(content: dict[str, Any]) -> Settings:
    """Return the settings of a plan from the tables of its file.

    Raises
    ------
    PlanError
        For unknown or missing keys, numbers out of range, an unknown chip, a layout that does
        not divide.

    Examples
    --------
    >>> read = settings(tomllib.loads(EXAMPLE))
    >>> read["chips"], read.copies, str(read.assumptions["mfu"])
    (256, 128, '0.462 (0.302 to 0.497)')
    """
    _known(content, ["name", "assumptions", *KEYS], "the file")
    values: dict[str, Any] = {}
    for table, keys in KEYS.items():
        said = content.get(table, {})
        if not isinstance(said, dict):
            raise PlanError(f"{table} is a table: write [{table}] and its keys below")
        _known(said, list(keys), f"[{table}]")
        for key, (kind, least, default, meaning) in keys.items():
            if key not in said and default is None:
                about = f" ({meaning})" if meaning else ""
                raise PlanError(f"[{table}] lacks {key}{about}: add a line `{key} = …`")
            values[key] = _value(f"{key} in [{table}]", said[key], kind, least) \
                if key in said else default
    assumed = content.get("assumptions", {})
    if not isinstance(assumed, dict):
        raise PlanError("assumptions is a table: write [assumptions] and its keys below")
    _known(assumed, list(ASSUMPTIONS), "[assumptions]")
    ranges = {key: _range(key, assumed[key]) if key in assumed else a.default
              for key, a in ASSUMPTIONS.items()}
    check_layout(values)
    name = str(content.get("name", "a run"))
    return Settings(name, values, ranges, frozenset(assumed), _machine(values))


def example() -> Settings:
    """Return the settings of the example file.

    Examples
    --------
    >>> example()["chip"]
    'H100 SXM 80GB'
    """
    return settings(tomllib.loads(EXAMPLE))


def read(path: str | Path) -> Settings:
    """Return the settings in a file.

    Raises
    ------
    PlanError
        If there is no such file, it is no TOML, or says what cannot be planned.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path} cannot be read ({error}): `--new {path}` writes an example"
                        ) from error
    try:
        return settings(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path} is no TOML file: {error}. A line is `key = value`, text stands "
                        "in quotes; `--new` writes an example") from error


def _known(said: dict[str, Any], keys: list[str], where: str) -> None:
    for key in said:
        if key not in keys:
            near = get_close_matches(key, keys, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}"
            raise PlanError(f"{where} knows no {key!r}: {hint}")


def _value(name: str, said: Any, kind: type, least: float) -> Any:
    if kind is str:
        if not isinstance(said, str):
            raise PlanError(f"{name} is a text in quotes, got {said!r}")
        return said
    number = isinstance(said, int | float) and not isinstance(said, bool)
    if not (number and math.isfinite(said) and said >= least):
        raise PlanError(f"{name} is a number, {least:g} or more, got {said!r}")
    if kind is int and said != int(said):
        raise PlanError(f"{name} is a whole number, got {said!r}")
    return kind(said)


def _range(key: str, said: Any) -> Range:
    rule, parts = ASSUMPTIONS[key], said if isinstance(said, list) else [said] * 3
    if len(parts) != 3:
        raise PlanError(f"{key} in [assumptions] is a number or [low, likely, high], got {said!r}")
    low, likely, high = (_value(f"{key} in [assumptions]", x, float, rule.least) for x in parts)
    if not low <= likely <= high <= rule.most:
        raise PlanError(f"{key} in [assumptions] must rise from low to high and end at "
                        f"{rule.most:g} or less ({rule.unit}), got {said!r}")
    return Range(low, likely, high)


def check_layout(v: dict[str, Any]) -> None:
    """Refuse values of a plan whose chips, heads, layers or batch cannot be split so.

    Raises
    ------
    PlanError
        With a number that would do.
    """
    if v["heads"] % v["tensor"]:
        raise PlanError(f"tensor = {v['tensor']} does not divide {v['heads']} heads: "
                        "take a divisor, such as a power of two")
    one_copy = v["tensor"] * v["pipeline"]
    if v["chips"] % one_copy:
        fits = v["chips"] // one_copy * one_copy
        raise PlanError(f"tensor × pipeline = {one_copy} does not divide {v['chips']} chips: "
                        + (f"take {fits} or {fits + one_copy} chips" if fits
                           else f"take {one_copy} chips or more") + ", or another layout")
    if v["pipeline"] > v["layers"]:
        raise PlanError(f"pipeline = {v['pipeline']} has more groups than there are layers "
                        f"({v['layers']}): take fewer")
    if v["zero"] > 3:
        raise PlanError(f"zero is 0, 1, 2 or 3, got {v['zero']}")
    copies = v["chips"] // one_copy
    at_once = copies * v["micro_batch"] * v["context"]
    if v["batch_tokens"] % at_once:
        whole = max(1, round(v["batch_tokens"] / at_once))
        raise PlanError(f"batch_tokens = {v['batch_tokens']:g} is not shared evenly by {copies} "
                        f"copies with {v['micro_batch']} × {v['context']} tokens at a time: take "
                        f"a multiple of {at_once}, such as {whole * at_once}")
    choices = {"state": list(cost.CONVENTIONS), "optimiser": list(cost.OPTIMISERS),
               "keep": ["everything", "no attention scores", "layer inputs"]}
    for key, words in choices.items():
        if v[key] not in words:
            raise PlanError(f"{key} in [precision] is one of {words}, got {v[key]!r}")
    if v["active"] > v["parameters"]:
        raise PlanError("active parameters are a part of all: active is larger than parameters")


def _machine(v: dict[str, Any]) -> hardware.Machine:
    chips = hardware.accelerators()
    if v["chip"] not in chips:
        near = get_close_matches(v["chip"], chips, 3, 0.3) or list(chips)
        raise PlanError(f"no chip {v['chip']!r} in the table: choose from {near}, and give "
                        "peak_tflops, memory_gb or power_w in [hardware] if yours differs")
    chip = chips[v["chip"]]
    power = v["power_w"] or chip.power_w
    if not power:
        raise PlanError(f"the makers of {chip.name} publish no power: add power_w to [hardware]")
    return hardware.Machine(chip.name, 1e12 * v["peak_tflops"] or chip.flops_per_s,
                            chip.bytes_per_s, power_w=power,
                            mem_bytes=1e9 * v["memory_gb"] or chip.mem_bytes)
