"""A run: a small GPT trained in a folder, from nothing or from a checkpoint on.

What it needs to go on after any kind of end is in the folder::

    run/resume.toml      its settings, in the form that --config reads
    run/tokenizer-*.json learned from its text
    run/checkpoints/     the newest ones, each with its SHA-256
    run/metrics.jsonl    the loss of every step, and of every validation
    run/tensorboard/     the same for TensorBoard

``python -m lessons.train --out run --resume auto`` goes on from the newest checkpoint that is
whole, and gives (in one process on a CPU) the very numbers of a run without the break. So nothing
may depend on what came before the checkpoint except what is in it: the random numbers of a step
come from the seed and the number of the step, and so do the learning rate and the place in the
data.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lessons.files import only_writer, write_atomically
from lessons.train import checkpoint, options, processes, tokens
from lessons.train.checkpoint import CheckpointError
from lessons.train.config import ConfigError, TrainConfig
from lessons.train.log import Log, cut_metrics, metrics_path, words
from lessons.train.terminal import Say, heard, stop_signals
from lessons.train.trainer import Diverged, MetricsBuffer, Trainer, lr_share


def train(config: TrainConfig, say: Say = tqdm.write) -> dict[str, Any]:
    """Train a model as a config says, in a new folder or from a checkpoint on.

    Parameters
    ----------
    config : TrainConfig
    say : callable
        Takes the lines that tell what happens.

    Returns
    -------
    dict
        ``step`` that was reached, whether it was ``stopped`` before the end, the last ``loss``,
        ``valid_loss``, ``bits_per_byte`` and ``tokens_per_s`` (None if not measured),
        ``n_parameters``, ``seconds`` and the ``checkpoint`` to go on from.

    Raises
    ------
    ConfigError
        If the settings cannot work, or are not those with which the run began.
    lessons.train.checkpoint.CheckpointError
        If a checkpoint cannot be written or read.
    lessons.files.FolderInUse
        If another process trains in the same folder.
    Diverged
        If the loss is no longer a number. The checkpoints before that stay.

    Examples
    --------
    >>> import tempfile
    >>> config = TrainConfig(out=tempfile.mkdtemp(), vocab_size=256, n_positions=16, n_layers=1,
    ...                      n_heads=2, d_model=16, n_steps=2, n_warmup=1, n_valid=8,
    ...                      device="cpu", tensorboard=False)
    >>> summary = train(config, say=lambda line: None)
    >>> summary["step"], summary["checkpoint"].name, round(summary["loss"])
    (2, 'step-00000002.pt', 6)
    """
    with processes.world(config.device) as here:
        return run(config, here, say)


def run(config: TrainConfig, here: processes.World, say: Say) -> dict[str, Any]:
    """Train in a world of processes: see `train`."""
    start, stop = time.perf_counter(), threading.Event()
    say = heard(say, stop) if here.is_first else (lambda line: None)
    with ExitStack() as stack:
        here.from_first(lambda: stack.enter_context(only_writer(config.out)))
        path, config = here.from_first(lambda: find_start(config, say))
        if not path:  # before anything slow, so that --resume auto knows what it was about
            here.from_first(lambda: write_settings(config))
        data = here.from_first(lambda: tokens.prepare(config, say if not path else quiet))
        state = load_everywhere(path, here) if path else None
        if state and state["text_sha256"] != data.sha256:
            raise ConfigError(f"{config.data or 'the text'} is not the text with which this run "
                              "began, its SHA-256 differs: name that one by --data")
        trainer = Trainer(config, here, data, state)
        del state  # as large as the model and its optimiser
        here.from_first(lambda: prepare_folder(config, trainer.step, say))
        if not path:
            path = trainer.save()  # shows early that the disk takes it
        say(f"{trainer.describe()}. Step {trainer.step} of {config.n_steps}.")
        log = None
        if here.is_first:
            log = Log(config.out, trainer.step, config.n_steps, config.tensorboard)
            stack.callback(log.close)
        summary = dict.fromkeys(("loss", "valid_loss", "bits_per_byte", "tokens_per_s"))
        summary |= {"checkpoint": path} | loop(trainer, log, say, stop)
    return summary | {"step": trainer.step, "stopped": trainer.step < config.n_steps,
                      "n_parameters": trainer.n_parameters,
                      "seconds": time.perf_counter() - start}


def quiet(line: str) -> None:
    """Say nothing."""


def find_start(config: TrainConfig, say: Say) -> tuple[Path | None, TrainConfig]:
    """Find the checkpoint from which a run goes on.

    Returns
    -------
    path : Path or None
        None if the run begins.
    config : TrainConfig
        With the length of the schedule, which a longer run keeps unless it is given another one.
    """
    folder = config.out
    path, state = None, None
    if config.resume == "auto":
        path, state = checkpoint.newest(folder, say)
    elif config.resume != "no":
        path = checkpoint.path_of(folder, int(config.resume))
        try:
            state = checkpoint.load(path)
        except CheckpointError as error:
            steps = [checkpoint.step_of(p) for p in checkpoint.listed(folder)]
            raise CheckpointError(f"{error}. There are the steps {steps}; --resume auto takes the "
                                  "newest whole one") from error
    if state is None:
        metrics = metrics_path(folder)
        if checkpoint.listed(folder) or metrics.exists() and metrics.stat().st_size:
            raise ConfigError(f"{folder} holds a run already: go on with it by --resume auto, or "
                              "choose another --out")
        stored = options.inherited(vars(config))
        if stored:  # killed before its first checkpoint, it begins once more
            config.check_resumes(stored)
        return None, replace(config, n_schedule=config.n_schedule or config.n_steps)
    config.check_resumes(state["config"])
    if state["step"] > config.n_steps:
        raise ConfigError(f"{path} is beyond the end, n_steps={config.n_steps}: give a larger "
                          "--n-steps, or an earlier step to --resume")
    stored = state["config"]
    n_schedule = config.n_schedule or stored.get("n_schedule") or stored["n_steps"]
    config = replace(config, n_schedule=n_schedule)
    if n_schedule < config.n_steps and config.schedule != "constant":
        lr = config.lr * lr_share(config)(n_schedule)
        say(f"The schedule ends at step {n_schedule}, later steps have the learning rate {lr:.2e}. "
            f"To stretch it over all: --n-schedule {config.n_steps}")
    return path, config


def load_everywhere(path: Path, here: processes.World) -> dict[str, Any]:
    """Read a checkpoint in each process, or fail in all of them."""
    try:
        state, error = checkpoint.load(path), None
    except CheckpointError as caught:
        state, error = None, caught
    if here.any(error is not None):
        raise error or CheckpointError(f"another process cannot read {path}: all of them must see "
                                       "the run's folder")
    assert state is not None
    return state


def prepare_folder(config: TrainConfig, step: int, say: Say) -> None:
    """Take out of the run's folder what comes after a step, and write down new settings."""
    moved = checkpoint.set_aside(config.out, step)
    if moved:
        say(f"Checkpoints after step {step} are kept as {', '.join(p.name for p in moved)}.")
    cut_metrics(config.out, step)
    write_settings(config)


def write_settings(config: TrainConfig) -> None:
    """Write a run's settings to its folder; its text can then be found from any other folder."""
    config = replace(config, data=config.data and os.path.abspath(config.data))
    text = config.to_toml().encode("utf-8", "surrogateescape")  # the path may be no UTF-8
    write_atomically(Path(config.out, "resume.toml"), lambda file: file.write(text))


def loop(trainer: Trainer, log: Log | None, say: Say, stop: threading.Event) -> dict[str, Any]:
    """Train until the end or a signal; return the news for the summary."""
    config, here, buffer = trainer.config, trainer.here, MetricsBuffer(trainer)
    news: dict[str, Any] = {}
    write, sync = (log.write, log.sync) if log else (lambda rows: None, lambda: None)

    def due(every: int) -> bool:
        return trainer.step % every == 0 or trainer.step == config.n_steps

    with stop_signals(stop):
        stopping = False
        while trainer.step < config.n_steps and not stopping:
            buffer.add(*trainer.update())
            if here.size == 1 or due(config.log_every):  # several must agree, which takes time
                stopping = here.any(stop.is_set())
            validates, saves = due(config.valid_every), due(config.save_every) or stopping
            if not (validates or saves or due(config.log_every)):
                continue
            rows = fetch(buffer, write)  # raises if diverged: NaN must not get into a checkpoint
            news |= {key: rows[-1][key] for key in ("loss", "tokens_per_s")}
            if validates:
                row = trainer.validate()
                write([row])
                say(f"Step {trainer.step}: {words(rows[-1] | row)}")
                news |= {key: row[key] for key in ("valid_loss", "bits_per_byte")}
            if saves:
                sync()  # the metrics must not be behind a checkpoint
                news["checkpoint"] = trainer.save()
            buffer.restart_clock()
    return news


def fetch(buffer: MetricsBuffer, write: Callable[[list[dict[str, Any]]], None]
          ) -> list[dict[str, Any]]:
    """Fetch losses and write them, also those before one that is not a number."""
    try:
        rows = buffer.fetch()
    except Diverged as error:
        if error.rows:
            write(error.rows)
        raise
    write(rows)
    return rows
