"""One step of training after the other: a model, its optimiser and its data."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lessons.engine.optim import schedule
from lessons.gpt import model as gpt
from lessons.machines.hardware import known_peak
from lessons.planning import cost
from lessons.train import checkpoint, processes, sharding, tokens
from lessons.train.config import ConfigError, TrainConfig
from lessons.train.optimiser import adamw

REST = 0.1  # share of the peak learning rate for steps beyond a schedule that ends at 0
ADVICE = ("earlier checkpoints are whole. Start another run with a smaller --lr, a longer "
          "--n-warmup or a smaller --clip")


class Diverged(ArithmeticError):
    """The loss or its gradient is no longer a number."""

    rows: list[dict[str, Any]]  # of the steps before, if `MetricsBuffer.fetch` found it


def seed_of(*numbers: int) -> int:
    """Return a seed for torch that is another one for every sequence of numbers.

    Examples
    --------
    >>> seed_of(0, 1) == seed_of(0, 1), seed_of(0, 1) == seed_of(1, 0)
    (True, False)
    """
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def lr_share(config: TrainConfig) -> Callable[[int], float]:
    """Return a function from the step to the share of the peak learning rate.

    Beyond the schedule it stays what it was at its end; where that is 0, nothing would be learned,
    so it is a tenth.

    Examples
    --------
    >>> from lessons.train.config import TrainConfig
    >>> share = lr_share(TrainConfig(n_steps=9, n_schedule=4, n_warmup=1, schedule="linear"))
    >>> [round(share(step), 2) for step in range(6)]
    [1.0, 1.0, 0.67, 0.33, 0.1, 0.1]
    """
    n_steps = config.n_schedule or config.n_steps
    share = schedule(config.schedule, n_steps, config.n_warmup)
    return lambda step: share(step) if step < n_steps else share(n_steps) or REST


class Trainer:
    """A model, its optimiser and its data, somewhere in a run.

    Parameters
    ----------
    config : TrainConfig
    here : processes.World
    data : tokens.TokenData
    state : dict, optional
        What a checkpoint holds; the run begins if there is none.

    Raises
    ------
    ConfigError
        If the batch cannot be shared out.
    """

    def __init__(self, config: TrainConfig, here: processes.World, data: tokens.TokenData,
                 state: dict[str, Any] | None = None) -> None:
        self.config, self.here, self.data = config, here, data
        self.share = config.batch_size // here.size
        self.part = self.share // config.n_accumulate
        if self.part * config.n_accumulate * here.size != config.batch_size:
            raise ConfigError(f"batch_size={config.batch_size} must be a multiple of "
                              f"{here.size} processes times n_accumulate={config.n_accumulate}")
        self.windows = tokens.Windows(data.train.to(here.device), config.n_positions,
                                          config.seed)
        self.valid = tokens.sequential_batches(data.valid.to(here.device), config.n_positions,
                                        config.n_valid, self.part)
        self.n_bytes = torch.tensor([len(b) for b in data.tokenizer.vocab], device=here.device)

        self.dtype = dtype = processes.find_precision(config.precision, here.device)
        torch.manual_seed(seed_of(config.seed))
        model = gpt.GPT(gpt.Config(**config.sizes()))
        self.n_parameters = gpt.n_parameters(model)
        self.model = sharding.parallelize(model, here, config.parallel, dtype)
        self.optimiser = adamw(self.model, config)
        self.autocast = torch.autocast(here.device.type, dtype, enabled=dtype != torch.float32)
        self.scaler = torch.amp.GradScaler(here.device.type, enabled=dtype == torch.float16)
        self.lr_share = lr_share(config)
        self.step = 0
        if state:
            self.step = state["step"]
            sharding.restore_state(self.model, self.optimiser, state)
            if self.scaler.is_enabled() and state["scaler"]:
                self.scaler.load_state_dict(state["scaler"])

    def update(self) -> tuple[torch.Tensor, float, torch.Tensor]:
        """Do one optimiser step; return its loss, learning rate and norm of the gradient.

        Loss and norm are tensors on the device: to look at them is to wait for it.
        """
        config, here = self.config, self.here
        torch.manual_seed(seed_of(config.seed, self.step, here.rank))  # for dropout
        first = self.step * config.batch_size + here.rank * self.share
        loss = torch.zeros((), device=here.device)
        self.model.train()
        for i in range(config.n_accumulate):
            sharding.sync_gradients(self.model, now=i == config.n_accumulate - 1)
            inputs, targets = self.windows.batch(first + i * self.part, self.part)
            with self.autocast:
                part = gpt.loss(self.model, inputs, targets) / config.n_accumulate
            self.scaler.scale(part).backward()
            loss = loss + part.detach()
        self.scaler.unscale_(self.optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip or math.inf)
        lr = config.lr * self.lr_share(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        self.scaler.step(self.optimiser)  # with float16 it waits, and leaves out a step that is inf
        self.scaler.update()
        self.optimiser.zero_grad()
        self.step += 1
        return loss, lr, sharding.all_gather(norm)

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Return the mean loss on the validation text, also in bits per byte of it.

        Raises
        ------
        Diverged
            If it is no longer a number.
        """
        here, n = self.here, len(self.valid)
        sums = torch.zeros(3, device=here.device)  # nats, tokens, bytes
        self.model.eval()
        for first in range(0, n, here.size):
            inputs, targets = self.valid[min(first + here.rank, n - 1)]
            with self.autocast:
                loss = gpt.loss(self.model, inputs, targets)
            if first + here.rank < n:  # FSDP needs all processes in each round, also in the last
                n_tokens = targets.numel()
                sums += torch.stack([loss * n_tokens, torch.tensor(n_tokens, device=here.device),
                                     self.n_bytes[targets].sum()])
        nats, n_tokens, n_bytes = here.sum(sums).tolist()
        if not math.isfinite(nats):
            raise Diverged(f"valid_loss is {nats} after step {self.step}: {ADVICE}")
        return {"step": self.step, "valid_loss": nats / n_tokens,
                "bits_per_byte": nats / math.log(2) / n_bytes}

    def save(self) -> Path:
        """Write a checkpoint; only the first process does, and the others wait for it.

        Raises
        ------
        Diverged
            If a weight is no longer a number.
        lessons.train.checkpoint.CheckpointError
            If the disk does not take it.
        """
        state = sharding.gather_state(self.model, self.optimiser, keep=self.here.is_first) | {
            "scaler": self.scaler.state_dict(),
            "config": dict(vars(self.config)),
            "tokenizer": self.data.tokenizer.to_dict(),
            "text_sha256": self.data.sha256,
        }

        def write() -> Path:
            if not all(p.isfinite().all() for p in state["model"].values()):
                raise Diverged(f"a weight is no longer a number after step {self.step}: {ADVICE}")
            return checkpoint.save(self.config.out, self.step, state, self.config.keep)

        return self.here.from_first(write)

    def describe(self) -> str:
        """Return in words what is trained, on what and where."""
        here, data = self.here, self.data
        where = f"{here.size} processes on {here.device.type}, {self.config.parallel}"
        return (f"GPT with {self.n_parameters:,} parameters on {len(data.train):,} tokens, "
                f"{where if here.size > 1 else here.device.type} in {str(self.dtype)[6:]}")

    def flops_per_token(self) -> float:
        """Return the operations that a token costs; looking up a position costs none."""
        c = self.config
        return cost.flops_per_token(self.n_parameters - c.n_positions * c.d_model, c.n_layers,
                                    c.d_model, c.n_positions)

    def peak_flops_per_s(self) -> float | None:
        """Return the rate of all devices together, or None if it is not known."""
        peak: float | None = self.config.peak_tflops * 1e12
        if not peak and self.here.device.type == "cuda":
            gpu = torch.cuda.get_device_properties(self.here.device)
            peak = known_peak(gpu.name, gpu.total_memory)
        return peak * self.here.size if peak else None


class MetricsBuffer:
    """What the last steps gave, as long as it is on the device.

    Looking at every loss at once would make the processor wait for the device in every step. So
    they are fetched together, now and then.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.peak = trainer, trainer.peak_flops_per_s()
        self.steps: list[tuple[int, torch.Tensor, float, torch.Tensor]] = []
        self.start = time.perf_counter()

    def add(self, loss: torch.Tensor, lr: float, norm: torch.Tensor) -> None:
        """Keep what `Trainer.update` returned."""
        self.steps.append((self.trainer.step, loss, lr, norm))

    def fetch(self) -> list[dict[str, Any]]:
        """Return a row for `lessons.train.log.Log` for each step since the last call.

        Raises
        ------
        Diverged
            At the first loss that is not a number. Its attribute `rows` has those before it.
        """
        steps, losses, lrs, norms = zip(*self.steps, strict=True)
        means = self.trainer.here.mean(torch.stack(losses))
        values = torch.stack([means, torch.stack(norms)]).tolist()  # here we wait
        seconds, self.steps = time.perf_counter() - self.start, []
        rows = [{"step": step, "loss": loss, "lr": lr, "grad_norm": norm}
                for step, lr, loss, norm in zip(steps, lrs, *values, strict=True)]
        self._check(rows)
        c = self.trainer.config
        speed = len(rows) * c.batch_size * c.n_positions / seconds
        rows[-1]["tokens_per_s"] = speed
        if self.peak:
            rows[-1]["mfu"] = speed * self.trainer.flops_per_token() / self.peak
        return rows

    def _check(self, rows: list[dict[str, Any]]) -> None:
        for i, row in enumerate(rows):
            if not math.isfinite(row["grad_norm"]) and self.trainer.scaler.is_enabled():
                row["grad_norm"] = None  # too large for float16: this step was left out
            for what in ("loss", "grad_norm"):
                if row[what] is not None and not math.isfinite(row[what]):
                    error = Diverged(f"{what} is {row[what]} in step {row['step']}: {ADVICE}")
                    error.rows = rows[:i]
                    raise error

    def restart_clock(self) -> None:
        """Leave what happened since the last `fetch` out of the speed."""
        self.start = time.perf_counter()
