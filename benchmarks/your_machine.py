"""Four operations on one core, as the chapter on hardware measures them: best of several rounds.

``python -m benchmarks.your_machine`` writes ``studies/your_machine/record.json``, the row of
``lessons/data/machines.csv`` and its own record from the same measurement.
"""

import csv
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

from lessons.data import tables
from lessons.machines import hardware
from lessons.studies import your_machine
from lessons.studies.your_machine import rates

RESULT = Path(__file__).with_suffix(".json")
RECORD = Path(your_machine.__file__).with_name("record.json")
TABLE = Path(tables.__file__).with_name("machines.csv")
NAME = "one core of a server"
N_ROUNDS, PAUSE_S = 8, 4  # what disturbs a round on a busy machine may be over at the next
SIZES = {64: 2000, 256: 200, 1024: 20, 2048: 6}  # with so many repeats


def one_round():
    """Measure everything once, in units of 10⁹ a second."""
    time.sleep(PAUSE_S)
    found = {f"matmul_{n}_gflops": hardware.measure_matmul(n, repeats=repeats)
             for n, repeats in SIZES.items()}
    found["float64_matmul_1024_gflops"] = hardware.measure_matmul(1024, dtype="float64")
    found["torch_bf16_gflops"] = hardware.measure_matmul(1024, dtype="bfloat16", device="cpu")
    found["matvec_8192_gflops"] = hardware.measure_matmul(8192, 1, repeats=8)
    found["add_gb_s"] = hardware.measure_add(repeats=8)
    return found | {f"add_{n}_gb_s": rates.measure_sum(n) for n in rates.LENGTHS[:-1]}


def processor():
    """Name the processor by family and model, where Linux tells them."""
    info = Path("/proc/cpuinfo")
    said = info.read_text() if info.is_file() else ""
    facts = dict(line.split(":", 1) for line in said.split("\n\n")[0].splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    if "cpu family" not in facts:
        return platform.machine()
    return f"{facts['model name']} (family {facts['cpu family']}, model {facts['model']})"


def main():
    """Measure, print, and record."""
    torch.set_num_threads(1)
    rounds = [one_round() for _ in range(N_ROUNDS)]
    best = {key: round(max(r[key] for r in rounds) / 1e9, 1) for key in rounds[0]}
    made = {"threads": 1, "processor": processor(), "numpy": np.__version__,
            "torch": torch.__version__, "date": time.strftime("%Y-%m-%d")}
    for name, value in {**best, **made}.items():
        print(f"{name}: {value}")
    spread = {key: " ".join(str(v) for v in sorted(round(r[key] / 1e9, 1) for r in rounds))
              for key in rounds[0]}
    RESULT.write_text(json.dumps({**best, **made, "rounds": spread}, indent=1) + "\n",
                      encoding="utf-8")
    kept = "matmul_64_gflops", "matvec_8192_gflops", "matmul_2048_gflops", "add_gb_s"
    record = {"what": f"float32 in numpy on one thread, best of {N_ROUNDS} rounds",
              **{key: best[key] for key in kept},
              "sum_gb_s": {n: best[f"add_{n}_gb_s"] for n in rates.LENGTHS[:-1]}, **made}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["name", "date", "description", "threads", "fp32_gflops", "fp64_gflops",
                       "bandwidth_gb_s"])
        rows.writerow([NAME, made["date"], f"{made['processor']}, one core of a virtual machine, "
                       f"numpy {made['numpy']}", 1, best["matmul_2048_gflops"],
                       best["float64_matmul_1024_gflops"], best["add_gb_s"]])


if __name__ == "__main__":
    main()
