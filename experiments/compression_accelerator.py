"""How long one product takes on an accelerator when its weights are made smaller.

    python -m experiments.compression_accelerator --out FILE       some two minutes on a CUDA GPU
    python -m experiments.compression_accelerator --device cpu --quick   tries the script itself

A layer y = W x with W of n × n, for batches from 1 to 4096 rows: bfloat16, short numbers, zeros in
several forms. Each time is the median of replays of a captured graph, every kind in turns with the
others; weights are so many copies that no cache holds them. A kind that fails leaves the text of
its error and stops nothing. The result is a JSON file; chapter 22 reads what one machine gave.
"""

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import time
import warnings
from pathlib import Path

import torch

BF16, FP8 = torch.bfloat16, torch.float8_e4m3fn
CACHE_BYTES = 160e6  # more than the last cache of a GPU holds
ROUNDS, AIM_S = 9, 0.004  # replays of each kind, and how long one of them should take
LONGEST_S = 0.1  # a call that takes longer is not repeated


def synchronize(device):
    """Wait until the device has done everything."""
    if device == "cuda":
        torch.cuda.synchronize()


def padded(x, rows):
    """Add rows of zeros until there are as many as a kernel asks for."""
    return torch.nn.functional.pad(x, (0, 0, 0, max(0, rows - len(x))))


def int8_rows(w):
    """Return whole numbers from -127 to 127 and a scale for each row."""
    scale = w.float().abs().amax(1, keepdim=True) / 127
    return (w.float() / scale).round().to(torch.int8), scale


def sparsest(w, share):
    """Set the smallest weights to zero, up to a share of all."""
    order = w.float().abs().flatten().argsort()
    out = w.flatten().clone()
    out[order[: int(share * w.numel())]] = 0
    return out.view_as(w)


# Each kind takes a weight (n, n) and returns what is stored, and a function of that and x (N, n).


def dense(w):
    """Multiply bfloat16 by bfloat16."""
    return w.clone(), lambda s, x: x @ s.T


def zeros_stored(w):
    """Do the same with nine zeros in ten."""
    return sparsest(w, 0.9), lambda s, x: x @ s.T


def half_outputs(w):
    """Leave half of the outputs out: a smaller dense matrix."""
    return w[: len(w) // 2].clone(), lambda s, x: x @ s.T


def int8_weight_only(w):
    """Store 8 bits; make them bfloat16 before the product, in a step of its own."""
    codes, scale = int8_rows(w)
    return (codes, scale.T.to(w.dtype)), lambda s, x: (x @ s[0].to(x.dtype).T) * s[1]


def int8_weight_kernel(w):
    """Store 8 bits; one kernel reads them and multiplies."""
    codes, scale = int8_rows(w)
    return ((codes, scale[:, 0].to(w.dtype)),
            lambda s, x: torch._weight_int8pack_mm(x, s[0], s[1]))


def int4_weight_kernel(w, group=128):
    """Store 4 bits, a scale for 128 weights; one kernel reads them and multiplies."""
    group = min(group, w.shape[1])
    rows = w.float().reshape(-1, group)
    low, high = rows.amin(1, keepdim=True), rows.amax(1, keepdim=True)
    scale = ((high - low) / 15).clamp(min=1e-6)
    codes = ((rows - low) / scale).round().clamp(0, 15).to(torch.int32).view(w.shape)
    both = torch.stack([scale, low + 8 * scale], -1).view(len(w), -1, 2)  # the kernel's zero is 8
    packed = (codes[:, ::2] << 4 | codes[:, 1::2]).to(torch.uint8)
    if w.is_cuda:
        stored = torch._convert_weight_to_int4pack(packed, 8)
        multiply = torch._weight_int4pack_mm
    else:
        stored = torch._convert_weight_to_int4pack_for_cpu(codes, 1)
        multiply = torch._weight_int4pack_mm_for_cpu
    return ((stored, both.transpose(0, 1).contiguous().to(w.dtype)),
            lambda s, x: multiply(x, s[0], group, s[1]))


def int8_product(w):
    """Multiply 8 bits by 8 bits; activations are rounded in the call, 32 rows or more."""
    codes, scale = int8_rows(w)

    def call(s, x):
        largest = x.abs().amax(1, keepdim=True).float() / 127
        short = padded((x / largest).round().to(torch.int8), 32)
        return (torch._int_mm(short, s[0].T)[: len(x)] * largest * s[1]).to(x.dtype)

    return (codes, scale.T), call


def int8_product_only(w):
    """Multiply 8 bits by 8 bits that are there already: the product and nothing else."""
    codes, _ = int8_rows(w)
    cache = {}

    def call(s, x):
        if len(x) not in cache:
            cache[len(x)] = padded((x * 30).round().to(torch.int8), 32)
        return torch._int_mm(cache[len(x)], s.T)

    return codes, call


def fp8_product(w):
    """Multiply 8-bit floats; activations are converted in the call, 16 rows or more."""
    one = torch.ones((), device=w.device)
    scale = w.float().abs().amax() / 448

    def call(s, x):
        short = padded(x, 16).to(FP8)
        y = torch._scaled_mm(short, s[0].t(), scale_a=one, scale_b=s[1], out_dtype=BF16)
        return y[: len(x)]

    return ((w.float() / scale).to(FP8), scale), call


def two_of_four(w):
    """Keep two of every four weights, in the form that the hardware knows."""
    from torch.sparse import to_sparse_semi_structured

    fours = w.float().abs().reshape(-1, 4)
    keep = torch.zeros_like(fours, dtype=torch.bool).scatter(1, fours.argsort(1)[:, 2:], True)
    short = to_sparse_semi_structured(w * keep.view_as(w))
    return short, lambda s, x: torch.nn.functional.linear(x, s)


def left_out(share):
    """Store only weights that are not zero, row by row."""
    def kind(w):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = sparsest(w, share).to_sparse_csr()
            rows = torch.sparse_csr_tensor(rows.crow_indices().int(), rows.col_indices().int(),
                                           rows.values(), rows.shape)
        return rows, lambda s, x: (s @ x.T).T

    return kind


def compiled(kind):
    """Let torch.compile fuse what a kind does."""
    def make(w):
        stored, call = kind(w)
        return stored, torch.compile(call, dynamic=False)

    return make


KINDS = {
    "bfloat16": dense,
    "90 % zeros, stored": zeros_stored,
    "half of the outputs": half_outputs,
    "int8 weights, made long first": int8_weight_only,
    "int8 weights, one kernel": int8_weight_kernel,
    "int4 weights, one kernel": int4_weight_kernel,
    "int8 x int8": int8_product,
    "int8 x int8, product only": int8_product_only,
    "float8 x float8": fp8_product,
    "two of four": two_of_four,
    "50 % zeros, left out": left_out(0.5),
    "90 % zeros, left out": left_out(0.9),
    "99 % zeros, left out": left_out(0.99),
}
COMPILED = {"int8 weights, compiled": compiled(int8_weight_only)}
SLOW = ("50 % zeros, left out", "90 % zeros, left out", "99 % zeros, left out")


def bytes_of(stored):
    """Return the bytes that a kind stores for a matrix."""
    if isinstance(stored, tuple):
        return sum(map(bytes_of, stored))
    if stored.layout == torch.sparse_csr:
        return sum(map(bytes_of, (stored.crow_indices(), stored.col_indices(), stored.values())))
    if hasattr(stored, "packed") and stored.packed is not None:
        return sum(bytes_of(part) for part in (stored.packed, stored.meta) if part is not None)
    return stored.numel() * stored.element_size()


class Timer:
    """Calls that are captured as a graph where this works, and replayed."""

    def __init__(self, call, copies, x, device):
        self.device = device
        call(copies[0], x)
        synchronize(device)
        start = time.perf_counter()
        call(copies[0], x)
        synchronize(device)
        self.first_s = time.perf_counter() - start
        self.n = max(1, min(64, int(AIM_S / max(self.first_s, 1e-6))))
        if device == "cuda" and self.n < len(copies):
            self.n = min(len(copies), max(1, int(8 * AIM_S / max(self.first_s, 1e-6))))

        def many():
            for i in range(self.n):
                call(copies[i % len(copies)], x)

        self.many, self.graph = many, None
        if device == "cuda":
            try:
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    many()
                self.graph = graph
            except Exception as error:
                self.error = str(error).splitlines()[0][:200]
                torch.cuda.synchronize()

    def time_s(self):
        """Return the seconds of one call."""
        if self.device != "cuda":
            start = time.perf_counter()
            self.many()
            return (time.perf_counter() - start) / self.n
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        if self.graph is None:
            self.many()
        else:
            self.graph.replay()
        end.record()
        torch.cuda.synchronize()
        return start.elapsed_time(end) / 1e3 / self.n


class Study:
    """What was measured, and what went wrong."""

    def __init__(self, given):
        self.device, self.rounds = given.device, 3 if given.quick else ROUNDS
        self.end = time.perf_counter() + given.seconds
        self.rows, self.errors, self.weights = [], {}, []
        self.dtype = BF16

    def wrong(self, kind, where, error):
        """Keep the text of an error, the first line that says something."""
        text = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        self.errors.setdefault(kind, {})[where] = f"{type(error).__name__}: {text[:240]}"

    def size(self, n, batches, kinds):
        """Measure a matrix of n × n with all kinds and batches."""
        torch.manual_seed(0)
        w = (torch.randn(n, n, device=self.device) / math.sqrt(n)).to(self.dtype)
        x = torch.randn(64, n, device=self.device).to(self.dtype)
        exact, ready = x.float() @ w.float().T, {}
        for name, kind in kinds.items():
            try:
                stored, call = kind(w)
                y = call(stored, x)
                if y.shape == exact.shape and y.dtype != torch.int32:
                    error = ((y.float() - exact).norm() / exact.norm()).item()
                    self.weights.append({"n": n, "kind": name, "bytes": bytes_of(stored),
                                         "relative_error": error})
                copies = [stored]
                if self.device == "cuda" and name not in SLOW:
                    n_copies = min(24, math.ceil(CACHE_BYTES / max(bytes_of(stored), 1)))
                    copies += [kind(w)[0] for _ in range(n_copies - 1)]
                ready[name] = (call, copies)
            except Exception as error:
                self.wrong(name, f"n {n}", error)
        for batch in batches:
            if time.perf_counter() > self.end:
                self.errors.setdefault("time", {})[f"n {n}, batch {batch}"] = "not measured"
                continue
            self.batch(n, batch, ready)

    def batch(self, n, batch, ready):
        """Measure one batch with all kinds, in turns."""
        x = torch.randn(batch, n, device=self.device).to(self.dtype)
        timers, seen = {}, {}
        for name, (call, copies) in ready.items():
            if name in SLOW and batch > 1024:
                continue
            try:
                timers[name] = Timer(call, copies, x, self.device)
            except Exception as error:
                self.wrong(name, f"n {n}, batch {batch}", error)
        for k in range(self.rounds + 1):
            for name, timer in list(timers.items()):
                if k and timer.first_s > LONGEST_S and k > 1:
                    continue
                try:
                    found = timer.time_s()
                except Exception as error:
                    self.wrong(name, f"n {n}, batch {batch}", error)
                    del timers[name]
                    continue
                if k:
                    seen.setdefault(name, []).append(found)
        for name, timer in timers.items():
            self.rows.append({"n": n, "batch": batch, "kind": name,
                              "time_s": float(f"{statistics.median(seen[name]):.4g}"),
                              "least_s": float(f"{min(seen[name]):.4g}"),
                              "graph": timer.graph is not None})


def asked(what):
    """Return what nvidia-smi says of the first GPU, or nothing."""
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader", "--id=0"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def main():
    """Measure, and write the file after every size."""
    parser = argparse.ArgumentParser(prog="python -m experiments.compression_accelerator",
                                     allow_abbrev=False)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--quick", action="store_true", help="small sizes, few repeats")
    parser.add_argument("--seconds", type=float, default=140, help="begin nothing after these")
    folder = os.environ.get("OUT", ".")
    parser.add_argument("--out", type=Path, default=Path(folder) / "compression_accelerator.json")
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no CUDA GPU here; --device cpu --quick tries the script itself")
    name = torch.cuda.get_device_name() if given.device == "cuda" else platform.processor()
    study = Study(given)
    sizes = (64, 128) if given.quick else (4096, 8192)
    batches = (1, 16, 64) if given.quick else (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)
    plan = [(n, batches, KINDS) for n in sizes]
    if given.device == "cuda":  # compiling takes some seconds for each batch: last, and few
        plan.append((sizes[-1], (1, 4, 16, 256), {"bfloat16": dense} | COMPILED))
    start = time.perf_counter()
    for n, some, kinds in plan:
        try:
            study.size(n, some, kinds)
        except Exception as error:
            study.wrong("everything", f"n {n}", error)
        record = {"what": "what `python -m experiments.compression_accelerator` recorded",
                  "machine": name, "driver": asked("driver_version"),
                  "power_limit": asked("power.limit"), "torch": torch.__version__,
                  "python": platform.python_version(), "date": datetime.date.today().isoformat(),
                  "rows": study.rows, "weights": study.weights, "errors": study.errors}
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"n {n}: {time.perf_counter() - start:.0f} s, {len(study.rows)} times", flush=True)
        if given.device == "cuda":
            torch.cuda.empty_cache()
    print(json.dumps(study.errors, indent=1))
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
