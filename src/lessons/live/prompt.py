"""The recorded GPT of chapter 10 as its page asks it: it reads a text, then writes on.

Numbers travel in base64: logits as float32, attention as whole ten-thousandths in uint16.
"""

import base64
from functools import cache
from typing import Any

import numpy as np

from lessons.gpt.choosing import Reading
from lessons.studies.page_gpt import weights

MOST_CHARACTERS = 20_000  # of a text; the model sees 128 tokens anyway
N_TOP = 10

model = cache(weights.load)
now: dict[str, Any] = {}  # the text that is read, and what draws its next tokens


def read(argument: dict[str, Any]) -> dict[str, Any]:
    """Read a text from its beginning.

    Parameters
    ----------
    argument : dict
        ``text``, of which only the end is read if it is very long, and ``seed``.

    Returns
    -------
    dict
        What `state` says.

    Raises
    ------
    ValueError
        If there is nothing to read.

    Examples
    --------
    >>> said = read({"text": "If the object is", "seed": 0})
    >>> [text for _, text in said["tokens"]], said["top"][0][1]
    (['I', 'f', ' the', ' object', ' is'], ' a')
    """
    text = argument["text"][-MOST_CHARACTERS:].encode("utf-8", "replace").decode()
    if not text:
        raise ValueError("there is no text: the model needs one character at least")
    gpt, tokenizer = model()
    now["reading"] = Reading(gpt, tokenizer.encode(text))
    now["rng"] = np.random.default_rng(int(argument["seed"]))
    return state(now["reading"])


def write(argument: dict[str, Any]) -> dict[str, Any]:
    """Draw a token, add it to the text, and return what `state` then says.

    Parameters
    ----------
    argument : dict
        ``temperature``, ``top_k`` and ``top_p``, as `lessons.gpt.choosing.probabilities` has them.

    Examples
    --------
    >>> _ = read({"text": "If the object is", "seed": 0})
    >>> said = write({"temperature": 0, "top_k": None, "top_p": None})
    >>> said["first"], said["tokens"][-1][1]  # only the row of the new token is sent
    (5, ' a')
    """
    reading = now["reading"]
    reading.add(reading.draw(now["rng"], **argument))
    return state(reading)


def state(reading: Reading) -> dict[str, Any]:
    """Return all that a page shows of a text.

    Returns
    -------
    dict
        ``tokens`` in sight, each with its number and text (of half a character its bytes);
        ``before``, how many are out of sight; ``logits`` of the next token; the likeliest as
        ``top``; and from token ``first`` on ``rows``: of each, L times H times the tokens up to
        it, how much attention each of these gets.
    """
    tokenizer = model()[1]
    in_sight = reading.tokens[reading.n_before:]
    looks = np.rint(np.stack(reading.attention) * 10_000).astype("<u2")  # (L, H, T, S)
    first = len(in_sight) - looks.shape[2]
    rows = b"".join(looks[:, :, t, : first + t + 1].tobytes() for t in range(looks.shape[2]))
    order = np.argsort(-reading.logits, kind="stable")[:N_TOP]
    return {"tokens": [[i, shown(tokenizer.vocab[i])] for i in in_sight],
            "before": reading.n_before, "logits": packed(reading.logits.astype("<f4").tobytes()),
            "top": [[int(i), shown(tokenizer.vocab[i])] for i in order],
            "first": first, "rows": packed(rows), "heads": list(looks.shape[:2])}


def shown(token: bytes) -> str:
    """Return the text of a token; of one that is no text by itself, its bytes.

    Examples
    --------
    >>> shown(b" the"), shown(b"\\xf0\\x9f")
    (' the', '<F0·9F>')
    """
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{token.hex(' ').upper().replace(' ', '·')}>"


def packed(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode("ascii")
