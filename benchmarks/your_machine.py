"""The two rates of a machine, as the chapter on hardware measures them: best of several rounds.

The first row of ``lessons/data/machines.csv`` was recorded with this; copy the numbers there to
draw the book's explorers with another machine.
"""

import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

from lessons.machines import hardware

RESULT = Path(__file__).with_suffix(".json")
N_ROUNDS = 8
SIZES = 64, 256, 1024, 2048


def best(measure, *args, **settings):
    """Return the best of the rounds in units of 10⁹ a second."""
    return round(max(measure(*args, **settings) for _ in range(N_ROUNDS)) / 1e9, 1)


def main():
    """Measure, print, and record."""
    rates = {
        dtype: {n: best(hardware.measure_matmul, n, dtype=dtype) for n in SIZES}
        for dtype in ("float32", "float64")
    }
    result = {
        "what": "matrix product by size in GFLOP/s, addition of two large vectors in GB/s",
        "matmul_gflops": rates,
        "torch_bf16_gflops": best(hardware.measure_matmul, 1024, dtype="bfloat16", device="cpu"),
        "matvec_8192_gflops": best(hardware.measure_matmul, 8192, 1),
        "add_gb_s": best(hardware.measure_add, repeats=3),
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
