"""The settings of a training run: what they mean, and which values can work."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any


class ConfigError(ValueError):
    """A setting that cannot work: says which one, and what to do."""


KINDS: dict[Any, str] = {int: "a whole number", float: "a number", str: "a text",
                         bool: "true or false"}

# What a value must be: the test, and the words for it.
Rule = tuple[Callable[[Any], bool], str]
ANY: Rule = (lambda v: True, "")
COUNT: Rule = (lambda v: v >= 1, "1 or more")
NATURAL: Rule = (lambda v: v >= 0, "0 or more")
POSITIVE: Rule = (lambda v: 0 < v <= 1e9, "above 0, at most 1e9")
NOT_NEGATIVE: Rule = (lambda v: 0 <= v <= 1e9, "from 0 to 1e9")
SHARE: Rule = (lambda v: 0 <= v < 1, "from 0 to below 1")
PROPER_SHARE: Rule = (lambda v: 0 < v < 1, "above 0 and below 1")


def one_of(*words: str) -> Rule:
    """Return the rule that a value is one of some words.

    Examples
    --------
    >>> one_of("ddp", "fsdp")[1]
    'ddp or fsdp'
    """
    return lambda v: v in words, " or ".join(words)


RESUME: Rule = (lambda v: v in ("no", "auto") or v.isdecimal(), "no, auto or a step")
FOLDER: Rule = (lambda v: v.strip() != "", "the name of a folder")


def setting(default: Any, rule: Rule, text: str, *, unit: str = "",
            may_change: bool = False) -> Any:
    """Return a field of `TrainConfig`; `may_change` allows a resumed run a new value."""
    return field(default=default, metadata=dict(rule=rule, text=text, unit=unit,
                                                may_change=may_change))


@dataclass(frozen=True)
class TrainConfig:
    """Every setting of a run. ``python -m lessons.train --help`` lists them with their units.

    Raises
    ------
    ConfigError
        If a value has the wrong type or cannot work, alone or together with another one.

    Examples
    --------
    >>> TrainConfig(n_steps=2000).n_steps
    2000
    >>> TrainConfig(lr=0.0)
    Traceback (most recent call last):
        ...
    lessons.train.config.ConfigError: lr must be above 0, at most 1e9, got 0.0
    """

    out: str = setting("run", FOLDER, "folder of the run, which all processes must see",
                       may_change=True)
    resume: str = setting("no", RESUME, "continue the run in that folder: from its newest whole "
                          "checkpoint (auto; if there is none, the run begins), or from that of "
                          "a step",
                          may_change=True)
    data: str = setting("", ANY, "text file in UTF-8; empty for the help topics of Python. It may "
                        "move, but not change, before a resume", may_change=True)
    valid_share: float = setting(0.1, PROPER_SHARE, "share of the text kept for validation")
    vocab_size: int = setting(1024, (lambda v: v >= 256, "256 or more"), "size of the vocabulary",
                              unit="tokens")
    n_positions: int = setting(128, COUNT, "length of the context", unit="tokens")
    n_layers: int = setting(4, COUNT, "depth of the model", unit="blocks")
    n_heads: int = setting(4, COUNT, "attention heads in a block; divides d_model", unit="heads")
    d_model: int = setting(128, COUNT, "width of the model", unit="numbers for a token")
    dropout: float = setting(0.0, SHARE, "share of the numbers set to 0 in training")
    n_steps: int = setting(500, COUNT, "length of the run", unit="optimiser steps",
                           may_change=True)
    batch_size: int = setting(32, COUNT, "sequences for one step, of all processes together",
                              unit="sequences")
    n_accumulate: int = setting(1, COUNT, "parts into which each process cuts its share of a "
                                "batch, to save memory", unit="parts", may_change=True)
    lr: float = setting(1e-3, POSITIVE, "peak learning rate")
    schedule: str = setting("cosine", one_of("constant", "linear", "cosine", "step"),
                            "what follows the warm-up, see lessons.engine.optim.schedule")
    n_schedule: int = setting(0, NATURAL, "length of the schedule, from the first step of the run; "
                              "0 for that of the run when it began. Steps beyond it keep the last "
                              "learning rate, or a tenth of the peak if that was 0", unit="steps",
                              may_change=True)
    n_warmup: int = setting(50, NATURAL, "warm-up; shorter than the run. On the command line of a "
                            "run below 500 steps a tenth of it, if not given", unit="steps")
    weight_decay: float = setting(0.1, NOT_NEGATIVE, "AdamW's pull towards 0, on matrices only")
    beta1: float = setting(0.9, SHARE, "AdamW's memory of the gradient")
    beta2: float = setting(0.95, SHARE, "AdamW's memory of the squared gradient")
    clip: float = setting(1.0, NOT_NEGATIVE, "largest norm of the gradient; 0 for no limit")
    seed: int = setting(0, NATURAL, "decides initial weights, order of the data and dropout")
    device: str = setting("auto", one_of("auto", "cuda", "mps", "cpu"), "where to compute",
                          may_change=True)
    precision: str = setting("auto", one_of("auto", "float32", "bfloat16", "float16"),
                             "of matrix products; auto is bfloat16 on a GPU that has it, float16 "
                             "on an older one, and float32 elsewhere", may_change=True)
    parallel: str = setting("ddp", one_of("ddp", "fsdp"), "under torchrun: a copy of the model in "
                            "each process, or a part of it", may_change=True)
    log_every: int = setting(10, COUNT, "how often losses are fetched and written (all of them), "
                             "and a stop is seen by several processes", unit="steps",
                             may_change=True)
    valid_every: int = setting(100, COUNT, "how often the validation loss is measured",
                               unit="steps", may_change=True)
    n_valid: int = setting(256, COUNT, "at most so many sequences are measured for it",
                           unit="sequences", may_change=True)
    save_every: int = setting(100, COUNT, "how often a checkpoint is written", unit="steps",
                              may_change=True)
    keep: int = setting(3, COUNT, "how many checkpoints stay", unit="checkpoints", may_change=True)
    tensorboard: bool = setting(True, ANY, "also write a log for TensorBoard", may_change=True)
    peak_tflops: float = setting(0.0, NOT_NEGATIVE, "16-bit rate of one device, for the MFU; 0: "
                                 "known for many GPUs, otherwise no MFU", unit="TFLOP/s",
                                 may_change=True)

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.type is float and type(value) is int:
                object.__setattr__(self, f.name, float(value))
            elif type(value) is not f.type:
                raise ConfigError(f"{f.name} is {KINDS[f.type]}, got {value!r}")
            test, words = f.metadata["rule"]
            if not test(value):
                raise ConfigError(f"{f.name} must be {words}, got {value!r}")
        if self.d_model % self.n_heads:
            raise ConfigError(f"n_heads={self.n_heads} must divide d_model={self.d_model}")
        if self.batch_size % self.n_accumulate:
            raise ConfigError(f"n_accumulate={self.n_accumulate} must divide "
                              f"batch_size={self.batch_size}")
        if self.n_warmup >= self.n_steps:
            raise ConfigError(f"the warm-up, n_warmup={self.n_warmup}, must be shorter than the "
                              f"run, n_steps={self.n_steps}")
        if 0 < self.n_schedule <= self.n_warmup:
            raise ConfigError(f"the warm-up, n_warmup={self.n_warmup}, must be shorter than the "
                              f"schedule, n_schedule={self.n_schedule}")

    def sizes(self) -> dict[str, Any]:
        """Return what `lessons.gpt.model.Config` needs."""
        names = ("vocab_size", "n_positions", "n_layers", "n_heads", "d_model", "dropout")
        return {name: getattr(self, name) for name in names}

    def to_toml(self) -> str:
        """Return the settings as a file for ``--config``, less those of the place and the start.

        Examples
        --------
        >>> 'lr = 0.01\\nschedule = "cosine"' in TrainConfig(lr=0.01).to_toml()
        True
        """
        stored = {k: v for k, v in asdict(self).items() if k not in ("out", "resume")}
        # Text, numbers and truth values are written alike in JSON and TOML.
        return "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in stored.items())

    def check_resumes(self, stored: dict[str, Any]) -> None:
        """Refuse to continue a run whose settings were others, unless they may change.

        Parameters
        ----------
        stored : dict
            The settings in the run's checkpoint. One that is missing had its default.

        Raises
        ------
        ConfigError
            If a setting differs that makes it another run.
        """
        for f in fields(self):
            old, new = stored.get(f.name, f.default), getattr(self, f.name)
            if not f.metadata["may_change"] and old != new:
                free = [f.name for f in fields(self) if f.metadata["may_change"]]
                raise ConfigError(f"{f.name} was {old!r} when this run began and cannot become "
                                  f"{new!r}: leave it out, or start a new run with another --out "
                                  f"(only these may change: {', '.join(free)})")
