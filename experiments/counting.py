"""Does more text help a GPT more than it helps counting? See ``python -m experiments.counting``.

The text is the docstrings of seven packages that the book's environment holds, one piece a file.
Files for validation are drawn first, until they hold 200 kB; their paragraphs of two lines or more
are taken out of the rest. The sizes are the beginnings of one row of files in random order, and the
tokeniser is learned on the smallest of them. Each size is counted, and read by three GPTs: the
chapter's with its run, the same one with twenty times the tokens, and one of eleven times the
parameters with as many tokens. Dropout is off where the text is read less than twice. Nothing is
chosen by the validation text: each run is scored once, at its end.

``--prepare`` makes the text into tokens, in ``_build/counting``; ``--count`` counts them; ``--train
chapter`` (or ``longer``, or ``larger``) trains on all sizes, ``--device cuda --together 4`` on a
GPU, several at a time. On one free core the chapter's GPT takes some five minutes for each size.
Everything adds to ``src/lessons/studies/counting/record.json``; of another text it keeps nothing.
"""

import argparse
import ast
import datetime
import hashlib
import json
import math
import sysconfig
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lessons.engine.optim import schedule
from lessons.gpt import model as gpt
from lessons.gpt.tokenizer import train_bpe
from lessons.studies.counting.kneser_ney import kneser_ney
from lessons.studies.record import path_of
from lessons.train.optimiser import decay_groups
from lessons.train.tokens import Windows, sequential_batches

TOKENS = Path("_build/counting")
PACKAGES = {"matplotlib": "matplotlib", "networkx": "networkx", "numpy": "numpy",
            "scipy": "scipy", "sklearn": "scikit-learn", "sympy": "sympy", "torch": "torch"}
SIZES = [400_000, 1_600_000, 6_400_000, None]  # bytes of text; None is all of it
MEMORIES = range(1, 6)
V, N_HELD = 1024, 200_000
SMALL = {"n_positions": 128, "n_layers": 4, "n_heads": 4, "d_model": 128}
LARGE = {"n_positions": 256, "n_layers": 6, "n_heads": 6, "d_model": 384}
RUNS = {  # sizes of the GPT, sequences in a batch, steps, peak of the learning rate
    "chapter": (SMALL, 16, 1000, 0.003),
    "longer": (SMALL, 32, 10_000, 0.003),
    "larger": (LARGE, 32, 5000, 0.001),
}


def docstrings():
    """Return the docstrings of each file of the packages, joined, in the order of their paths."""
    folder, texts = Path(sysconfig.get_paths()["purelib"]), []
    for package in PACKAGES:
        for path in sorted((folder / package).rglob("*.py")):
            try:
                with warnings.catch_warnings(action="ignore"):
                    tree = ast.parse(path.read_text(encoding="utf-8"))
            except (SyntaxError, ValueError):  # a test of something that is no Python
                continue
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)]
            if any(found):
                texts.append("\n\n".join(text for text in found if text))
    return texts


def split(texts):
    """Return training and validation text: whole files, and no paragraph in both."""
    texts = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))]
    n = int(np.searchsorted(np.cumsum([len(text) for text in texts]), N_HELD)) + 1
    held = "\n\n".join(texts[:n])
    shared = {part for part in held.split("\n\n") if "\n" in part}
    rest = "\n\n".join(texts[n:]).split("\n\n")
    return "\n\n".join(part for part in rest if part not in shared), held


def prepare():
    """Write the tokens of every size and of the validation text, and what they were made of."""
    text, held = split(docstrings())
    raw = text.encode()
    parts = [raw[:size].decode(errors="ignore") for size in SIZES]
    tokenizer = train_bpe(parts[0], V)
    TOKENS.mkdir(parents=True, exist_ok=True)
    np.save(TOKENS / "held.npy", np.array(tokenizer.encode(held), np.uint16))
    for part in parts:
        ids = np.array(tokenizer.encode(part), np.uint16)
        np.save(TOKENS / f"{len(part.encode())}.npy", ids)
        print(f"{len(part.encode())} bytes are {len(ids):,} tokens", flush=True)
    made = {"what": "what `python -m experiments.counting` recorded: see that script",
            "sha256": hashlib.sha256(raw).hexdigest()[:16], "held_out_bytes": len(held.encode()),
            "packages": {name: version(name) for name in PACKAGES.values()}}
    (TOKENS / "made.json").write_text(json.dumps(made), encoding="utf-8")


def train(ids, name, seed, device):
    """Return a GPT trained on token ids, and the dropout it had."""
    sizes, n_rows, n_steps, lr = RUNS[name]
    T = sizes["n_positions"]
    torch.manual_seed(seed)
    windows = Windows(torch.tensor(ids.astype(np.int32), device=device), T, seed)
    dropout = 0.1 if 2 * len(ids) < n_steps * n_rows * T else 0.0
    model = gpt.GPT(gpt.Config(vocab_size=V, dropout=dropout, **sizes)).to(device)
    optimiser = torch.optim.AdamW(decay_groups(model, weight_decay=0.1), betas=(0.9, 0.95))
    share = schedule("cosine", n_steps, n_warmup=n_steps // 20)
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * share(step)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = gpt.loss(model, *windows.batch(n_rows * step, n_rows))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % (n_steps // 10) == 0:
            print(f"    {name} on {len(ids):,} tokens, step {step}: {loss.item():.3f}", flush=True)
    return model, dropout


@torch.no_grad()
def nats_per_token(model, ids, device):
    """Return the mean loss of a model on a text, in windows that do not overlap."""
    model.eval()
    tokens = torch.tensor(ids.astype(np.int64), device=device)
    batches = sequential_batches(tokens, model.config.n_positions, n=len(ids), size=64)
    nats = sum(gpt.loss(model, *batch).item() * batch[1].numel() for batch in batches)
    return nats / sum(batch[1].numel() for batch in batches)


def run(size, name, seed, device, n_bytes):
    """Train one GPT on one size; return what the record keeps of it."""
    torch.set_num_threads(1)
    start, held = time.perf_counter(), np.load(TOKENS / "held.npy")
    model, dropout = train(np.load(TOKENS / f"{size}.npy"), name, seed, device)
    bits = nats_per_token(model, held, device) / math.log(2) * len(held) / n_bytes
    sizes, n_rows, n_steps, lr = RUNS[name]
    where = torch.cuda.get_device_name() if device == "cuda" else "one core"
    return {"run": name, "seed": seed, "bits_per_byte": round(bits, 4), "dropout": dropout,
            "n_parameters": gpt.n_parameters(model), "lr": lr,
            "tokens_seen": n_steps * n_rows * sizes["n_positions"],
            "time_s": round(time.perf_counter() - start), "where": where,
            "date": datetime.date.today().isoformat()}


def counted(size, n_bytes):
    """Return bits per byte of Kneser-Ney counting by memory, and the number of tokens."""
    ids, held = (np.load(TOKENS / f"{name}.npy").astype(int) for name in (size, "held"))
    bits = [round(float(-np.log2(kneser_ney(ids, held, V, m)).sum()) / n_bytes, 4)
            for m in MEMORIES]
    return {"n_tokens": len(ids), "counts": bits}


def add(made, size, row=None, gpt_run=None):
    """Add to the record: a row of a size, or a run of a GPT in place of the same one before."""
    path = path_of("counting")
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    sizes = record["sizes"] if record.get("sha256") == made["sha256"] else {}
    new = sizes.setdefault(size, {}) | (row or {})
    if gpt_run:
        same = ("run", "seed")
        others = [old for old in new.get("gpts", [])
                  if [old[key] for key in same] != [gpt_run[key] for key in same]]
        new["gpts"] = sorted([*others, gpt_run], key=lambda r: [r["n_parameters"],
                                                                r["tokens_seen"], r["seed"]])
    sizes[size] = new
    record = made | {"sizes": dict(sorted(sizes.items(), key=lambda pair: int(pair[0])))}
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    print(size, json.dumps(row or gpt_run), flush=True)


def main():
    """Do what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m experiments.counting", description=__doc__)
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--train", nargs="*", choices=list(RUNS), default=[])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--together", type=int, default=1, help="runs at the same time")
    given = parser.parse_args()
    if given.prepare or not (TOKENS / "made.json").exists():
        prepare()
    made = json.loads((TOKENS / "made.json").read_text(encoding="utf-8"))
    n_bytes = made["held_out_bytes"]
    sizes = sorted((path.stem for path in TOKENS.glob("[0-9]*.npy")), key=int)
    for size in sizes if given.count else []:
        add(made, size, row=counted(size, n_bytes))
    with ProcessPoolExecutor(given.together, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(run, size, name, seed, given.device, n_bytes): size
                for seed in given.seeds for name in given.train for size in sizes[::-1]}
        for job in as_completed(jobs):
            add(made, jobs[job], gpt_run=job.result())


if __name__ == "__main__":
    main()
