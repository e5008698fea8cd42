"""The texts of the study are what they say; the record holds every run; copies, filters, echoes."""

import numpy as np
import pytest

from experiments import corpora
from lessons.studies.corpora import echo, record, runs, texts


def test_blocks_are_drawn_without_repeats_and_begin_alike():
    few, many = texts.drawn(texts.base(), 20, seed=3), texts.drawn(texts.base(), 60, seed=3)
    assert many[:20] == few and len(set(many)) == 60
    assert all(len(block) == texts.BLOCK for block in many)
    assert texts.drawn(texts.base(), 20, seed=4) != few
    with pytest.raises(ValueError, match="asked for 100000"):
        texts.drawn(texts.base(), 100_000, seed=0)


def test_an_epoch_is_all_that_a_run_reads():
    read = runs.N_STEPS * runs.RECIPE.batch_size * runs.RECIPE.n_positions
    assert read == runs.N_BLOCKS * texts.BLOCK
    assert all(runs.N_BLOCKS % epochs == 0 for epochs in corpora.EPOCHS)


def test_the_manual_loses_its_copies_and_the_placebo_as_much():
    train = texts.topics()[0]
    keep = texts.not_copies(train)
    cleaned = texts.dropped(train, keep)
    paragraphs = [part for part in cleaned.split("\n\n") if len(part) >= texts.LEAST]
    assert len(paragraphs) == len(set(paragraphs)) and cleaned == texts.base()
    lost = len(train.encode()) - len(cleaned.encode())
    placebo = texts.at_random(train, lost, np.random.default_rng(0))
    size = len(train.encode()) - len(texts.dropped(train, placebo).encode())
    assert lost <= size < lost + 3000 and (keep != placebo).any()


@pytest.mark.parametrize("noise", texts.NOISE)
def test_noise_keeps_the_length(noise):
    block = texts.drawn(texts.base(), 1, seed=0)[0]
    spoilt = texts.NOISE[noise](block, np.random.default_rng(0))
    assert len(spoilt) == len(block) and spoilt != block
    if noise == "words shuffled":
        assert sorted(spoilt.split()) == sorted(block.split())
        assert [b for b in spoilt if b in b" \n"] == [b for b in block if b in b" \n"]


def test_words_at_the_ends_stay_whole():
    out = texts.words_shuffled(b"  ab c\n\nd", np.random.default_rng(1))
    assert sorted(out.split()) == [b"ab", b"c", b"d"] and len(out) == 9


def test_the_filter_counts_pairs():
    table = texts.pairs_of_bytes(b"abab", alpha=1.0)  # after a: b twice; after b: a once
    assert table[97, 98] == pytest.approx(-np.log2(3 / 258))
    assert texts.bits(b"aba", table) == pytest.approx((table[97, 98] + table[98, 97]) / 2)
    np.testing.assert_allclose((2.0 ** -table).sum(axis=1), 1)


def test_the_filter_sees_garbled_text_and_not_shuffled_words():
    def clean(noise):
        pool, spoilt, bits = texts.spoilt_pool(noise, seed=1)
        return (~spoilt[np.argsort(bits, kind="stable")[: len(pool) // 2]]).mean()

    assert clean("garbled") > 0.9 and 0.4 < clean("words shuffled") < 0.65


def test_tests_are_parts_of_the_validation_text_that_do_not_overlap():
    parts = texts.tests(0)
    assert len(parts["test"]) == len(parts["other"]) == texts.N_TEST * texts.BLOCK
    assert not set(texts.blocks(parts["test"].decode(errors="ignore"))) & set(
        texts.blocks(parts["other"].decode(errors="ignore")))
    valid = texts.topics()[1].encode()
    assert all(parts["test"][i : i + texts.BLOCK] in valid
               for i in range(0, len(parts["test"]), texts.BLOCK))


def test_an_unknown_family_is_said():
    with pytest.raises(ValueError, match="the families are epochs"):
        runs.one("colours", 1)


def test_the_record_holds_every_run_and_nothing_else():
    assert set(record.record()["runs"]) == {corpora.name_of(row) for row in corpora.rows()}
    made = record.record()["made"]
    assert made["command"] == "python -m experiments.corpora" and made["processor_s"] > 0


def test_all_runs_cost_the_same():
    flops = {run["flops"] for name, run in record.record()["runs"].items()
             if not name.startswith(("own", "shorter"))}
    assert len(flops) == 1


def test_scores_come_one_a_seed_and_mistakes_are_said():
    assert record.bits("leak", "test", 4, part="rest").shape == (len(corpora.SEEDS),)
    with pytest.raises(ValueError, match="no run 'leak test 5'"):
        record.bits("leak", "test", 5)
    with pytest.raises(ValueError, match="read no text 'docstrings'"):
        record.bits("leak", "test", 4, part="docstrings")
    assert len(record.chains(False)) == len(corpora.SEEDS)


def test_worth_in_new_text_by_hand():
    assert record.as_new_text(3.0, [10, 100, 1000], [4.0, 3.0, 2.5]) == pytest.approx(100)
    assert record.as_new_text(3.5, [10, 1000], [4.0, 3.0]) == pytest.approx(100)
    assert record.as_new_text(2.0, [10, 100], [4.0, 3.0]) == pytest.approx(1000)  # beyond the last
    for sizes, losses in [([1, 2], [2.0, 2.0]), ([2, 1], [3.0, 2.0]), ([1], [1.0])]:
        with pytest.raises(ValueError, match="sizes must rise"):
            record.as_new_text(2.5, sizes, losses)


def test_a_counting_model_writes_what_can_follow():
    text = b"the cat sat on the mat. " * 30
    out = echo.written(text, np.random.default_rng(0), memory=3)
    seen = {text[i : i + 4] for i in range(len(text) - 3)} | {(text + text[:3])[-4:]}
    row = -(-len(text) // echo.ROWS)
    runs_of_four = {out[i : i + 4] for i in range(len(out) - 3) if i % row + 3 < row}
    assert len(out) == len(text) and runs_of_four <= seen


def test_generations_lose_words_and_real_text_stops_that():
    real = texts.shuffled(texts.drawn(texts.base(), 40, seed=0), seed=0)
    n = {keep: [len(set(text.split())) for text in echo.generations(real, 6, keep)]
         for keep in ("nothing", "half", "all")}
    assert n["nothing"][6] < n["half"][6] < n["all"][6]


@pytest.mark.parametrize("call, words", [
    (lambda: echo.written(b"x" * 300, np.random.default_rng(0), 0), "1 to 7 bytes"),
    (lambda: echo.written(b"x" * 300, np.random.default_rng(0), 8), "1 to 7 bytes"),
    (lambda: echo.written(b"x" * 10, np.random.default_rng(0)), "too few"),
    (lambda: echo.generations(b"x" * 300, 1, "some"), "nothing, half or all"),
])
def test_bad_input_of_the_counting_model_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_check_names_what_differs():
    kept = {"topics": 3.0, "n_text": 5}
    assert list(corpora.differences({"topics": 3.04}, kept, "run")) == []
    (line,) = corpora.differences([{"topics": 3.2}], [kept], "chain")
    assert line == "chain, generation 0, topics: 3.2, recorded 3.0"
