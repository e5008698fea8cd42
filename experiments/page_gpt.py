"""Make the file of weights for the page of the small GPT, and measure what the short numbers cost.

    python -m experiments.page_gpt           train if need be (4 minutes of one core), then write
    python -m experiments.page_gpt --check   measure the file again, and compare with its record

The run is that of `experiments.small_gpt`: its folder is ``_build/small_gpt``, and one that holds
the finished run is not trained again. It must score what the record of chapter 10 says.
"""

import io
import sys
import time
from pathlib import Path

import numpy as np

from experiments import small_gpt
from experiments.keep import command
from lessons.compress.quantise import quantise
from lessons.studies.page_gpt import weights
from lessons.studies.small_gpt import runs

RUN = Path("_build/small_gpt")
KINDS = ["float32", "float16", "8 bits, a scale for a matrix", "8 bits, a scale for a row",
         "4 bits, a scale for a row"]
CHOSEN = "8 bits, a scale for a row"
AGREES = 0.01  # bits per byte, to the record of chapter 10


def shortened(state, kind):
    """Return the weights of a state dict as `weights.save` takes them; vectors in float16."""
    arrays = {}
    for name, w in state.items():
        if "bits" in kind and w.dim() == 2:
            q = quantise(w, int(kind[0]), kind.split()[-1].replace("matrix", "tensor"))
            arrays[name] = q.codes.reshape(w.shape).numpy()
            arrays[name + weights.SCALE] = q.scale.numpy()
        else:
            arrays[name] = w.numpy().astype(np.float32 if kind == "float32" else np.float16)
    return arrays


def stored(model, tokenizer, kind):
    """Return the bytes of the file with weights of some kind."""
    file = io.BytesIO()
    weights.save(file, shortened(model.state_dict(), kind), tokenizer, model.config.n_heads)
    return file.getvalue()


def everything():
    """Train if need be, measure each kind, write the file; return the result and its seconds."""
    took = small_gpt.train(RUN)
    start = time.process_time()
    model, tokenizer = small_gpt.model_at(RUN, small_gpt.SETTINGS["n_steps"])
    kinds = {}
    for kind in KINDS:
        data = stored(model, tokenizer, kind)
        bits = weights.bits_per_byte(*weights.load(io.BytesIO(data)))
        kinds[kind] = {"bytes": len(data), "bits_per_byte": round(bits, 4)}
    recorded = runs.record()["curves"][-1][3]
    if abs(kinds["float32"]["bits_per_byte"] - recorded) > AGREES:
        raise SystemExit(f"the run in {RUN} has {kinds['float32']['bits_per_byte']} bits per byte, "
                         f"the record of chapter 10 {recorded}: it is another run")
    weights.FILE.write_bytes(stored(model, tokenizer, CHOSEN))
    result = {"training": small_gpt.command("FOLDER"), "chosen": CHOSEN, "kinds": kinds,
              "recorded_bits_per_byte": recorded, "n_weights": sum(
                  w.numel() for w in model.state_dict().values())}
    return result, took["processor_s"] + time.process_time() - start


def check():
    """Return a line for each number that differs."""
    record = weights.record()
    said = record["kinds"][record["chosen"]]
    bits, size = weights.bits_per_byte(*weights.load()), weights.FILE.stat().st_size
    wrong = [f"{bits:.4f} bits per byte, {said['bits_per_byte']} in the record"
             ] if abs(bits - said["bits_per_byte"]) > 1e-3 else []
    return wrong + [f"{size} bytes, {said['bytes']} in the record"] * (size != said["bytes"])


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "page_gpt", everything, check, "0.001 bits per byte"))
