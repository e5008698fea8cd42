"""Compute a chapter's explorers afresh: ``python recompute.py text/04-x.md`` prints JSON.

The chapter's code cells run in one namespace, without a notebook. For every explorer and every
control the first, middle and last value are drawn, the other controls at their defaults.
"""

import contextlib
import io
import json
import os
import sys
import warnings

import jupytext

from lessons.widgets import explorers as explore


def explorers(path):
    """Run the code cells of a text notebook; return the explorers that they make."""
    made = []
    original = explore.Explorer.__init__

    def remember(self, *args, **kwargs):
        original(self, *args, **kwargs)
        made.append(self)

    explore.Explorer.__init__ = remember
    space = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in jupytext.read(path, fmt="md:myst").cells:
            meant = "raises-exception" in cell.metadata.get("tags", [])
            if cell.cell_type == "code":
                with contextlib.suppress(Exception) if meant else contextlib.nullcontext():
                    exec(compile(cell.source, "cell", "exec"), space)
    return made


def probes(explorer):
    """Yield what the browser test visits: control, index, value in words, panels, sentence."""
    for key, control in explorer.controls.items():
        last = len(control.values) - 1
        for index in sorted({0, last // 2, last}):
            state = explorer.state(**{key: control.values[index]})
            text = f"{control.texts[index]} {control.unit}".rstrip()
            yield key, index, text, list(state.panels), state.sentence


if __name__ == "__main__":
    os.environ |= {"MPLBACKEND": "agg", "LESSONS_RECORD": "1"}
    warnings.simplefilter("error")
    json.dump({e.name: list(probes(e)) for e in explorers(sys.argv[1])}, sys.stdout)
