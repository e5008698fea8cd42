"""The book's GPT against nanoGPT's: training steps in turns in one process; and the cache's worth.

Both train 6 layers of 6 heads, 192 numbers for a token, texts of 128 tokens in batches of 8, a
vocabulary of 1,024, float32. Two things differ by design: GELU, which nanoGPT computes with the
error function and the book, as GPT-2 does, with the slower tanh; and AdamW, where the book takes
torch's fused one also on a CPU. So there are three comparisons: with the same function (tanh in
both), with the same function and optimiser, and with nanoGPT as it is.

What is recorded is how many steps the book's GPT takes in the time of one of nanoGPT's. Time is
processor time, that of all threads together: other programs on the machine disturb it least.
"""

import importlib.util
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that wait must not count

import torch

from lessons.gpt import model as gpt, sampling

RESULT = Path(__file__).with_suffix(".json")
N_ROUNDS, N_WRITTEN = 40, 240
SIZES = {"vocab_size": 1024, "n_layers": 6, "n_heads": 6, "d_model": 192}
HOW = """\
Give the path to a copy of nanoGPT, the folder with its model.py:
  git clone https://github.com/karpathy/nanoGPT /tmp/nanoGPT
  python -m benchmarks.gpt_vs_nanogpt /tmp/nanoGPT"""


def load(folder):
    """Return nanoGPT's module ``model``, which is no package."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", Path(folder) / "model.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def our_step():
    """Return a function that trains the book's GPT by one step."""
    model = gpt.GPT(gpt.Config(n_positions=128, **SIZES))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    return step(lambda tokens, targets: gpt.loss(model, tokens, targets), optimiser)


def nanogpt_step(nanogpt, gelu, adamw):
    """Return a function that trains nanoGPT by one step; each part "as it is" or "ours"."""
    model = nanogpt.GPT(nanogpt.GPTConfig(
        block_size=128, vocab_size=SIZES["vocab_size"], n_layer=SIZES["n_layers"],
        n_head=SIZES["n_heads"], n_embd=SIZES["d_model"], dropout=0.0, bias=True,
    ))
    if gelu == "ours":
        for block in model.transformer.h:
            block.mlp.gelu = torch.nn.GELU(approximate="tanh")
    optimiser = (torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True) if adamw == "ours"
                 else model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cpu"))
    return step(lambda tokens, targets: model(tokens, targets)[1], optimiser)


def step(loss, optimiser):
    """Return a function that takes one step."""
    def take(tokens, targets):
        loss(tokens, targets).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return take


def seconds(function):
    """Return the processor time of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def in_turns(ours, theirs, n_rounds):
    """Return their time over ours for each round; who begins changes from round to round."""
    ours(), theirs()
    ratios = []
    for i in range(n_rounds):
        first, second = (ours, theirs) if i % 2 else (theirs, ours)
        times = {first: seconds(first), second: seconds(second)}
        ratios.append(times[theirs] / times[ours])
    return ratios


def summary(ratios):
    """Return the median and the middle half of some ratios."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {"ratio": round(middle, 3), "middle_half": [round(low, 3), round(high, 3)]}


def training(nanogpt, **parts):
    """Compare training steps on one fixed batch of random tokens."""
    torch.manual_seed(0)
    text = torch.randint(SIZES["vocab_size"], (8, 129))
    batch = text[:, :-1].contiguous(), text[:, 1:].contiguous()
    ours, theirs = our_step(), nanogpt_step(nanogpt, **parts)
    return summary(in_turns(lambda: ours(*batch), lambda: theirs(*batch), N_ROUNDS))


def writing():
    """Return how much faster the book's GPT writes with its cache than without."""
    model = gpt.GPT(gpt.Config(n_positions=256, **SIZES))
    start = torch.zeros(1, 1, dtype=torch.int64)
    cached, plain = (
        lambda use=use: sampling.generate(model, start, N_WRITTEN, temperature=0, use_cache=use)
        for use in (True, False)
    )
    return summary(in_turns(cached, plain, 5))


def main(folder=None):
    """Measure, print, and record; without a copy of nanoGPT say how to get one."""
    if folder is None or not (Path(folder) / "model.py").is_file():
        print(HOW)
        return
    nanogpt = load(folder)
    result = {"what": "processor time of nanoGPT divided by that of the book's GPT for a training "
                      "step of 6 layers, 6 heads, d 192, T 128, B 8, V 1024, float32; and that "
                      f"without cache divided by that with it for {N_WRITTEN} tokens, B 1; "
                      "medians of pairs measured in turns, and the middle half of the pairs"}
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        result[f"threads_{n_threads}"] = {
            "same_function": training(nanogpt, gelu="ours", adamw="as it is"),
            "same_function_and_optimiser": training(nanogpt, gelu="ours", adamw="ours"),
            "as_it_is": training(nanogpt, gelu="as it is", adamw="as it is"),
        }
        print(n_threads, "threads:", result[f"threads_{n_threads}"])
    torch.set_num_threads(1)
    result["cache"] = writing()
    print("cache:", result["cache"])
    result |= {"torch": torch.__version__, "date": time.strftime("%Y-%m-%d")}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
