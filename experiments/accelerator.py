"""What a real accelerator does of what its data sheet says: ``python -m experiments.accelerator``.

Needs a CUDA GPU and takes some three minutes. Each time is the median of repeated runs of many
calls between two events of the GPU; where it says so, the calls were captured once as a graph and
replayed, so that starting them costs almost nothing. Operands larger than the cache are taken in
turns. The result is ``src/lessons/studies/accelerator/record.json``; chapter 7 reads it.
"""

import argparse
import datetime
import json
import math
import platform
import statistics
import subprocess
import threading
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from lessons.gpt import model as gpt
from lessons.studies.record import path_of

CACHE_BYTES = 200e6  # more than the last cache of any GPU holds
BF16 = torch.bfloat16
SMALL = gpt.Config(vocab_size=1024, n_positions=128, n_layers=4, n_heads=4, d_model=128)


def time_s(call, n=10, repeats=5, graph=False):
    """Return the median seconds of one call on the GPU.

    `call` takes the number of the call, so that it can take other operands each time. With `graph`
    the n calls are captured and replayed.
    """
    for i in range(3):
        call(i)
    torch.cuda.synchronize()
    if graph:
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            for i in range(n):
                call(i)
    times = []
    for _ in range(repeats + 1):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        if graph:
            captured.replay()
        else:
            for i in range(n):
                call(i)
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) / 1e3 / n)
    return statistics.median(times[1:])


def several(shape, dtype, fill=torch.randn, least=1):
    """Return copies of a matrix of random numbers, so many that no cache holds them."""
    n_bytes = math.prod(shape) * dtype.itemsize
    n = max(least, min(64, math.ceil(CACHE_BYTES / n_bytes)))
    return [fill(*shape, device="cuda").to(dtype) for _ in range(n)]


def products():
    """FLOP/s of a product of two n × n matrices, by number format and n."""
    kinds = {"float32": (torch.float32, False), "tf32": (torch.float32, True),
             "bfloat16": (BF16, False), "float16": (torch.float16, False)}
    found = {}
    for kind, (dtype, allowed) in kinds.items():
        torch.backends.cuda.matmul.allow_tf32 = allowed
        found[kind] = {}
        for n in (2**k for k in range(5, 15)):
            a = several((n, n), dtype, least=2)
            call = lambda i, a=a: a[i % len(a)] @ a[(i + 1) % len(a)]  # noqa: E731
            calls = max(3, min(64, int(4e13 / (2 * n**3))))
            found[kind][n] = 2 * n**3 / time_s(call, calls, graph=True)
    torch.backends.cuda.matmul.allow_tf32 = False
    one, found["float8"] = torch.ones((), device="cuda"), {}
    for n in (2**k for k in range(8, 15)):
        a = [x.to(torch.float8_e4m3fn) for x in several((n, n), torch.float32, least=2)]
        call = lambda i, a=a: torch._scaled_mm(  # noqa: E731
            a[i % len(a)], a[(i + 1) % len(a)].t(), one, one, out_dtype=BF16)
        calls = max(3, min(64, int(4e13 / (2 * n**3))))
        found["float8"][n] = 2 * n**3 / time_s(call, calls, graph=True)
    return found


def layers():
    """FLOP/s of a layer 4096 → 4096 in bfloat16 by batch size, and of one call at a time."""
    d, weights = 4096, several((4096, 4096), BF16)
    found = {}
    for n in (1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096, 16384):
        x = torch.randn(n, d, device="cuda").to(BF16)
        call = lambda i, x=x: x @ weights[i % len(weights)]  # noqa: E731
        found[n] = 2 * n * d * d / time_s(call, 20, graph=True)
    return found


def sums():
    """Bytes per second of the sum of two vectors in bfloat16, by length; operands in turns."""
    found = {}
    for k in range(10, 29, 2):
        n = 2**k
        xs = several((n,), BF16, least=3)
        outs = [torch.empty_like(x) for x in xs]
        call = lambda i, xs=xs, outs=outs: torch.add(  # noqa: E731
            xs[i % len(xs)], xs[(i + 1) % len(xs)], out=outs[i % len(xs)])
        found[n] = 6 * n / time_s(call, 64, graph=True)
    n = 2**20  # the same again and again: it stays in the cache
    x, out = torch.randn(n, device="cuda").to(BF16), torch.empty(n, device="cuda", dtype=BF16)
    found_cached = 6 * n / time_s(lambda i: torch.add(x, x, out=out), 64, graph=True)
    return {"by_length": found, "cached_2_20": found_cached}


def overhead():
    """Seconds of one call of a tiny operation: one by one, captured, and waited for."""
    x, w = torch.randn(8, 8, device="cuda"), torch.randn(8, 8, device="cuda")
    net = nn.Linear(8, 8, device="cuda")

    def waited(i):
        (x + w).sum().item()

    with torch.no_grad():
        found = {
            "x + w": time_s(lambda i: x + w, 1000),
            "x @ w": time_s(lambda i: x @ w, 1000),
            "a Linear": time_s(lambda i: net(x), 1000),
            "x + w in a graph": time_s(lambda i: x + w, 1000, graph=True),
        }
    start = time.perf_counter()
    for i in range(300):
        waited(i)
    return found | {"sum and .item()": (time.perf_counter() - start) / 300}


def fusion():
    """Seconds of a bias, GELU and a residual on 2**26 numbers: one by one, and compiled."""
    n, d = 2**26, 4096
    x, y = (torch.randn(n // d, d, device="cuda").to(BF16) for _ in range(2))
    b = torch.randn(d, device="cuda").to(BF16)

    def three(x, y, b):
        return F.gelu(x + b, approximate="tanh") + y

    compiled = torch.compile(three)
    compiled(x, y, b)
    return {"numbers": n, "one by one": time_s(lambda i: three(x, y, b)),
            "compiled": time_s(lambda i: compiled(x, y, b)),
            "copy": time_s(lambda i: x.clone())}


def written_out(q, k, v):
    """Causal attention as the formula says, with all scores in memory."""
    T = q.shape[2]
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    mask = torch.ones(T, T, dtype=torch.bool, device=q.device).tril()
    return scores.masked_fill(~mask, -torch.inf).softmax(3) @ v


def attention():
    """Seconds and peak bytes of attention, forward and backward, by length; 16 heads of 64."""
    found = []
    for T in (512, 1024, 2048, 4096, 8192):
        n = 16384 // T  # always 16,384 tokens
        q, k, v = (torch.randn(n, 16, T, 64, device="cuda", dtype=BF16, requires_grad=True)
                   for _ in range(3))
        row = {"T": T}
        for name, attend in (("written out", written_out), (
                "flash", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))):
            def both(i, attend=attend, q=q, k=k, v=v):
                attend(q, k, v).sum().backward()
                q.grad = k.grad = v.grad = None

            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            row[name] = {"time_s": time_s(both, 3, 3),
                         "mem_bytes": torch.cuda.max_memory_allocated() - before}
        found.append(row)
    return found


class Recomputed(gpt.Block):
    """A block that keeps its input only, and calculates itself again in the backward pass."""

    def forward(self, x, cache=None):
        """Return (B, T, D) for tokens (B, T, D)."""
        return checkpoint(super().forward, x, use_reentrant=False)


def gpt_steps():
    """Tokens per second and peak bytes of training GPT-2 small, one setting after the other."""
    settings = [  # name, sequences, type of the products, tf32, compiled, recomputed
        ("float32", 16, None, False, False, False),
        ("TF32", 16, None, True, False, False),
        ("bfloat16", 16, BF16, True, False, False),
        ("compiled", 16, BF16, True, True, False),
        ("compiled, larger batch", 48, BF16, True, True, False),
        ("bfloat16, recomputed", 16, BF16, True, False, True),
        ("bfloat16, one sequence", 1, BF16, True, False, False),
    ]
    config = gpt.Config(vocab_size=50304)  # a multiple of 128; 50,257 is none
    found = []
    for name, n, dtype, tf32, compiled, recomputed in settings:
        found.append({"setting": name, "sequences": n} | gpt_step(config, n, dtype, tf32, compiled,
                                                                   recomputed))
        print("   ", found[-1], flush=True)
    found.append({"setting": "bfloat16, vocabulary 50,257", "sequences": 16}
                 | gpt_step(gpt.Config(), 16, BF16, True, False, False))
    for name, n, compiled in (("chapter 10's GPT", 16, False), ("chapter 10's, compiled", 16, True),
                              ("chapter 10's, 64 times the batch", 1024, False)):
        found.append({"setting": name, "sequences": n}
                     | gpt_step(SMALL, n, BF16, True, compiled, False))
    return found


def gpt_step(config, n_rows, dtype, tf32, compiled, recomputed):
    """Measure steps of one setting: forward, backward, clipping, AdamW."""
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.cuda.empty_cache()
    torch.manual_seed(0)
    model = gpt.GPT(config).cuda()
    if recomputed:
        for block in model.blocks:
            block.__class__ = Recomputed
    torch._dynamo.reset()  # else the second size of batch would be compiled for any size
    run = torch.compile(model) if compiled else model
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    T = config.n_positions
    tokens = torch.randint(config.vocab_size, (n_rows, T + 1), device="cuda")

    def step(i):
        with torch.autocast("cuda", dtype or BF16, enabled=dtype is not None):
            loss = gpt.loss(run, tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()

    torch.cuda.reset_peak_memory_stats()
    step_s = time_s(step, 4, 3)
    return {"tokens": n_rows * T, "n_parameters": gpt.n_parameters(model), "time_s": step_s,
            "mem_bytes": torch.cuda.max_memory_allocated()}


def waiting():
    """Seconds of a step of chapter 10's GPT: losses fetched after every step, or after the last."""
    model = gpt.GPT(SMALL).cuda()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    tokens = torch.randint(1024, (16, 129), device="cuda")
    found = {}
    for name, fetches in (("after the last", False), ("after every step", True)) * 2:
        losses, start = [], time.perf_counter()
        for _ in range(200):
            with torch.autocast("cuda", BF16):
                loss = gpt.loss(model, tokens[:, :-1], tokens[:, 1:])
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            losses.append(loss.item() if fetches else loss.detach())
        torch.cuda.synchronize()
        found[name] = (time.perf_counter() - start) / 200  # the second round counts
    return found


def copies():
    """Bytes per second between the memories of processor and GPU, and inside the GPU."""
    n = 2**28
    here, pinned = torch.empty(n, dtype=torch.uint8), torch.empty(n, dtype=torch.uint8).pin_memory()
    there, other = (torch.empty(n, dtype=torch.uint8, device="cuda") for _ in range(2))
    return {"from the processor": n / time_s(lambda i: there.copy_(here), 3, 3),
            "from pinned memory": n / time_s(lambda i: there.copy_(pinned, non_blocking=True), 3),
            "within (read and written)": 2 * n / time_s(lambda i: other.copy_(there), 10)}


def power():
    """Watts while nothing runs, a copy, and products of numbers of different kinds."""
    n = 8192
    kinds = {"random numbers": lambda: torch.randn(n, n, device="cuda"),
             "only 0 and 1": lambda: torch.randint(2, (n, n), device="cuda"),
             "zeros": lambda: torch.zeros(n, n, device="cuda")}
    time.sleep(2)
    found = {"nothing": {"watts": watts()}}
    a, b = (torch.zeros(2**30, device="cuda", dtype=BF16) for _ in range(2))
    found["copy of zeros"] = busy(lambda: b.copy_(a), 4 * 2**30, "bytes_per_s")
    for kind, make in kinds.items():
        x = make().to(BF16)
        found[kind] = busy(lambda x=x: x @ x, 2 * n**3, "flops_per_s")
    x = torch.randn(n, n, device="cuda")
    for name, allowed in (("float32", False), ("TF32", True)):
        torch.backends.cuda.matmul.allow_tf32 = allowed
        found[f"{name}, random numbers"] = busy(lambda: x @ x, 2 * n**3, "flops_per_s")
    return found


def busy(call, work, unit, seconds=4):
    """Repeat a call for some seconds; return its rate, and median watts and MHz meanwhile."""
    seen, done = [], threading.Event()

    def watch():
        while not done.wait(0.25):
            seen.append((watts(), float(asked("clocks.sm").split()[0])))

    watcher, n, start = threading.Thread(target=watch), 0, time.perf_counter()
    watcher.start()
    while time.perf_counter() - start < seconds:
        for _ in range(20):
            call()
        torch.cuda.synchronize()
        n += 20
    taken = time.perf_counter() - start
    done.set()
    watcher.join()
    late = seen[len(seen) // 2 :]  # the first readings are averages over the time before
    power, clock = (statistics.median(column) for column in zip(*late, strict=True))
    return {unit: n * work / taken, "watts": power, "clock_mhz": clock}


def watts():
    """Return the power that the first GPU draws, as its driver says."""
    return float(asked("power.draw").split()[0])


def asked(what):
    """Return what nvidia-smi says of the first GPU."""
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader", "--id=0"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def rounded(found):
    """Return the same with four significant digits of every number."""
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    if isinstance(found, list):
        return [rounded(value) for value in found]
    return float(f"{found:.4g}") if isinstance(found, float) else found


def main():
    """Measure everything, or the parts that are named; write the record after each."""
    parts = [products, layers, sums, overhead, fusion, attention, gpt_steps, waiting,
             copies, power]
    names = {part.__name__: part for part in parts}
    parser = argparse.ArgumentParser(prog="python -m experiments.accelerator", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(names))
    given = parser.parse_args().parts or list(names)
    if not torch.cuda.is_available():
        parser.error("this needs a CUDA GPU; the book reads what one of them gave")
    path = path_of("accelerator")
    path.parent.mkdir(parents=True, exist_ok=True)
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    record |= {"what": "what `python -m experiments.accelerator` recorded: see that script",
               "gpu": torch.cuda.get_device_name(), "driver": asked("driver_version"),
               "power_limit": f"{float(asked('power.limit').split()[0]):.0f} W",
               "torch": torch.__version__, "python": platform.python_version(),
               "date": datetime.date.today().isoformat()}
    for name in given:
        start = time.perf_counter()
        record[name] = rounded(names[name]())
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {time.perf_counter() - start:.0f} s", json.dumps(record[name]), flush=True)


if __name__ == "__main__":
    main()
