"""Whether the book is being built, or a reader runs a cell."""

import os


def recording() -> bool:
    """Tell whether outputs are recorded for the website: `LESSONS_RECORD` is set to 1.

    Then a widget stores all that the website needs, instead of showing itself live, and nothing
    depends on the machine.
    """
    return os.environ.get("LESSONS_RECORD") == "1"
