"""The main claims of each chapter, in ``text/claims``: what they name is there, none is bare.

A referee begins with these files: each claim says what tests it and what could have refuted it.
"""

import re
import tomllib
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "text").glob("[0-9][0-9]-*.md"))
WORDS = {"says", "tuning", "control"}
EVIDENCE = {"cells", "explorers", "records"}
_EXPLORER = re.compile(r"""\bexplore\(.*?\bname=["']([\w-]+)["']""", re.DOTALL)


def cells_of(text):
    """Return the code cells of a chapter's text."""
    return [c.source for c in jupytext.reads(text, fmt="md:myst").cells if c.cell_type == "code"]


def faults(claims, text, records=frozenset()):
    """Return what is wrong with the claims of a chapter, in lines of text."""
    cells = cells_of(text)
    explorers = {name for cell in cells for name in _EXPLORER.findall(cell)}
    found, judged = [], set(claims.get("not_comparing", []))
    for claim in claims.get("claim", []):
        says = claim.get("says", "a claim that says nothing")
        missing = sorted(w for w in WORDS if not str(claim.get(w, "")).strip())
        found += [f"{says}: no {word}" for word in missing]
        if not isinstance(claim.get("seeds"), int):
            found.append(f"{says}: seeds is no number")
        if not any(claim.get(kind) for kind in EVIDENCE):
            found.append(f"{says}: nothing tests it")
        for line in claim.get("cells", []):
            n_found = sum(line in cell for cell in cells)
            if n_found != 1:
                found.append(f"{says}: {n_found} cells hold {line!r}")
        found += [f"{says}: no record {name!r}"
                  for name in claim.get("records", []) if name not in records]
        judged |= set(claim.get("explorers", []))
    found += [f"no explorer {name!r}" for name in sorted(judged - explorers)]
    found += [f"explorer {name!r} stands in no claim, and not in not_comparing"
              for name in sorted(explorers - judged)]
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_claim_names_what_tests_it(name):
    claims = tomllib.loads((ROOT / f"text/claims/{name}.toml").read_text(encoding="utf-8"))
    text = (ROOT / f"text/{name}.md").read_text(encoding="utf-8")
    records = {path.parent.name for path in ROOT.glob("src/lessons/studies/*/record.json")}
    assert len(claims["claim"]) >= 5
    assert faults(claims, text, records) == []


CLAIM = {"says": "a beats b", "cells": ["race(a, b)"], "explorers": ["race"], "records": ["runs"],
         "seeds": 3, "tuning": "same budget", "control": "c loses to both"}
TEXT = """# A chapter

```{code-cell}
race(a, b)
```

```{code-cell}
explore(draw, frame, name="race", panels=2, speed=[1, 2])
```
"""


@pytest.mark.parametrize(("change", "said"), [
    ({}, []),
    ({"control": " "}, ["a beats b: no control"]),
    ({"seeds": "many"}, ["a beats b: seeds is no number"]),
    ({"cells": [], "records": [], "explorers": []},
     ["a beats b: nothing tests it",
      "explorer 'race' stands in no claim, and not in not_comparing"]),
    ({"cells": ["race(a, c)"]}, ["a beats b: 0 cells hold 'race(a, c)'"]),
    ({"records": ["gone"]}, ["a beats b: no record 'gone'"]),
    ({"explorers": ["race", "gone"]}, ["no explorer 'gone'"]),
])
def test_a_bad_claim_is_told(change, said):
    assert faults({"claim": [CLAIM | change]}, TEXT, {"runs"}) == said
