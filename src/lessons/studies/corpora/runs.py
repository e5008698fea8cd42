"""The runs of the study, each a function of what is changed and of the seed.

All train the same small GPT for the same number of steps, so at equal compute; only the text
differs. Every function returns bits per byte of texts that the run has not seen, by their names.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from lessons.gpt import text as gpt_text
from lessons.gpt.sampling import generate
from lessons.studies import trial
from lessons.studies.corpora import texts
from lessons.studies.corpora.record import N_STEPS


def small() -> nn.Module:
    """Return the small GPT of `trial`, its first matrices four times as large."""
    return trial.enlarged(trial.small(), 4)


RECIPE = replace(trial.Recipe(), build=small, batch_size=4)  # small batches learn more by byte
N_BLOCKS = N_STEPS * RECIPE.batch_size * RECIPE.n_positions // texts.BLOCK  # one epoch
ROWS, ROUNDS, CONTEXT, NEW = 256, 5, 16, 60  # of the text that a model writes


def tokens(raw: bytes) -> torch.Tensor:
    """Return bytes as token ids.

    Examples
    --------
    >>> tokens(b"ab").tolist()
    [97, 98]
    """
    return torch.tensor(list(raw))


def trained(raw: bytes, seed: int, n_steps: int = N_STEPS) -> trial.Run:
    """Return a run on a text, without a look at any other."""
    torch.set_num_threads(1)
    few = raw[:2000]  # a run must read some text at its end; ours are read afterwards
    return trial.train(RECIPE, gpt_text.Text(tokens(raw), tokens(few)), seed, n_steps=n_steps)


def read(model: nn.Module, parts: Mapping[str, bytes]) -> dict[str, float]:
    """Return the bits per byte of each text."""
    return {name: round(gpt_text.nats_per_byte(model, tokens(raw), RECIPE.n_positions)
                        / math.log(2), 4) for name, raw in parts.items()}


def scored(raw: bytes, seed: int, n_steps: int = N_STEPS,
           parts: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Return a run's bits per byte of the manual's validation text, and of other texts."""
    run = trained(raw, seed, n_steps)
    parts = {"topics": texts.topics()[1].encode()} | dict(parts or {})
    return read(run.model, parts) | {"n_text": len(raw), "n_seen": run.n_bytes,
                                     "flops": run.flops, "processor_s": round(run.processor_s, 1)}


def held_docstrings() -> bytes:
    """Return docstrings that no run trains on."""
    return b"".join(texts.blocks(texts.library())[: texts.N_HELD])


def epochs(n_epochs: int, seed: int) -> dict[str, Any]:
    """Train on a part of the manual that is read `n_epochs` times."""
    raw = texts.shuffled(texts.drawn(texts.base(), N_BLOCKS // n_epochs, seed), seed)
    return scored(raw, seed, parts=texts.tests(seed) | {"docstrings": held_docstrings()})


def shorter(n_steps: int, seed: int) -> dict[str, Any]:
    """Train for fewer steps, on text that is read once."""
    raw = texts.shuffled(texts.drawn(texts.base(), N_BLOCKS, seed), seed)
    return scored(raw, seed, n_steps)


def whole(how: str, seed: int) -> dict[str, Any]:
    """Train on the manual as it is, without near copies, or with as much text left out."""
    train = texts.topics()[0]
    keep = texts.not_copies(train)
    if how == "random part left out":
        lost = len(train.encode()) - len(texts.dropped(train, keep).encode())
        keep = texts.at_random(train, lost, np.random.default_rng([seed, 4]))
    elif how == "as it is":
        keep[:] = True
    return scored(texts.dropped(train, keep).encode(), seed)


def copied(how: str, seed: int) -> dict[str, Any]:
    """Train on a text of which half is 16 copies of a 32nd part; or after cleaning."""
    half = N_BLOCKS // 4
    found = texts.drawn(texts.base(), half + half // 16, seed)
    full = found[:half] + 16 * found[half:]
    if how == "without copies":
        full = found
    elif how == "random part":
        order = np.random.default_rng([seed, 5]).permutation(len(full))
        full = [full[i] for i in order[: len(found)]]
    return scored(texts.shuffled(full, seed), seed)


def leak(what: str, n_copies: int, seed: int) -> dict[str, Any]:
    """Train on text in which some blocks are replaced by copies of a test, or of another text.

    With ``"disguised"`` one byte in twelve of the test is another one, the same in all copies.
    """
    parts = texts.tests(seed)
    chosen = parts["other" if what == "other" else "test"]
    if what == "disguised":
        chosen = texts.garbled(chosen, np.random.default_rng([seed, 6]), 1 / 12)
    leaked = [chosen[i : i + texts.BLOCK] for i in range(0, len(chosen), texts.BLOCK)] * n_copies
    own = texts.drawn(texts.base(), N_BLOCKS, seed)[: N_BLOCKS - len(leaked)]
    return scored(texts.shuffled(own + leaked, seed), seed, parts=parts)


def filtered(noise: str, how: str, seed: int) -> dict[str, Any]:
    """Train on a text of which half is spoilt, or on one half of it, chosen in some way."""
    pool, spoilt, bits = texts.spoilt_pool(noise, seed)
    n = len(pool) // 2
    order = {"all": np.arange(len(pool)), "filter": np.argsort(bits, kind="stable")[:n],
             "random": np.random.default_rng([seed, 7]).permutation(len(pool))[:n],
             "clean": np.flatnonzero(~spoilt)}[how]
    raw = texts.shuffled([pool[i] for i in order], seed)
    return scored(raw, seed) | {"clean_share": round(float((~spoilt[order]).mean()), 4)}


def mixed(per_cent: int, seed: int) -> dict[str, Any]:
    """Train on a text of which so much is the manual, and the rest docstrings."""
    n = round(N_BLOCKS * per_cent / 100)
    others = texts.blocks(texts.library())[texts.N_HELD :]
    order = np.random.default_rng([seed, 8]).permutation(len(others))[: N_BLOCKS - n]
    parts = texts.drawn(texts.base(), N_BLOCKS, seed)[:n] + [others[i] for i in order]
    return scored(texts.shuffled(parts, seed), seed, parts={"docstrings": held_docstrings()})


def written(model: nn.Module, raw: bytes, seed: int) -> bytes:
    """Return what a model writes, in rows that begin after some bytes of its text."""
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(len(raw) - CONTEXT, (ROWS, 1), generator=generator)
    rows = tokens(raw)[starts + torch.arange(CONTEXT)]
    for _ in range(ROUNDS):
        new = generate(model, rows[:, -CONTEXT:], NEW, generator=generator)
        rows = torch.cat([rows, new[:, CONTEXT:]], dim=1)
    return bytes(rows[:, CONTEXT:].flatten().tolist())


def own(half_real: bool, n_generations: int, seed: int) -> list[dict[str, Any]]:
    """Train a model, let it write, train the next one on that, and so on.

    Each begins anew and reads as much text, twice; with `half_real` half of that is real.
    """
    real = texts.drawn(texts.base(), N_BLOCKS // 2, seed)
    known = set(texts.base().split())
    raw, out = texts.shuffled(real, seed), []
    for generation in range(n_generations + 1):
        run = trained(raw, seed)
        out.append(read(run.model, {"topics": texts.topics()[1].encode()}))
        if generation == n_generations:
            break
        text = written(run.model, raw, 100 * seed + generation)
        words = text.decode(errors="replace").split()
        out[-1] |= {"distinct": len(set(words)), "words": len(words),
                    "known": round(sum(word in known for word in words) / len(words), 4),
                    "bytes": len(set(text)), "sample": text[:300].decode(errors="replace")}
        parts = [text[i : i + texts.BLOCK] for i in range(0, len(text), texts.BLOCK)]
        raw = texts.shuffled(real[: len(real) // 2] + parts[: len(real) // 2] if half_real
                             else parts, seed)
    return out


FAMILIES = {f.__name__: f for f in (epochs, shorter, whole, copied, leak, filtered, mixed, own)}


def one(family: str, *arguments: Any) -> Any:
    """Do one run, by the name of its function.

    Raises
    ------
    ValueError
        If there is no such family of runs.
    """
    if family not in FAMILIES:
        raise ValueError(f"the families are {', '.join(FAMILIES)}, got {family!r}")
    return FAMILIES[family](*arguments)
