"""The weights of the run of chapter 10: 8 bits each, a scale for a row, see `experiments.page_gpt`.

`lessons.compress.quantise` made the whole numbers, and chapter 22 says what that costs.
"""

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lessons.data import corpus
from lessons.gpt.on_numpy import GPT
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.studies import record as records

FILE = Path(str(resources.files("lessons.studies.page_gpt"))) / "weights.npz"
SCALE = ":scale"  # ends the name of the scales of a matrix of whole numbers


def record() -> dict[str, Any]:
    """Return how the file was made, and what each kind of short number would cost.

    Examples
    --------
    >>> record()["chosen"]
    '8 bits, a scale for a row'
    """
    return records.load("page_gpt")


def save(file: str | Path | BinaryIO, arrays: Mapping[str, np.ndarray],
         tokenizer: BytePairTokenizer, n_heads: int) -> None:
    """Write what `load` reads.

    Parameters
    ----------
    file : path or binary file
    arrays : mapping of str to numpy.ndarray
        Each weight by its name: numbers, or whole numbers (n_out, n_in) whose scales (n_out, 1)
        stand under the same name with ``:scale`` behind it.
    tokenizer : BytePairTokenizer
    n_heads : int
    """
    np.savez_compressed(file, **arrays, merges=np.array(tokenizer.merges, dtype=np.int32),
                        n_heads=n_heads)


def load(file: str | Path | BinaryIO = FILE) -> tuple[GPT, BytePairTokenizer]:
    """Return the model, in float32, and its tokenizer.

    Parameters
    ----------
    file : path or binary file
        Such as ``io.BytesIO`` of what a page has fetched.

    Raises
    ------
    ValueError
        If it is not such a file, or only a part of it.

    Examples
    --------
    >>> model, tokenizer = load()
    >>> tokens = tokenizer.encode("If the object is")
    >>> tokenizer.decode([model([tokens])[0, -1].argmax()])
    ' a'
    """
    try:
        with zipfile.ZipFile(file) as stored:  # it checks the sums before numpy reads
            arrays = {name.removesuffix(".npy"): np.load(io.BytesIO(stored.read(name)))
                      for name in stored.namelist()}
        merges, n_heads = arrays.pop("merges"), int(arrays.pop("n_heads"))
        weights = {name: np.float32(w) * arrays.get(name + SCALE, np.float32(1))
                   for name, w in arrays.items() if not name.endswith(SCALE)}
        model, tokenizer = GPT(weights, n_heads), BytePairTokenizer(merges)
        model([[tokenizer.vocab_size - 1]])  # is all there, and does it fit together?
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError) as error:
        raise ValueError(f"this is not the file of weights, or not all of it ({error}): load it "
                         "again") from None
    return model, tokenizer


def bits_per_byte(model: GPT, tokenizer: BytePairTokenizer, n: int = 256) -> float:
    """Return the bits per byte on the held-out topics, as `lessons.train` measures them.

    Parameters
    ----------
    model : GPT
    tokenizer : BytePairTokenizer
    n : int
        How many windows of the text to read at most.
    """
    ids, T = np.array(tokenizer.encode(corpus.split(corpus.topics())[1])), model.n_positions
    starts = np.arange(0, len(ids) - T, T)[:n]
    nats = n_bytes = 0.0
    for part in np.array_split(starts, math.ceil(len(starts) / 8)):
        rows = ids[part[:, None] + np.arange(T + 1)]
        logits = model(rows[:, :-1]).astype(np.float64)  # (B, T, V)
        right = np.take_along_axis(logits, rows[:, 1:, None], -1)[..., 0]
        nats += (np.log(np.exp(logits).sum(-1)) - right).sum()
        n_bytes += sum(len(tokenizer.vocab[i]) for i in rows[:, 1:].ravel())
    return float(nats / math.log(2) / n_bytes)
