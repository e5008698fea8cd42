"""Does more text help a GPT more than it helps counting? See ``python -m experiments.counting``.

The text is the docstrings of seven packages that the book's environment holds, one piece a file.
Files for validation are drawn first, until they hold 200 kB; their paragraphs of two lines or more
are taken out of the rest. The sizes are the beginnings of one row of files in random order, and the
tokeniser is learned on the smallest of them. The GPT and its settings are those of
`experiments.small_gpt`, so every run takes the same arithmetic, in about five minutes of one free
core; only dropout is off where the text is read less than twice. Nothing is chosen by the
validation text. Numbers name the sizes to do, from 0; ``--count`` counts and trains nothing. The
result is ``src/lessons/studies/counting/record.json``; a size that it holds already, of the same
text, is not trained again.
"""

import ast
import datetime
import hashlib
import json
import math
import sys
import sysconfig
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lessons.engine.optim import schedule
from lessons.gpt import model as gpt
from lessons.gpt.tokenizer import train_bpe
from lessons.studies.counting.kneser_ney import kneser_ney
from lessons.studies.record import path_of
from lessons.train.tokens import Windows, sequential_batches

PACKAGES = {"matplotlib": "matplotlib", "networkx": "networkx", "numpy": "numpy",
            "scipy": "scipy", "sklearn": "scikit-learn", "sympy": "sympy", "torch": "torch"}
SIZES = [400_000, 1_600_000, 6_400_000, None]  # bytes of text; None is all of it
MEMORIES = range(1, 6)
V, T, BATCH, N_STEPS, LR = 1024, 128, 16, 1000, 0.003
N_HELD = 200_000


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


def train(ids, seed=0):
    """Return a GPT trained on token ids for `N_STEPS`, as the recorded run of the chapter was."""
    torch.manual_seed(seed)
    windows = Windows(torch.tensor(ids), T, seed)
    dropout = 0.1 if 2 * len(ids) < N_STEPS * BATCH * T else 0.0
    model = gpt.GPT(gpt.Config(vocab_size=V, n_positions=T, n_layers=4, n_heads=4, d_model=128,
                               dropout=dropout))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
                                   {"params": others, "weight_decay": 0.0}], betas=(0.9, 0.95))
    share = schedule("cosine", N_STEPS, n_warmup=50)
    for step in range(N_STEPS):
        for group in optimiser.param_groups:
            group["lr"] = LR * share(step)
        loss = gpt.loss(model, *windows.batch(BATCH * step, BATCH))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 99:
            print(f"    step {step + 1}: {loss.item():.3f}", flush=True)
    return model, dropout


@torch.no_grad()
def nats_per_token(model, ids):
    """Return the mean loss of a model on a text, in windows that do not overlap."""
    model.eval()
    batches = sequential_batches(torch.tensor(ids), T, n=len(ids), size=64)
    nats = sum(gpt.loss(model, *batch).item() * batch[1].numel() for batch in batches)
    return nats / sum(batch[1].numel() for batch in batches)


def kept(path, made):
    """Return the rows of the record, if it was made of the same text."""
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return record["sizes"] if record.get("sha256") == made["sha256"] else {}


def main():
    """Count and train on every size; write the record after each."""
    torch.set_num_threads(1)
    path, start = path_of("counting"), time.process_time()
    text, held = split(docstrings())
    raw = text.encode()
    parts = [raw[:size].decode(errors="ignore") for size in SIZES]
    tokenizer = train_bpe(parts[0], V)
    valid, n_bytes = np.array(tokenizer.encode(held)), len(held.encode())
    order = [word for word in sys.argv[1:] if word != "--count"]
    made = {"what": "what `python -m experiments.counting` recorded: see that script",
            "sha256": hashlib.sha256(raw).hexdigest()[:16], "held_out_bytes": n_bytes,
            "packages": {name: version(name) for name in PACKAGES.values()},
            "date": datetime.date.today().isoformat()}
    for part in (parts[int(i)] for i in order or range(len(SIZES))):
        ids, size = np.array(tokenizer.encode(part)), str(len(part.encode()))
        counts = [round(float(-np.log2(kneser_ney(ids, valid, V, m)).sum()) / n_bytes, 4)
                  for m in MEMORIES]
        print(f"{size} bytes, {len(ids):,} tokens: {counts}", flush=True)
        row = {"n_tokens": len(ids), "counts": counts} | kept(path, made).get(size, {})
        if "gpt" not in row and "--count" not in sys.argv:
            begun = time.process_time()
            model, dropout = train(ids)
            bits = nats_per_token(model, valid) / math.log(2) * len(valid) / n_bytes
            row |= {"gpt": round(bits, 4), "dropout": dropout,
                    "n_parameters": gpt.n_parameters(model), "tokens_seen": N_STEPS * BATCH * T,
                    "processor_s": round(time.process_time() - begun)}
            print(f"    GPT {row['gpt']} bits per byte", flush=True)
        rows = kept(path, made) | {size: row}
        record = made | {"sizes": dict(sorted(rows.items(), key=lambda pair: int(pair[0])))}
        path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    print(f"{time.process_time() - start:.0f} s of processor time")


if __name__ == "__main__":
    main()
