"""One run of an entry: its score, and its processor seconds in turns with chapter 10's steps.

A step takes as long as the machine is slow, and busy machines are slow. So every run does a step of
chapter 10's model now and then, on a second clock: what counts is the ratio of the two.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.data import corpus
from lessons.gpt import model as gpt
from lessons.gpt.checks import check_causal
from lessons.gpt.tokenizer import train_bpe
from lessons.studies.speedrun import ladder
from lessons.studies.speedrun.entry import Entry
from lessons.studies.speedrun.results import Result
from lessons.studies.trial import update
from lessons.train.tokens import Batch, Windows, sequential_batches
from lessons.train.trainer import seed_of

VOCABULARY, LENGTH = ladder.CONFIG.vocab_size, ladder.CONFIG.n_positions
N_TURNS = 20  # steps of chapter 10's model in a run


@dataclass(frozen=True)
class Tokens:
    """Chapter 10's text, tokenised and split as there.

    Attributes
    ----------
    train : torch.Tensor
        Token ids, int32, shape (n,).
    valid, again : list of (inputs, targets)
        The held-out text, and as much of the training text, in windows of 128 tokens.
    n_bytes : torch.Tensor
        Bytes of each token, shape (1024,).
    """

    train: Tensor
    valid: list[Batch]
    again: list[Batch]
    n_bytes: Tensor


@cache
def tokens() -> Tokens:
    """Return the text of the speedrun."""
    train, valid = corpus.split(corpus.topics())
    tokenizer = train_bpe(train, VOCABULARY)
    ids, held = (torch.tensor(tokenizer.encode(part), dtype=torch.int32) for part in (train, valid))
    windows = sequential_batches(held, LENGTH, len(held), 16)
    starts = torch.arange(0, len(ids) - LENGTH, LENGTH)
    some = starts[:: len(starts) // sum(len(inputs) for inputs, _ in windows)]
    again = [Windows(ids, LENGTH, seed=0).at(part) for part in some.split(16)]
    return Tokens(ids, windows, again, torch.tensor([len(b) for b in tokenizer.vocab]))


@torch.no_grad()
def bits_per_byte(model: nn.Module, windows: list[Batch]) -> float:
    """Return what a model needs for a byte of a text; infinite if it is no number."""
    nats = n_bytes = 0.0
    with gpt.evaluating(model):
        for inputs, targets in windows:
            logits = model(inputs).flatten(0, 1)
            nats += F.cross_entropy(logits, targets.flatten(), reduction="sum").item()
            n_bytes += tokens().n_bytes[targets].sum().item()
    return nats / math.log(2) / n_bytes if math.isfinite(nats) else math.inf


@torch.no_grad()
def check_model(model: nn.Module) -> None:
    """Refuse a model that could know what it is to guess.

    Raises
    ------
    ValueError
        If its logits have another shape, or a guess depends on later tokens, or on other rows of
        the batch, which may hold later text.
    """
    inputs = tokens().again[0][0]
    with gpt.evaluating(model):
        logits = model(inputs)
        if tuple(logits.shape) != (*inputs.shape, VOCABULARY):
            raise ValueError(f"the model gives {tuple(logits.shape)} for {tuple(inputs.shape)} "
                             f"tokens: logits have the shape (B, T, {VOCABULARY})")
        alone = model(inputs[:1])
    check_causal(model, LENGTH, VOCABULARY)
    if not torch.allclose(alone, logits[:1], rtol=1e-3, atol=1e-4, equal_nan=True):
        raise ValueError("the guesses for a row change with the other rows of its batch, which may "
                         "hold later text: let each row be on its own")


def run(entry: Entry, seed: int = 0, say: Callable[[str], None] = lambda line: None) -> Result:
    """Train one entry on one thread, and measure it.

    Raises
    ------
    ValueError
        If its model could know what it is to guess, or learned from the held-out text.
    """
    torch.set_num_threads(1)
    recipe, text = entry.recipe, tokens()
    turn = Turn()
    windows = Windows(text.train, recipe.n_positions, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(seed))
        start = time.process_time()
        model = recipe.build()
        optimiser = recipe.optimiser(model, recipe.lr)
        spent, in_turn = time.process_time() - start, []
        check_model(model)
        peaks = [group["lr"] for group in optimiser.param_groups]
        for step in range(entry.n_steps):
            start = time.process_time()
            torch.manual_seed(seed_of(seed, step, 0))  # for dropout, as in chapter 10
            share = recipe.schedule((step + 0.5) / entry.n_steps)
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["lr"] = peak * share
            batch = windows.batch(step * recipe.batch_size, recipe.batch_size)
            update(recipe, model, optimiser, batch)
            spent += time.process_time() - start
            if (step + 1) * N_TURNS // entry.n_steps > step * N_TURNS // entry.n_steps:
                in_turn.append(turn.seconds())
                say(f"{entry.name}, seed {seed}: {step + 1} of {entry.n_steps} steps")
        check_model(model)
        bits, again = (bits_per_byte(model, part) for part in (text.valid, text.again))
    if bits < again:
        raise ValueError(f"{bits:.3f} bits per byte of the held-out text, {again:.3f} of the text "
                         "that it learned from: this model has seen the held-out text")
    return Result(entry.name, seed, entry.n_steps, bits, again, spent,
                  sum(in_turn) / len(in_turn))


class Turn:
    """Steps of chapter 10's model, to be timed between those of a run."""

    def __init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.model = ladder.BASE.build()
            self.optimiser = ladder.BASE.optimiser(self.model, ladder.BASE.lr)
            self.windows = Windows(tokens().train, LENGTH, seed=0)
        self.n_done = 0
        self.seconds()

    def seconds(self) -> float:
        """Do one step; return its processor seconds."""
        start = time.process_time()
        batch = self.windows.batch(self.n_done * ladder.BASE.batch_size, ladder.BASE.batch_size)
        update(ladder.BASE, self.model, self.optimiser, batch)
        self.n_done += 1
        return time.process_time() - start
