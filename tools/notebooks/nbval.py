"""A pytest plugin for nbval: each widget is compared as its registry row says, all else strictly.

A cell tagged ``measured`` times the machine it runs on: its words are compared, its numbers are
not. When a notebook is through, the processor seconds of its kernel, and when it ran, are left
for `tools.notebooks.test`.
"""

import copy
import os
import re
import time
from pathlib import Path
from typing import Any

import nbval.kernel
import psutil
import pytest
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell, IPyNbFile

from lessons.widgets.registry import REGISTRY
from tools.notebooks.kernels import address, seconds_of

_MEASURED = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_strict = IPyNbCell.compare_outputs
_teardown = IPyNbFile.teardown


def without_numbers(outputs: list) -> list:
    """Return a copy of outputs in which every number is a ``#`` and every gap one space."""

    def mask(text: str | list[str]) -> str:
        return " ".join(_MEASURED.sub("#", "".join(text)).split())

    masked = copy.deepcopy(outputs)
    for output in masked:
        if "text" in output:
            output["text"] = mask(output["text"])
        if "text/plain" in output.get("data", {}):
            output["data"]["text/plain"] = mask(output["data"]["text/plain"])
    return masked


def widget_differences(stored: list, computed: list) -> list[str]:
    """Say how the widgets among the outputs of a cell differ from those computed again."""
    said = []
    for widget in REGISTRY:
        old, new = ([o["data"][widget.mime_type] for o in outputs
                     if widget.mime_type in o.get("data", {})] for outputs in (stored, computed))
        if len(old) != len(new):
            said.append(f"number of {widget.folder} differs")
        for a, b in zip(old, new, strict=False):
            said += [f"{widget.css_class} {a['name']!r}: {line}"
                     for line in widget.differences(a, b)]
    return said


def compare_outputs(
    self: IPyNbCell, test: list, ref: list, skip_compare: tuple[str, ...] | None = None
) -> bool:
    """Stand in for nbval's own comparison."""
    skip = (*(skip_compare or self.parent.skip_compare), *(w.mime_type for w in REGISTRY))
    if "measured" in self.cell.metadata.get("tags", []):
        test, ref = without_numbers(test), without_numbers(ref)
    same = _strict(self, test, ref, skip)
    problems = widget_differences(ref, test)
    self.comparison_traceback += problems
    return same and not problems


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note that a notebook failed, for `tools.notebooks.test`."""
    if report.failed:
        name = Path(report.location[0]).stem
        (Path(os.environ["IPYTHONDIR"]) / f"{name}.failed").touch()


def kernel_manager(**settings: Any) -> KernelManager:
    """Stand in for the class that nbval starts its kernels with."""
    return KernelManager(**settings, **address(os.environ["IPYTHONDIR"]))


def teardown(self: IPyNbFile) -> None:
    """Stand in for nbval's own stop of a kernel: note what it used first."""
    if self.kernel is not None and self.kernel.is_alive():
        name = Path(self.path).stem
        begin = psutil.Process(self.kernel.km.provisioner.pid).create_time()
        seconds = Path(os.environ["IPYTHONDIR"]) / f"{name}.seconds"
        seconds.write_text(f"{seconds_of(self.kernel.km)} {begin} {time.time()}")
    _teardown(self)


IPyNbCell.compare_outputs = compare_outputs
IPyNbFile.teardown = teardown
nbval.kernel.KernelManager = kernel_manager
