"""Record the run of the chapter on a small GPT: ``python -m experiments.small_gpt [FOLDER]``.

It trains with `lessons.train.run`, in at most five minutes of one free core, and then looks at the
checkpoints: samples, attention, next tokens. The result is
``src/lessons/studies/small_gpt/record.json``. A folder that holds the finished run already is not
trained again.
"""

import datetime
import itertools
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from lessons.data import corpus
from lessons.gpt import model as gpt, sampling
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.studies.record import path_of
from lessons.train import checkpoint, log, tokens as token_data
from lessons.train.config import TrainConfig

RECORD = path_of("small_gpt")
SETTINGS = {
    "n_steps": 1000, "batch_size": 16, "lr": 0.003, "dropout": 0.1, "device": "cpu",
    "valid_every": 25, "save_every": 25, "keep": 100, "tensorboard": False,
}
SHOWN = [0, 25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
BEGIN = "If the object"
ATTENDED = {
    "code": "\n   >>> x = [1, 2, 3]\n   >>> x",
    "a sentence": "If the object is not a string, it is",
}
PROMPTS = ["The value of the", "\n   >>> x"]
TEMPERATURES = [0.2, 0.5, 0.8, 1.0, 1.3, 1.7]
TOP_KS, TOP_PS = [5, 40, None], [0.5, 0.9, None]


def command(folder):
    """Return the words of the command line that trains."""
    options = [f"--{name.replace('_', '-')}={str(value).lower()}"
               for name, value in SETTINGS.items()]
    return ["-m", "lessons.train", f"--out={folder}", *options]


def train(folder):
    """Train on one thread and write down how long it took; return that."""
    took = Path(folder, "took.json")
    if not took.exists():
        start = time.perf_counter()
        subprocess.run([sys.executable, *command(folder)], check=True,
                       env=os.environ | {"OMP_NUM_THREADS": "1"})
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.write_text(json.dumps({
            "wall_s": round(time.perf_counter() - start),
            "processor_s": round(used.ru_utime + used.ru_stime),
        }))
    return json.loads(took.read_text())


def model_at(folder, step):
    """Return the model of a checkpoint, and its tokenizer."""
    state = checkpoint.load(checkpoint.path_of(folder, step))
    config = TrainConfig(**state["config"])
    model = gpt.GPT(gpt.Config(**config.sizes()))
    model.load_state_dict(state["model"])
    return model.eval(), BytePairTokenizer.from_dict(state["tokenizer"])


def write(model, tokenizer, text, n_new, **how):
    """Return how the model goes on after a text."""
    tokens = torch.tensor([tokenizer.encode(text)])
    generator = torch.Generator().manual_seed(0)
    new = sampling.generate(model, tokens, n_new, generator=generator, **how)[0, tokens.shape[1]:]
    return tokenizer.decode(new.tolist())


@torch.no_grad()
def validate(model, tokenizer):
    """Return validation loss and bits per byte, as `lessons.train.trainer` measures them."""
    ids = torch.tensor(tokenizer.encode(corpus.split(corpus.topics())[1]))
    windows = token_data.sequential_batches(ids, model.config.n_positions, n=256, size=16)
    nats = sum(gpt.loss(model, *window).item() * window[1].numel() for window in windows)
    targets = torch.cat([targets.flatten() for _, targets in windows])
    n_bytes = sum(len(tokenizer.vocab[i]) for i in targets)
    return nats / len(targets), nats / math.log(2) / n_bytes


@torch.no_grad()
def overlapping(model, tokenizer):
    """Return the bits per byte of the held-out text, each token with 64 others before it or more.

    The first window gives all its predictions, each further one those of its second half.
    """
    text = corpus.split(corpus.topics())[1]
    ids, length = torch.tensor(tokenizer.encode(text)), model.config.n_positions
    nats, n, half = 0.0, 0, length // 2
    for start in range(0, len(ids) - 1, half):
        window = ids[start : start + length + 1]
        logits = model(window[None, :-1])[0]
        new = slice(half if start else 0, None)
        nats += F.cross_entropy(logits[new], window[1:][new], reduction="sum").item()
        n += len(window[1:][new])
        if start + length + 1 >= len(ids):
            break
    return nats / n / math.log(2) * len(ids) / len(text.encode())


@torch.no_grad()
def induction(model, n=40, length=16):
    """Return what heads and losses do on rows of random tokens, each written twice."""
    generator = torch.Generator().manual_seed(0)
    row = torch.randint(model.config.vocab_size, (n, length), generator=generator)
    tokens = torch.cat([row, row], dim=1)
    weights = gpt.attention_weights(model, tokens)  # (4 blocks, n, 4 heads, 2 length, 2 length)
    places = torch.arange(length, 2 * length)
    followed = weights[..., places, places - length + 1].mean(-1)  # (blocks, n, heads)
    losses = F.cross_entropy(model(tokens[:, :-1]).mT, tokens[:, 1:], reduction="none")
    return {"n": n, "length": length,
            "attention": [[round(x, 4) for x in block] for block in followed.mean(1).tolist()],
            "even": round((1 / (places + 1.0)).mean().item(), 4),
            "first": round(losses[:, : length - 1].mean().item(), 3),
            "second": round(losses[:, length:].mean().item(), 3)}


def curves(folder):
    """Return rows of step, mean training loss since the row before, validation loss, bits."""
    rows, losses = log.read_metrics(folder), []
    valid, bits = validate(*model_at(folder, 0))
    table = [[0, round(rows[0]["loss"], 4), round(valid, 4), round(bits, 4)]]
    for row in rows:
        if "valid_loss" in row:
            table.append([row["step"], round(sum(losses) / len(losses), 4),
                          round(row["valid_loss"], 4), round(row["bits_per_byte"], 4)])
            losses = []
        else:
            losses.append(row["loss"])
    return table


@torch.no_grad()
def look(model, tokenizer):
    """Return what the explorers of the finished model show."""
    attention, logits = {}, {}
    for name, text in ATTENDED.items():
        ids = tokenizer.encode(text)
        weights = gpt.attention_weights(model, torch.tensor([ids]))[:, 0]
        attention[name] = {"tokens": [tokenizer.decode([i]) for i in ids],
                           "weights": (100 * weights).round().int().tolist()}
    for text in PROMPTS:
        last = model(torch.tensor([tokenizer.encode(text)]))[0, -1]
        logits[text] = [round(x, 2) for x in last.tolist()]
    how = list(itertools.product(TEMPERATURES, TOP_KS, TOP_PS))
    sampled = {text: [write(model, tokenizer, text, 60, temperature=t, top_k=k, top_p=p)
                      for t, k, p in how] for text in PROMPTS}
    return {"attention": attention, "logits": logits, "how": how, "sampled": sampled,
            "overlapping": round(overlapping(model, tokenizer), 4), "induction": induction(model)}


def main(folder):
    """Train if need be, look, and write the table."""
    torch.set_num_threads(1)
    took = train(folder)
    samples = {step: write(*model_at(folder, step), BEGIN, 120, temperature=0.8, top_p=0.9)
               for step in SHOWN}
    record = {
        "what": "what `python -m experiments.small_gpt` recorded: see that script",
        "command": " ".join(["python", *command("run")]), **took,
        "processor": platform.machine(), "torch": torch.__version__,
        "python": platform.python_version(), "date": datetime.date.today().isoformat(),
        "curves": curves(folder), "begin": BEGIN, "samples": samples,
    } | look(*model_at(folder, SETTINGS["n_steps"]))
    RECORD.write_text(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{RECORD.name}: {RECORD.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
