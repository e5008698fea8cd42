"""What chapter 10's page asks Python: a text read and written on, a tiny GPT trained in pieces."""

import math

import numpy as np
import pytest

from lessons.data import corpus, texts
from lessons.gpt import choosing
from lessons.live import prompt, tiny
from lessons.studies.page_live.shown import record
from lessons.train.tiny import TinyRun
from lessons.widgets.prompts.numbers import attention_of, logits_of


def test_a_text_is_read_as_the_model_reads_it():
    said = prompt.read({"text": "If the object 🙂", "seed": 0})
    model, tokenizer = prompt.model()
    ids = tokenizer.encode("If the object 🙂")
    attention = []
    logits = model([ids], attention=attention)[0, -1]
    assert [i for i, _ in said["tokens"]] == ids and said["first"] == said["before"] == 0
    assert np.array_equal(logits_of(said), logits)
    assert np.abs(attention_of(said) - np.stack(attention)[:, 0]).max() <= 0.5e-4 + 1e-9
    assert [text for _, text in said["tokens"][-4:]] == ["<F0>", "<9F>", "<99>", "<82>"]
    assert said["top"][0][0] == logits.argmax()


def test_it_writes_what_python_writes_also_past_its_window():
    model, tokenizer = prompt.model()
    how = {"temperature": 0.9, "top_k": 20, "top_p": 0.95}
    text = "the " * 120
    said = prompt.read({"text": text, "seed": 3})
    ids = tokenizer.encode(text)
    new = list(choosing.write(model, ids, 20, np.random.default_rng(3), **how))
    rows = []
    for _ in new:
        said = prompt.write(how)
        rows.append(said["first"])
    assert [i for i, _ in said["tokens"]] == (ids + new)[-model.n_positions:]
    assert said["before"] == len(ids) + 20 - model.n_positions
    assert rows[0] == len(ids) and rows[-1] == 0, "all rows again, once the window moves"


def test_empty_long_and_broken_texts():
    with pytest.raises(ValueError, match="one character at least"):
        prompt.read({"text": "", "seed": 0})
    assert prompt.read({"text": "a b " * 50_000, "seed": 0})["before"] > 5000
    assert prompt.read({"text": "\ud83d", "seed": 0})["tokens"] == [[63, "?"]]


def test_a_run_in_pieces_is_the_run():
    said = tiny.begin({"source": "names", "lr": 0.02, "seed": 4})
    run = TinyRun(texts.function_names(), **tiny.SIZE, lr=0.02, seed=4)
    assert said["bigram"] == pytest.approx(run.bigram(), abs=1e-4)
    losses, held, samples = [], [], []
    while len(losses) < 55:
        more = tiny.advance({"lr": 0.02 if len(losses) < 30 else 0.002, "ms": 0})
        losses += more["losses"]
        held += [more["held"]] if "held" in more else []
        samples += [more["sample"]] if "sample" in more else []
    ours = []
    for step in range(len(losses)):
        run.lr = 0.02 if step < 30 else 0.002
        ours.append(run.step() / math.log(2))
    assert losses == pytest.approx(ours, abs=1e-3)
    assert [step for step, _ in held] == [step for step, _ in samples] == [0, 50]
    assert all(len(text) == tiny.N_WRITTEN for _, text in samples)


def test_a_run_whose_loss_is_no_number_says_so_and_stays_so(monkeypatch):
    tiny.begin({"source": "names", "lr": 0.01, "seed": 0})
    run = tiny.now["run"]
    monkeypatch.setattr(run, "step", lambda: math.nan)
    for _ in range(tiny.N_WRITTEN + 2):  # it is tested and writes before its first step
        said = tiny.advance({"lr": 0.01, "ms": 0})
    again = tiny.advance({"lr": 0.01, "ms": 0})
    assert said["broken"] and again["broken"] and again["losses"] == []


@pytest.mark.parametrize("text", ["", "a" * 500, "\n" * 3000, "short\n" * 10])
def test_a_text_that_is_too_short_is_said_in_the_words_of_a_reader(text):
    with pytest.raises(ValueError, match="too little would be left"):
        tiny.begin({"source": "own", "text": text, "lr": 0.01, "seed": 0})


def test_counting_pairs_is_what_it_says():
    run = TinyRun("ab" * 400 + "\n" + "ab" * 400 + "\n" + "ab" * 60 + "\n", length=8, d_model=8)
    assert run.bigram() < 0.2 and run.bigram() < run.bigram(least=10)
    assert TinyRun(corpus.topics(), length=8, d_model=8).bigram() > 3


def test_the_names_are_those_of_the_docstrings():
    names = {one.name.rpartition(".")[2] for one in texts.docstrings()}
    mine = texts.function_names().split()
    assert len(set(mine)) == len(mine) == 2750 and set(mine) <= names


def test_the_record_is_what_the_functions_say():
    shown = record()["prompt"]
    said = prompt.read({"text": shown["text"], "seed": shown["seed"]})
    assert said["tokens"] == shown["tokens"]
    assert logits_of(said) == pytest.approx(logits_of(shown), abs=1e-3)
