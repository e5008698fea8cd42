"""How a recorded explorer and one computed again differ.

The last digits of an SVG coordinate depend on the processor, so the recorded states are not
compared byte by byte: words must be equal and coordinates within half a pixel.
"""

import re
from typing import Any

from lessons.widgets.explorers.record import unpack

TOLERANCE_PX = 0.6
_COORDINATES = re.compile(r'(?<= )(?:d|x|y|points|transform|width|height)="[^"]*"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def svg_differs(one: str, other: str) -> bool:
    """Tell whether two SVG fragments differ in more than rounding."""
    if one == other:
        return False
    if _shape(one) != _shape(other):
        return True
    return any(
        abs(float(a) - float(b)) > TOLERANCE_PX
        for a, b in zip(_coordinates(one), _coordinates(other), strict=True)
    )


def _shape(svg: str) -> str:
    """Return an SVG fragment without its coordinates: labels and opacities stay."""
    return _COORDINATES.sub(lambda m: _NUMBER.sub("#", m[0]), svg)


def _coordinates(svg: str) -> list[str]:
    return [number for m in _COORDINATES.finditer(svg) for number in _NUMBER.findall(m[0])]


def differences(stored: dict[str, Any], computed: dict[str, Any]) -> list[str]:
    """Say how two packed explorers differ, at most three lines; empty if they do not."""
    return record_differences(unpack(stored), unpack(computed))


def record_differences(stored: dict[str, Any], computed: dict[str, Any]) -> list[str]:
    """Say how two records differ; see `differences`."""
    said = [
        f"{key} differs" for key in sorted(stored.keys() | computed.keys())
        if key not in {"states", "panels", "default"} and stored.get(key) != computed.get(key)
    ]
    if len(stored["panels"]) != len(computed["panels"]):
        return [*said, f"{len(stored['panels'])} panels stored, {len(computed['panels'])} computed"]
    if len(stored["states"]) != len(computed["states"]):
        return [*said, f"{len(stored['states'])} states stored, {len(computed['states'])} computed"]
    frames = zip(stored["panels"], computed["panels"], strict=True)
    said += [f"frame of panel {i} differs" for i, (a, b) in enumerate(frames)
             if svg_differs(a["frame"], b["frame"])]
    for i, (a, b) in enumerate(zip(stored["states"], computed["states"], strict=True)):
        if a[-1] != b[-1]:
            said.append(f"sentence of state {i} differs: {a[-1]!r}, now {b[-1]!r}")
        elif any(svg_differs(p, q) for p, q in zip(a[:-1], b[:-1], strict=True)):
            said.append(f"picture of state {i} differs")
    return said[:3]
