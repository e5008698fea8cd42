"""Machines: what accelerators can do, what yours does, and the numbers they calculate with.

A machine is described by two rates, arithmetic and memory. The roofline says which of them
decides how long an operation takes.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lessons import data


@dataclass(frozen=True)
class Machine:
    """A processor as the roofline sees it.

    Attributes
    ----------
    name : str
        What it is called.
    flops_per_s : float
        Peak rate of arithmetic, in FLOP/s.
    bytes_per_s : float
        Rate at which its memory can be read or written.
    bytes_per_number : int
        Size of the numbers that the peak is for: 2 for 16 bit, 4 for fp32.
    mem_bytes, power_w : float or None
        Size of its memory; its power limit in watts.
    source, mark : str
        Where the numbers come from, and how sure they are.
    """

    name: str
    flops_per_s: float
    bytes_per_s: float
    bytes_per_number: int = 2
    mem_bytes: float | None = None
    power_w: float | None = None
    source: str = ""
    mark: str = ""

    def __post_init__(self) -> None:
        for what in ("flops_per_s", "bytes_per_s"):
            if not 0 < getattr(self, what) < np.inf:
                raise ValueError(f"{self.name}: {what} must be a positive, finite number, "
                                 f"got {getattr(self, what)}")

    @property
    def ridge(self) -> float:
        """Operations per byte from which arithmetic is the limit."""
        return self.flops_per_s / self.bytes_per_s

    def attainable(self, intensity: ArrayLike) -> np.ndarray:
        """Return the highest FLOP/s at `intensity` operations per byte: the roofline."""
        return attainable(intensity, self.flops_per_s, self.bytes_per_s)


def attainable(intensity: ArrayLike, flops_per_s: float, bytes_per_s: float) -> np.ndarray:
    """Return the lower of the two limits.

    Parameters
    ----------
    intensity : float or array_like
        Operations per byte moved.

    Raises
    ------
    ValueError
        If an intensity is not a positive, finite number.

    Examples
    --------
    >>> float(attainable(10.0, flops_per_s=1e12, bytes_per_s=2e10))
    200000000000.0
    """
    if not np.all((np.asarray(intensity) > 0) & np.isfinite(intensity)):
        raise ValueError(f"intensity is operations per byte, positive and finite, got {intensity}")
    return np.minimum(flops_per_s, np.asarray(intensity) * bytes_per_s)


def matmul_intensity(m: int, k: int, n: int, bytes_per_number: int = 2) -> float:
    """Return operations per byte of a matrix product (m, k) @ (k, n), each number moved once.

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> round(matmul_intensity(1024, 1024, 1024), 1)  # n / 3 in 16 bit
    341.3
    """
    if not all(size > 0 for size in (m, k, n, bytes_per_number)):
        raise ValueError(f"sizes must be positive, got {m}, {k}, {n}, {bytes_per_number}")
    flops = 2 * m * k * n
    moved = bytes_per_number * (m * k + k * n + m * n)
    return flops / moved


def accelerators() -> dict[str, Machine]:
    """Return the accelerators of the table, by name. All rates are data-sheet values.

    Examples
    --------
    >>> round(accelerators()["H100 SXM 80GB"].ridge, 1)
    295.2
    """
    return {
        row["name"]: Machine(
            row["name"], row["dense_16bit_tflops"] * 1e12, row["bandwidth_tb_s"] * 1e12,
            mem_bytes=row["hbm_gb"] * 1e9, power_w=row["power_w"],
            source=row["source"], mark=row["mark"],
        )
        for row in data.table("accelerators")
    }


def known_peak(gpu_name: str, mem_bytes: float) -> float | None:
    """Return the 16-bit rate of a GPU in FLOP/s, or None if the table does not have it.

    Examples
    --------
    >>> f"{known_peak('NVIDIA H100 80GB HBM3', 85e9):.3g}", known_peak("GeForce", 8e9)
    ('9.89e+14', None)
    """
    def difference(machine: Machine) -> tuple[bool, float]:
        other_form = ("PCIe" in machine.name) != ("PCIe" in gpu_name)
        return other_form, abs((machine.mem_bytes or 0) - mem_bytes)

    same_chip = [machine for machine in accelerators().values()
                 if machine.name.split()[0] in gpu_name.replace("-", " ").split()]
    return min(same_chip, key=difference).flops_per_s if same_chip else None


def recorded_machine() -> Machine:
    """Return one core of the computer on which this edition was made, as it was measured then.

    Examples
    --------
    >>> recorded_machine().bytes_per_number
    4
    """
    row = data.table("machines")[0]
    source = f"{row['description']}, measured {row['date']}"
    return Machine(row["name"], row["fp32_gflops"] * 1e9, row["bandwidth_gb_s"] * 1e9,
                   bytes_per_number=4, source=source, mark="measured")


def fastest(
    task: Callable[[], Any], repeats: int, settle: Callable[[], Any] = lambda: None
) -> float:
    """Return the shortest time of `repeats` runs, after one that is not counted.

    The shortest is the one that was least disturbed. `settle` waits until a device is done.
    """
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        task()
        settle()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def accelerator() -> str | None:
    """Return the kind of accelerator that torch can use here, "cuda" or "mps"; None without one."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def _torch_arrays(
    shapes: Sequence[tuple[int, ...]], dtype: str, device: str
) -> tuple[list[Any], Callable[[], Any]]:
    """Return random tensors and what waits for the device; imports torch only if asked for.

    Not ones: an H100 multiplies matrices of ones a third faster than it can multiply real numbers,
    because bits that do not change draw no power.
    """
    import torch

    kind = torch.device(device).type
    settle = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(kind, lambda: None)
    rng = torch.Generator().manual_seed(0)
    tensors = [torch.randn(s, generator=rng).to(device, getattr(torch, dtype)) for s in shapes]
    return tensors, settle


def one_thread() -> AbstractContextManager[Any]:
    """Keep numpy's products to one thread, as its sums always are, so that the two compare.

    Apple's library, which numpy may use on a Mac, cannot be limited.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn needs it too

    return threadpool_limits(1, user_api="blas")


def numpy_matmul(n: int, k: int | None = None, dtype: str = "float32", repeats: int = 5) -> float:
    """Measure the rate of a product (n, n) @ (n, k) in numpy on one thread, in FLOP/s.

    Examples
    --------
    >>> numpy_matmul(64, repeats=1) > 0
    True
    """
    rng = np.random.default_rng(0)
    A, B = (rng.standard_normal(shape).astype(dtype) for shape in [(n, n), (n, k or n)])
    C = np.empty((n, k or n), dtype)
    with one_thread():
        seconds = fastest(lambda: np.matmul(A, B, out=C), repeats)
    return 2 * n * n * (k or n) / seconds


def numpy_add(n: int = 2**25, dtype: str = "float32", repeats: int = 5) -> float:
    """Measure the addition of two vectors in numpy on one thread: bytes moved per second.

    Examples
    --------
    >>> numpy_add(1000, repeats=1) > 0
    True
    """
    a, b, c = (np.ones(n, dtype) for _ in range(3))
    return 3 * a.nbytes / fastest(lambda: np.add(a, b, out=c), repeats)


def measure_matmul(
    n: int, k: int | None = None, dtype: str = "float32", device: str | None = None,
    repeats: int = 5,
) -> float:
    """Measure the rate of a matrix product (n, n) @ (n, k), in FLOP/s; in numpy on one thread.

    Parameters
    ----------
    k : int, optional
        Columns of the second matrix; `n` if not given. 1 is a matrix times a vector.
    dtype : str
        ``"float32"`` or ``"float64"``; with a device also ``"bfloat16"`` and ``"float16"``.
    device : str, optional
        Measure with torch on this device instead of numpy.

    Examples
    --------
    >>> measure_matmul(64, repeats=1) > 0
    True
    """
    if device is None:
        return numpy_matmul(n, k, dtype, repeats)
    (A, B), settle = _torch_arrays([(n, n), (n, k or n)], dtype, device)
    return 2 * n * n * (k or n) / fastest(lambda: A @ B, repeats, settle)


def measure_add(
    n: int = 2**25, dtype: str = "float32", device: str | None = None, repeats: int = 5
) -> float:
    """Measure the addition of two vectors: bytes moved per second; in numpy on one thread.

    Two arrays are read and one is written. Choose `n` so large that they do not fit into the
    processor's cache.

    Examples
    --------
    >>> measure_add(1000, repeats=1) > 0
    True
    """
    if device is None:
        return numpy_add(n, dtype, repeats)
    import torch

    (a, b, c), settle = _torch_arrays([(n,)] * 3, dtype, device)
    return 3 * a.nbytes / fastest(lambda: torch.add(a, b, out=c), repeats, settle)


def measured_machine(
    n: int = 1024, n_bytes: int = 2**27, device: str | None = None, dtype: str = "float32"
) -> Machine:
    """Measure this machine: its best matrix product and its memory rate, in about a second.

    Examples
    --------
    >>> measured_machine(n=64, n_bytes=2**16).ridge > 0
    True
    """
    size = 8 if dtype == "float64" else 2 if dtype in ("float16", "bfloat16") else 4
    return Machine("this machine", measure_matmul(n, dtype=dtype, device=device, repeats=30),
                   measure_add(n_bytes // size, dtype, device), bytes_per_number=size,
                   source="measured just now", mark="measured")
