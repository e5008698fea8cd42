"""A new chapter: the page shape of the book, ready to be filled and already able to build."""

import re
from pathlib import Path

from tools.notebooks.cells import NotebookError

TEMPLATE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# {title}

Open with a question worth asking, and let the reader guess.

```{{code-cell}}
---
tags: [hide-cell]
mystnb:
  code_prompt_show: Show the imports
---
import matplotlib.pyplot as plt
import numpy as np

from lessons import plots

plots.use_style()
```

:::{{admonition}} After this chapter you can
:class: tip
- say in one line each what the reader can do afterwards.

**You need:** which chapters. **Time:** how many minutes.
:::

## The idea

A picture to drag or to look at, the code that builds it, and what to notice. A figure has alt
text that says what there is to see, and axis labels with units.

```{{code-cell}}
---
mystnb:
  image:
    alt: A parabola with its lowest point at zero
---
x = np.linspace(-2, 2, 101)
fig, ax = plt.subplots()
ax.plot(x, x**2, color=plots.TRAIN)
ax.set(xlabel="parameter", ylabel="loss")
plt.show()
```

## Pitfalls

What goes wrong in practice, and how one sees it.

## Summary

Three sentences.

## Exercises

Tests and hints are in `src/lessons/exercises/{module}.py`. A cell tagged `stub` holds the
unsolved function, which ends with `check("{slug}/name", function)`.

## Where next

What the reader can now understand.

## Sources

Where each fact comes from.

## Solutions

One cell for each exercise, tagged `solution` and `hide-cell`.
"""


def new(root: Path, number: str, title: str) -> Path:
    """Write the skeleton of a chapter and return its path.

    Raises
    ------
    NotebookError
        If the number is not two digits, the title has no letters, or the number is taken.
    """
    title = " ".join(title.split())
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not re.fullmatch(r"\d\d", number) or not slug:
        raise NotebookError('a chapter needs a two-digit number and a title in Latin letters: '
                            'make new CH=26 TITLE="Agents"')
    taken = sorted(p.name for p in (root / "text").glob(f"{number}-*.md"))
    if taken:
        raise NotebookError(f"chapter {number} exists: text/{taken[0]}")
    path = root / "text" / f"{number}-{slug}.md"
    path.parent.mkdir(exist_ok=True)
    text = TEMPLATE.format(title=title, slug=slug, module=slug.replace("-", "_"))
    path.write_text(text, encoding="utf-8")
    return path
