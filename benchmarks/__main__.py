"""Repeat measurements: ``python -m benchmarks`` all of them, ``python -m benchmarks NAME…`` some.

What is no name goes to the benchmark before it: ``gpt_vs_nanogpt FOLDER`` takes a copy of nanoGPT,
``site_weight BOOK=FOLDER…`` other books. At last, ``results`` writes RESULTS.md.
"""

import sys
from importlib import import_module

NAMES = ("engine_vs_torch", "your_machine", "frames", "python_in_page", "gpt_vs_nanogpt",
         "site_weight", "sliders", "page_training", "results")


def chosen(words):
    """Return what to run, as pairs of a name and its arguments.

    Examples
    --------
    >>> chosen(["sliders", "site_weight", "A book=folder"])
    [('sliders', []), ('site_weight', ['A book=folder']), ('results', [])]
    >>> [name for name, _ in chosen([])] == list(NAMES)
    True
    """
    found = []
    for word in words or NAMES:
        if word in NAMES:
            found.append((word, []))
        elif found:
            found[-1][1].append(word)
        else:
            sys.exit(f"there is no measurement {word}: choose among {', '.join(NAMES)}")
    return found if ("results", []) in found else [*found, ("results", [])]


if __name__ == "__main__":
    for name, arguments in chosen(sys.argv[1:]):
        import_module(f"benchmarks.{name}").main(*arguments)
