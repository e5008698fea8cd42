"""A pytest plugin for nbval: compares explorers by value, everything else strictly.

The last digits of an SVG coordinate depend on the processor, so the recorded states are not
compared byte by byte: words must be equal and coordinates within half a pixel. A cell tagged
``measured`` times the machine it runs on: its words are compared, its numbers are not. When a
notebook is through, the processor seconds of its kernel are left for `tools.notebooks.test`.
"""

import copy
import os
import re
from pathlib import Path

import nbval.kernel
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell, IPyNbFile

from tools.notebooks.kernels import address, seconds_of

MIME_TYPE = "application/vnd.lessons.explorer+json"
TOLERANCE_PX = 0.6
_COORDINATES = re.compile(r'(?<= )(?:d|x|y|points|transform|width|height)="[^"]*"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_MEASURED = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_strict = IPyNbCell.compare_outputs
_teardown = IPyNbFile.teardown


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


def explorer_differences(stored: dict, computed: dict) -> list[str]:
    """Say how two recorded explorers differ, at most three lines; empty if they do not."""
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


def without_numbers(outputs: list) -> list:
    """Return a copy of outputs in which every number is a ``#`` and every gap one space."""

    def mask(text):
        return " ".join(_MEASURED.sub("#", "".join(text)).split())

    masked = copy.deepcopy(outputs)
    for output in masked:
        if "text" in output:
            output["text"] = mask(output["text"])
        if "text/plain" in output.get("data", {}):
            output["data"]["text/plain"] = mask(output["data"]["text/plain"])
    return masked


def payloads(outputs) -> list[dict]:
    """Return the recorded explorers among the outputs of a cell."""
    packed = [o["data"][MIME_TYPE] for o in outputs if MIME_TYPE in o.get("data", {})]
    if not packed:
        return []
    from lessons.explore import unpack  # imports matplotlib, which most notebooks do not need here

    return [unpack(payload) for payload in packed]


def compare_outputs(self, test, ref, skip_compare=None):
    """Stand in for nbval's own comparison."""
    skip = (*(skip_compare or self.parent.skip_compare), MIME_TYPE)
    if "measured" in self.cell.metadata.get("tags", []):
        test, ref = without_numbers(test), without_numbers(ref)
    same = _strict(self, test, ref, skip)
    stored, computed = payloads(ref), payloads(test)
    problems = [] if len(stored) == len(computed) else ["number of explorers differs"]
    for a, b in zip(stored, computed, strict=False):
        problems += [f"explorer {a['name']!r}: {line}" for line in explorer_differences(a, b)]
    self.comparison_traceback += problems
    return same and not problems


def pytest_runtest_logreport(report):
    """Note that a notebook failed, for `tools.notebooks.test`."""
    if report.failed:
        name = Path(report.location[0]).stem
        (Path(os.environ["IPYTHONDIR"]) / f"{name}.failed").touch()


def kernel_manager(**settings) -> KernelManager:
    """Stand in for the class that nbval starts its kernels with."""
    return KernelManager(**settings, **address(os.environ["IPYTHONDIR"]))


def teardown(self):
    """Stand in for nbval's own stop of a kernel: note what it used first."""
    if self.kernel is not None and self.kernel.is_alive():
        name = Path(self.path).stem
        seconds = Path(os.environ["IPYTHONDIR"]) / f"{name}.seconds"
        seconds.write_text(str(seconds_of(self.kernel.km)))
    _teardown(self)


IPyNbCell.compare_outputs = compare_outputs
IPyNbFile.teardown = teardown
nbval.kernel.KernelManager = kernel_manager
