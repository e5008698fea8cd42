"""The small file of weights: it scores what chapter 10 recorded, and says when it is broken."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from experiments import page_gpt
from lessons.compress.quantise import quantise
from lessons.gpt import model as gpt
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.studies.page_gpt import weights
from lessons.studies.small_gpt import runs

RECORD, CHAPTER = weights.record(), runs.record()


@pytest.fixture(scope="module")
def loaded():
    return weights.load()


def test_it_is_small_and_scores_what_the_record_of_the_chapter_says(loaded):
    said = RECORD["kinds"][RECORD["chosen"]]
    assert weights.FILE.stat().st_size == said["bytes"] <= 2e6
    bits = weights.bits_per_byte(*loaded)
    assert bits == pytest.approx(said["bits_per_byte"], abs=1e-3)
    assert bits == pytest.approx(CHAPTER["curves"][-1][3], abs=0.01)


def test_the_choice_costs_less_than_the_last_digit_that_the_chapter_prints():
    kinds = RECORD["kinds"]
    assert len(kinds) == len(page_gpt.KINDS) and kinds.keys() == set(page_gpt.KINDS)
    exact, chosen = kinds["float32"], kinds[RECORD["chosen"]]
    assert abs(chosen["bits_per_byte"] - exact["bits_per_byte"]) < 0.005
    assert chosen["bytes"] < 0.6 * kinds["float16"]["bytes"] < 0.6 * exact["bytes"]
    assert RECORD["recorded_bits_per_byte"] == CHAPTER["curves"][-1][3]


def test_it_is_the_run_of_the_chapter(loaded):
    model, tokenizer = loaded
    assert sum(w.size for w in model.weights.values()) == RECORD["n_weights"]
    assert RECORD["training"][3:] == CHAPTER["command"].split()[4:]
    for text, logits in CHAPTER["logits"].items():
        ours = model([tokenizer.encode(text)])[0, -1]
        assert abs(ours - np.array(logits)).max() < 0.5
        assert np.corrcoef(ours, logits)[0, 1] > 0.999
    for seen in CHAPTER["attention"].values():
        text, attention = "".join(seen["tokens"]), []
        ids = tokenizer.encode(text)
        assert [tokenizer.decode([i]) for i in ids] == seen["tokens"]
        model([ids], attention=attention)
        ours = 100 * np.stack(attention)[:, 0]
        assert abs(ours - np.array(seen["weights"])).max() < 5


@pytest.fixture(scope="module")
def toy():
    torch.manual_seed(0)
    model = gpt.GPT(gpt.Config(vocab_size=258, n_positions=8, n_layers=1, n_heads=2, d_model=16))
    return model, BytePairTokenizer([(104, 101), (256, 108)])


@pytest.mark.parametrize("kind", page_gpt.KINDS)
def test_each_kind_is_read_back(toy, kind):
    model, tokenizer = toy
    back, same = weights.load(io.BytesIO(page_gpt.stored(model, tokenizer, kind)))
    assert same.merges == tokenizer.merges and back.n_heads == 2
    for name, w in model.state_dict().items():
        assert back.weights[name].dtype == np.float32
        if "bits" in kind and w.dim() == 2:
            per = "row" if kind.endswith("row") else "tensor"
            w = quantise(w, int(kind[0]), per).dequantise()
        np.testing.assert_allclose(back.weights[name], w.numpy(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("harm", [
    lambda data: b"", lambda data: b"<html>not found</html>", lambda data: data[: len(data) // 2],
    lambda data: data[:200] + bytes(200) + data[400:],
])
def test_a_broken_file_is_said(toy, harm):
    data = page_gpt.stored(*toy, "float16")
    with pytest.raises(ValueError, match="not the file of weights, or not all of it"):
        weights.load(io.BytesIO(harm(data)))


@pytest.mark.parametrize("missing", ["merges", "n_heads", "norm.weight"])
def test_a_part_that_is_missing_is_said(toy, missing):
    arrays = dict(np.load(io.BytesIO(page_gpt.stored(*toy, "float16"))))
    del arrays[missing]
    file = io.BytesIO()
    np.savez(file, **arrays)
    with pytest.raises(ValueError, match="not the file of weights"):
        weights.load(io.BytesIO(file.getvalue()))[0]([[1]])


def test_another_run_is_not_taken_for_that_of_the_chapter(toy, monkeypatch, tmp_path):
    monkeypatch.setattr(page_gpt.small_gpt, "train", lambda folder: {"processor_s": 0})
    monkeypatch.setattr(page_gpt.small_gpt, "model_at", lambda folder, step: toy)
    monkeypatch.setattr(weights, "FILE", tmp_path / "none")
    with pytest.raises(SystemExit, match="it is another run"):
        page_gpt.everything()
    assert not weights.FILE.exists()


def test_check_tells_what_differs(monkeypatch):
    said = json.loads(json.dumps(RECORD))
    said["kinds"][said["chosen"]] = {"bytes": 1, "bits_per_byte": 1.0}
    monkeypatch.setattr(weights, "record", lambda: said)
    monkeypatch.setattr(weights, "bits_per_byte", lambda *model: 1.5)
    assert [line.split(",")[0] for line in page_gpt.check()] == [
        "1.5000 bits per byte", f"{weights.FILE.stat().st_size} bytes"]


WITHOUT = """
import sys
for name in ("torch", "scipy", "sklearn", "matplotlib", "IPython", "ipywidgets"):
    sys.modules[name] = None  # importing it fails
import io
from lessons.gpt import choosing
from lessons.studies.page_gpt import weights
model, tokenizer = weights.load(io.BytesIO(weights.FILE.read_bytes()))
import numpy as np
new = choosing.write(model, tokenizer.encode("If the object"), 5, np.random.default_rng(0), 0.8)
print(len(list(new)))
"""


def test_a_page_needs_numpy_alone_for_it():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert done.stdout == "5\n", done.stderr
