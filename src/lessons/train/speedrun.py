"""How fast can a small GPT get as good as chapter 10's? Records, and a run of your own.

    python -m lessons.train.speedrun               the table of records
    python -m lessons.train.speedrun --row Muon    run one of them again
    python -m lessons.train.speedrun --row Muon --change lr=0.01 n_steps=300 --name mine

Rules: learn from the training part of chapter 10's text alone; reach `TARGET` bits per byte on its
held-out topics; what counts is the processor time of one core, the tokenizer's included and looks
at the held-out text left out. Machines differ, so a time is given in seconds of chapter 10's
machine: steps of chapter 10's model are timed before and after, here and now.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import nn
from torch.nn import functional as F

from lessons.data import corpus
from lessons.engine.optim import schedule
from lessons.gpt import model as gpt
from lessons.gpt.checks import check_causal
from lessons.gpt.tokenizer import BytePairTokenizer, train_bpe
from lessons.gpt.variants import assembled, attention, layers
from lessons.train.muon import muon
from lessons.train.optimiser import decay_groups
from lessons.train.tokens import Windows, sequential_batches

TARGET = 1.835  # bits per byte; chapter 10's run ended at 1.833
STEP_S = 0.251  # processor seconds of a step of chapter 10's run, on the machine of its record
N_TIMED = 6  # steps of a calibration


@dataclass(frozen=True)
class Entry:
    """Everything that decides a run. The defaults are chapter 10's.

    Examples
    --------
    >>> Entry(lr=-1.0)
    Traceback (most recent call last):
        ...
    ValueError: lr must be a number above 0, got -1.0
    """

    name: str = "chapter 10"
    idea: str = "the run to beat"
    n_steps: int = 1000
    lr: float = 0.003
    batch_size: int = 16
    n_positions: int = 128
    vocab_size: int = 1024
    n_layers: int = 4
    n_heads: int = 4
    d_model: int = 128
    dropout: float = 0.1
    rotary: bool = False
    squared: bool = False
    muon: bool = False
    down: float = 0.0  # share of the run in which the rate falls to 0; 0 for a cosine
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if (
                field.type is not str
                and field.type is not bool
                and field.name not in ("seed", "dropout", "down")
            ):
                if not (math.isfinite(value) and value > 0):
                    raise ValueError(f"{field.name} must be a number above 0, got {value}")
            if not isinstance(value, (int, field.type) if field.type is float else field.type):
                raise ValueError(f"{field.name} is a {field.type.__name__}, got {value!r}")
        if not 0 <= self.dropout < 1 or not 0 <= self.down <= 1:
            raise ValueError("dropout and down are shares, from 0 to 1")
        if self.dropout and (self.rotary or self.squared):
            raise ValueError("the parts of today have no dropout: set dropout=0")
        gpt.Config(self.vocab_size, self.n_positions, self.n_layers, self.n_heads, self.d_model)

    def build(self) -> nn.Module:
        """Return the model, its weights drawn by torch's generator."""
        config = gpt.Config(
            self.vocab_size,
            self.n_positions,
            self.n_layers,
            self.n_heads,
            self.d_model,
            self.dropout,
        )
        if not (self.rotary or self.squared):
            return gpt.GPT(config)
        return assembled.GPT(
            config,
            assembled.Parts(
                attention=attention.Rotary if self.rotary else attention.Attention,
                mlp=layers.SquaredReLU if self.squared else gpt.MLP,
                positions=not self.rotary,
            ),
        )

    def optimiser(self, model: nn.Module) -> torch.optim.Optimizer:
        """Return AdamW as in chapter 10, or Muon."""
        if self.muon:
            return muon(model, self.lr)
        return torch.optim.AdamW(decay_groups(model, 0.1), lr=self.lr, betas=(0.9, 0.95))

    def share(self, step: int) -> float:
        """Return the share of the peak rate in a step, from 0 on."""
        if not self.down:
            return schedule("cosine", self.n_steps, min(50, self.n_steps // 10))(step)
        done = (step + 0.5) / self.n_steps
        return min(1.0, done / 0.05, (1 - done) / self.down)


@dataclass(frozen=True)
class Result:
    """What a run gave.

    Attributes
    ----------
    bits_per_byte : float
        On the held-out topics; infinite if the run diverged.
    processor_s, reference_s : float
        On this machine, and in seconds of chapter 10's.
    n_bytes : int
        Bytes of text that training saw, repetitions included.
    """

    entry: Entry
    bits_per_byte: float
    processor_s: float
    reference_s: float
    n_bytes: int

    @property
    def counts(self) -> bool:
        """Whether the target was reached."""
        return self.bits_per_byte <= TARGET


def bits_per_byte(model: nn.Module, tokenizer: BytePairTokenizer, text: str, length: int) -> float:
    """Return what a model needs for each byte of a text, read in pieces of `length` tokens."""
    tokens = torch.tensor(tokenizer.encode(text), dtype=torch.int32)
    n_bytes_of = torch.tensor([len(b) for b in tokenizer.vocab])
    nats = n_bytes = 0.0
    with torch.no_grad(), gpt.evaluating(model):
        for inputs, targets in sequential_batches(tokens, length, len(tokens), 16):
            logits = model(inputs).flatten(0, 1)
            nats += F.cross_entropy(logits, targets.flatten(), reduction="sum").item()
            n_bytes += n_bytes_of[targets].sum().item()
    return nats / math.log(2) / n_bytes if math.isfinite(nats) else math.inf


def calibrate(tokens: torch.Tensor) -> float:
    """Return the processor seconds that a step of chapter 10's model takes here and now."""
    entry, took = Entry(), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = entry.build()
        optimiser = entry.optimiser(model)
        windows = Windows(tokens % entry.vocab_size, entry.n_positions, seed=0)
        for i in range(N_TIMED + 1):
            start = time.thread_time()
            update(model, optimiser, windows.batch(i * entry.batch_size, entry.batch_size))
            took.append(time.thread_time() - start)
    return sum(took[1:]) / N_TIMED


def update(
    model: nn.Module, optimiser: torch.optim.Optimizer, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    """Do one step, as chapter 10 does it."""
    optimiser.zero_grad()
    gpt.loss(model, *batch).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


def run(entry: Entry, say: Callable[[str], None] = lambda line: None) -> Result:
    """Train one entry on one thread, and measure it.

    Raises
    ------
    ValueError
        If its model sees later tokens, or its settings cannot work together.
    """
    torch.set_num_threads(1)
    train_text, valid_text = corpus.split(corpus.topics())
    torch.manual_seed(entry.seed)
    start = time.thread_time()
    tokenizer = train_bpe(train_text, entry.vocab_size)
    tokens = torch.tensor(tokenizer.encode(train_text), dtype=torch.int32)
    spent = time.thread_time() - start
    before = calibrate(tokens)
    start = time.thread_time()
    model = entry.build()
    optimiser = entry.optimiser(model)
    check_causal(model, entry.n_positions, entry.vocab_size)
    windows = Windows(tokens, entry.n_positions, entry.seed)
    for step in range(entry.n_steps):
        for group in optimiser.param_groups:
            group["lr"] = entry.lr * entry.share(step)
        update(model, optimiser, windows.batch(step * entry.batch_size, entry.batch_size))
        if (step + 1) % 100 == 0:
            say(f"{step + 1} of {entry.n_steps} steps")
    spent += time.thread_time() - start
    check_causal(model, entry.n_positions, entry.vocab_size)
    unit = (before + calibrate(tokens)) / 2
    n_bytes = round(
        entry.n_steps
        * entry.batch_size
        * entry.n_positions
        / len(tokens)
        * len(train_text.encode())
    )
    return Result(
        entry,
        bits_per_byte(model, tokenizer, valid_text, entry.n_positions),
        spent,
        spent / unit * STEP_S,
        n_bytes,
    )
