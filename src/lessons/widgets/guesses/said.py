"""What a reader is told about a guess: every sentence is recorded, here they are chosen."""

from typing import Any


def sentences(payload: dict[str, Any], answer: Any) -> str:
    """Return what a reader is told.

    The website's ``guess.js`` chooses in the same way.

    Parameters
    ----------
    payload : dict
        What `ask.guess` has recorded.
    answer : int, list of int, or None
        Number of the slider's stop or of the choice; the level of each point of a curve; None for
        "show me".
    """
    if answer is None:
        said = payload["shown"]
    elif payload["kind"] == "curve":
        points = list(zip(payload["points"], answer, strict=True))
        worst, level = max(points, key=lambda pair: pair[0]["errors"][pair[1]])
        said = worst["said"][level]
    else:
        said = payload["said"][answer]
    return f"{said} {payload['why']}".strip()
