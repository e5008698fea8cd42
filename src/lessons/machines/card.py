"""The reader's own machine: measured once, kept in a file, and used by every estimate.

`python -m lessons.machines.card` shows the card, and with ``--measure`` measures again.
"""

import argparse
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path

from lessons.files import write_atomically
from lessons.machines.hardware import Machine, accelerator, measured_machine, recorded_machine
from lessons.page import in_page
from lessons.recording import recording
from lessons.words import plain

#: Side of the square matrices, and number format, by the sort of device torch has.
DEVICES = {"cuda": (8192, "bfloat16"), "mps": (4096, "float16")}


def card_path() -> Path:
    """Return where the card is kept: `LESSONS_MACHINE`, or the folder for a user's data."""
    if given := os.environ.get("LESSONS_MACHINE"):
        return Path(given)
    from platformdirs import user_data_path  # a built book needs no card

    return user_data_path("training-large-models", appauthor=False) / "machine.json"


def processor_name(device: str | None = None) -> str:
    """Name the processor and count its cores, so that a card of another machine is noticed.

    Examples
    --------
    >>> "cores" in processor_name() or "core" in processor_name()
    True
    """
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():  # Linux: there `platform` only knows "x86_64"
        lines = info.read_text(errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines
                     if line.startswith("model name")), name)
    cores = os.cpu_count() or 1  # None where the system does not say
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} core{'s' if cores > 1 else ''}"


def read_card(path: str | Path, name: str) -> Machine | None:
    """Return the machine that a file describes, or None: missing, damaged, or another machine's.

    Parameters
    ----------
    name : str
        `processor_name` of this machine.
    """
    try:
        machine = Machine(**json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return machine if machine.name == name and machine.bytes_per_number in (2, 4, 8) else None


def measure_card(path: str | Path, device: str | None = None, quick: bool = False) -> Machine:
    """Measure this machine, keep the result in a file, and return it; takes about 3 seconds.

    A folder that cannot be written is no reason to stop: the machine's `source` says that the
    measurement was not kept.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "new", "machine.json")
    >>> machine = measure_card(path, quick=True)
    >>> read_card(path, processor_name()) == machine
    True
    """
    n, dtype = DEVICES.get(device, (1024, "float32"))
    n, n_bytes = (64, 2**16) if quick else (n, 2**27)
    found = asdict(measured_machine(n, n_bytes, device, dtype))
    found |= {"name": processor_name(device), "source": f"measured {date.today()}"}
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: file.write(json.dumps(found).encode()))
    except OSError as error:
        found["source"] += f", not kept ({error.strerror})"
    return Machine(**found)


@cache
def my_machine() -> Machine:
    """Return the reader's machine: read from its file, or measured now and kept there.

    While the book is built, this is the recorded machine, so that a page is the same wherever it
    was made. In a page too: there the reader chooses a machine.
    """
    if recording() or in_page():
        return recorded_machine()
    path, device = card_path(), accelerator()
    return read_card(path, processor_name(device)) or measure_card(path, device)


def rates(machine: Machine) -> str:
    """Write the two rates of a machine as a line that the website can read.

    Examples
    --------
    >>> rates(recorded_machine())
    '181 GFLOP/s in 32 bit, 16 GB/s'
    """
    gflops, gb = (plain(value / 1e9) for value in (machine.flops_per_s, machine.bytes_per_s))
    return f"{gflops} GFLOP/s in {8 * machine.bytes_per_number} bit, {gb} GB/s"


def main(arguments: Sequence[str] | None = None) -> None:
    """Show the card of this machine."""
    parser = argparse.ArgumentParser(prog="python -m lessons.machines.card", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure again")
    again = parser.parse_args(arguments).measure
    path, device = card_path(), accelerator()
    machine = None if again else read_card(path, processor_name(device))
    machine = machine or measure_card(path, device)
    print(f"{machine.name}\n{rates(machine)}\n{machine.source}; the card: {path}")
    print("On the website: choose “my own machine” in any estimate, copy the second line there.")


if __name__ == "__main__":
    main()
