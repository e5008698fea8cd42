"""The part that travels into a page needs numpy alone."""

import subprocess
import sys

WITHOUT = """
import sys
for name in ("torch", "scipy", "sklearn", "matplotlib", "IPython", "ipywidgets", "PIL"):
    sys.modules[name] = None  # importing it fails
from lessons.playground import page
page.begin({"data": "spirals", "n": 40})
page.advance({"steps": 3})
page.look({"layer": 0})
print(len(page.program()["torch"].splitlines()) > 30)
"""


def test_it_works_where_there_is_only_numpy():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")
