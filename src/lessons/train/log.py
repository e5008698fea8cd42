"""What a training run tells: a progress bar, ``metrics.jsonl`` and a log for TensorBoard."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lessons.files import sync, warn_once, write_atomically


def metrics_path(folder: str | Path) -> Path:
    """Return where the metrics of a run are.

    Examples
    --------
    >>> metrics_path("run").as_posix()
    'run/metrics.jsonl'
    """
    return Path(folder, "metrics.jsonl")


def read_metrics(folder: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a run's ``metrics.jsonl``, less the half one a killed run left.

    Each step has a row with ``step``, ``loss`` (nats per token, before the step), ``lr`` and
    ``grad_norm`` (before clipping); every so often it also has ``tokens_per_s`` and, if the
    machine's rate is known, ``mfu``. A row with ``valid_loss`` and ``bits_per_byte`` tells of a
    validation after that step.
    """
    path, rows = metrics_path(folder), []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(ValueError):  # the process was killed while it wrote this
            rows.append(json.loads(line))
    return rows


def cut_metrics(folder: str | Path, step: int) -> None:
    """Take the rows after a step out of a run's metrics; they will be written again."""
    rows = [row for row in read_metrics(folder) if row["step"] <= step]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    write_atomically(metrics_path(folder), lambda file: file.write(text))


class Log:
    """All three, from a step on.

    Parameters
    ----------
    folder : str or Path
        The run's folder, with metrics up to `step` and no further.
    step, n_steps : int
        Steps done and wanted.
    tensorboard : bool
        Whether to write for TensorBoard. If that fails, training goes on without it.
    """

    def __init__(self, folder: str | Path, step: int, n_steps: int,
                 tensorboard: bool = True) -> None:
        self.path = metrics_path(folder)
        self.folder = folder
        self.tensorboard: Any = None
        if tensorboard:
            self.tensorboard = self._try(lambda: _tensorboard(folder, step))
        # Only a terminal gets a bar (disable=None): a file would fill with them.
        self.bar = tqdm(total=n_steps, initial=step, unit="step", dynamic_ncols=True, disable=None)

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write rows as `read_metrics` returns them; the bar shows the last one."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        try:
            with open(self.path, "ab") as file:
                file.write(text.encode())
        except OSError as error:  # a full disk does not say for which file
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self._try(lambda: self._write_tensorboard(rows))
        try:
            self.bar.set_postfix_str(words(rows[-1]), refresh=False)
            self.bar.update(rows[-1]["step"] - self.bar.n)
        except OSError:
            self.bar.disable = True  # the terminal was closed

    def sync(self) -> None:
        """Wait until the disk has all rows."""
        with open(self.path, "ab") as file:
            sync(file, self.path)
        self._try(lambda: self.tensorboard and self.tensorboard.flush())

    def close(self) -> None:
        """Close the bar and TensorBoard's log."""
        with suppress(OSError):
            self.bar.close()
        self._try(lambda: self.tensorboard and self.tensorboard.close())

    def _write_tensorboard(self, rows: list[dict[str, Any]]) -> None:
        for row in rows if self.tensorboard else ():
            for name in row.keys() - {"step"}:
                if row[name] is not None:
                    self.tensorboard.add_scalar(name, row[name], row["step"])

    def _try(self, task: Callable[[], Any]) -> Any:
        """Do something with TensorBoard's log, and do without that log if it fails."""
        try:
            return task()
        except Exception as error:  # it is an extra, and has many ways to fail
            self.tensorboard = None
            warn_once("tensorboard", f"no log for TensorBoard in {self.folder}: {error}; training "
                      "goes on. To get it: pip install tensorboard; to be without it: "
                      "--tensorboard false")


def _tensorboard(folder: str | Path, step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # takes a second to import

    return SummaryWriter(str(Path(folder, "tensorboard")), purge_step=step + 1)


def words(row: dict[str, Any]) -> str:
    """Return a row of the metrics in words.

    Examples
    --------
    >>> words({"step": 10, "loss": 4.61, "lr": 0.001, "grad_norm": 1.0, "tokens_per_s": 51234.5})
    'loss 4.610, lr 1.00e-03, 51,234 tokens/s'
    """
    forms = {"loss": "loss {:.3f}", "valid_loss": "validation loss {:.3f}",
             "bits_per_byte": "{:.3f} bits per byte", "lr": "lr {:.2e}",
             "tokens_per_s": "{:,.0f} tokens/s", "mfu": "MFU {:.1%}"}
    return ", ".join(form.format(row[name]) for name, form in forms.items()
                     if row.get(name) is not None)
