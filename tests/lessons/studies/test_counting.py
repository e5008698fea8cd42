"""Kneser-Ney counting: probabilities, the same ones as by the definition; and its record."""

from collections import Counter

import numpy as np
import pytest

from lessons.data import corpus
from lessons.gpt.tokenizer import train_bpe
from lessons.studies.counting import runs as counting
from lessons.studies.counting.kneser_ney import kneser_ney
from lessons.studies.small_gpt import runs

V = 6
TEXT = np.random.default_rng(0).choice(V, size=200, p=[0.4, 0.3, 0.1, 0.1, 0.06, 0.04])


def by_definition(train, context, token, longest=True):
    """The probability of a token after a context, straight from the formula of the paper."""
    m, train = len(context), train.tolist()
    grams = [tuple(train[i : i + m + 1]) for i in range(len(train) - m)]
    if not longest:
        grams = [gram[1:] for gram in {tuple(train[i : i + m + 2])
                                       for i in range(len(train) - m - 1)}]
    counts = Counter(grams)
    once, twice = (sum(n == k for n in counts.values()) for k in (1, 2))
    discount = once / max(once + 2 * twice, 1)
    after = {gram: n for gram, n in counts.items() if gram[:-1] == tuple(context)}
    shorter = by_definition(np.array(train), context[1:], token, False) if m else 1 / V
    total = sum(after.values())
    if not total:
        return shorter
    seen = after.get((*context, token), 0)
    return (max(seen - discount, 0) + discount * len(after) * shorter) / total


@pytest.mark.parametrize("memory", [0, 1, 2, 3])
def test_it_is_what_the_definition_says(memory):
    held = np.random.default_rng(1).integers(V, size=30)
    p = kneser_ney(TEXT, held, V, memory)
    for t in range(memory, len(held)):
        expected = by_definition(TEXT, held[t - memory : t].tolist(), int(held[t]))
        assert p[t] == pytest.approx(expected), t


@pytest.mark.parametrize("memory", [0, 1, 2, 4])
def test_the_probabilities_of_all_tokens_sum_to_one(memory):
    for seed in range(5):
        context = np.random.default_rng(seed).integers(V, size=memory)
        rows = np.array([[*context, token] for token in range(V)])
        p = kneser_ney(TEXT, rows.ravel(), V, memory)[memory :: memory + 1]
        assert p.sum() == pytest.approx(1) and (p > 0).all()


def test_counting_with_kneser_ney_beats_the_recorded_gpt_on_its_text():
    """What the chapter says. A weak rival had let the GPT win."""
    train, held = corpus.split(corpus.topics())
    tokenizer = train_bpe(train, 1024)
    ids, valid = (np.array(tokenizer.encode(text)) for text in (train, held))
    bits = -np.log2(kneser_ney(ids, valid, 1024, 3)).sum() / len(held.encode())
    assert bits < runs.record()["curves"][-1][3] - 0.05


def test_where_the_gpts_pass_counting():
    """Text, steps and size each help only together: what the chapter says of the record."""
    sizes = counting.record()["sizes"]
    assert [int(size) for size in sizes] == sorted(int(size) for size in sizes)
    ahead = {kind: [min(row["counts"]) - run["bits_per_byte"] for row in sizes.values()
                    for run in row["gpts"] if run["run"] == kind and run["seed"] == 0]
             for kind in ("chapter", "longer", "larger")}
    assert [bits > 0 for bits in ahead["chapter"]] == [False] * 4
    assert [bits > 0 for bits in ahead["longer"]] == [False, True, True, True]
    assert [bits > 0 for bits in ahead["larger"]] == [False, False, True, True]
    for row in sizes.values():
        for kind in ("longer", "larger"):
            one, other = (r["bits_per_byte"] for r in row["gpts"] if r["run"] == kind)
            assert abs(one - other) < 0.03
