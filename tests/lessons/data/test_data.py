"""Data sets depend on nothing but their generator; every number in a table has a source."""

import itertools
import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lessons.data import batches, digits, line, spirals, table, tables
from lessons.data.sets import all_digits

MODELS = table("models")
BY_NAME = {row["name"]: row for row in MODELS}
NUMBERS = ["params_total", "params_active", "train_tokens", "train_flops", "flops_6nd",
           "tokens_per_active_param"]


@pytest.mark.parametrize("make", [digits, lambda rng: line(rng, 20), lambda rng: spirals(rng, 20)])
def test_the_same_generator_gives_the_same_data_and_another_gives_other_data(make):
    first, again, other = (make(np.random.default_rng(seed)) for seed in (0, 0, 1))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("make", [digits, lambda rng: line(rng, 20), lambda rng: spirals(rng, 20),
                                  lambda rng: list(batches(np.eye(3), np.arange(3), 2, rng))])
def test_a_seed_is_no_generator(make):
    with pytest.raises(TypeError, match="give a generator"):
        make(0)


def test_the_digits_of_the_package_are_those_of_scikit_learn_and_cannot_be_changed():
    for ours, theirs in zip(all_digits(), load_digits(return_X_y=True), strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)
        with pytest.raises(ValueError, match="read-only"):
            ours[0] = 1


def test_digits_are_split_without_overlap_or_loss():
    X_train, y_train, X_test, y_test = digits(np.random.default_rng(0))
    assert len(X_train) + len(X_test) == 1797 and len(X_test) == 449
    everything = np.concatenate([X_train, X_test])
    assert everything.min() == 0 and everything.max() == 1
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    other = digits(np.random.default_rng(1))
    np.testing.assert_array_equal(
        np.unique(everything, axis=0), np.unique(np.concatenate([other[0], other[2]]), axis=0)
    )


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_split_needs_both_parts(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        digits(np.random.default_rng(0), test_share=share)


def test_spirals_are_two_halves_that_one_turn_maps_onto_each_other():
    X, y = spirals(np.random.default_rng(0), 400, noise=0.0)
    radius, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    assert radius.max() <= 1 and abs(np.mean(radius**2) - 0.5) < 0.05  # even over the disc
    unwound = (angle - 2 * np.pi * 1.5 * radius - np.pi * y) / (2 * np.pi)
    np.testing.assert_allclose(unwound, unwound.round(), atol=1e-9)
    assert y.sum() == 200


def test_no_straight_line_parts_the_spirals():
    X, y = spirals(np.random.default_rng(0), 1000)
    directions = np.linspace(0, np.pi, 60)
    for a in directions:
        side = X @ [np.cos(a), np.sin(a)]
        best = max(abs(np.mean((side > t) == y) - 0.5) for t in np.linspace(-1, 1, 41))
        assert best < 0.25


def test_the_noise_of_spirals_and_lines_has_the_size_that_was_asked_for():
    quiet, loud = (spirals(np.random.default_rng(3), 4000, noise=s)[0] for s in (0.0, 0.2))
    assert np.std(loud - quiet) == pytest.approx(0.2, rel=0.03)
    x, y = line(np.random.default_rng(3), 4000, slope=-1.0, intercept=4.0, noise=0.2)
    assert np.std(y - (4.0 - x)) == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize("make", [line, spirals])
def test_a_data_set_has_a_point(make):
    with pytest.raises(ValueError, match="one point or more"):
        make(np.random.default_rng(0), 0)


def test_batches_give_every_row_once_with_its_label():
    X, y = np.arange(7.0)[:, None], np.arange(7)
    parts = list(batches(X, y, 3, np.random.default_rng(0)))
    assert [len(b) for _, b in parts] == [3, 3, 1]
    rows, labels = (np.concatenate(p) for p in zip(*parts, strict=True))
    assert sorted(labels.tolist()) == y.tolist() and labels.tolist() != y.tolist()
    np.testing.assert_array_equal(rows[:, 0], labels)


@pytest.mark.parametrize("size, n_labels, words", [
    (0, 3, "batch_size=0"), (2, 4, "belong together"),
])
def test_batches_name_the_mistake(size, n_labels, words):
    with pytest.raises(ValueError, match=words):
        list(batches(np.zeros((3, 1)), np.zeros(n_labels), size, np.random.default_rng(0)))


def test_an_unknown_table_lists_what_there_is():
    with pytest.raises(ValueError, match="accelerators.*models"):
        table("planets")


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["name"])
def test_every_model_has_a_source_in_words_for_a_reader(row):
    assert len(row["source"].split()) >= 1 and row["mark"]
    assert row["mark"].startswith(("checked", "from Epoch AI", "FLOPs disputed"))
    text = " ".join(str(row[key]) for key in ("source", "mark", "flops_basis", "data_note"))
    for word in ("MEMORY", "VERIFIED", "DISPUTED", "part D", "snapshot", "README", "find_string"):
        assert word not in text


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["name"])
def test_what_is_known_is_a_positive_number_and_what_is_not_is_blank(row):
    for key in NUMBERS:
        assert row[key] is None or (isinstance(row[key], float) and row[key] > 0)
    year, month = map(int, row["year_month"].split("-"))
    assert 1957 <= year <= 2026 and 1 <= month <= 12
    assert (row["train_flops"] is None) == (row["flops_basis"] in (None, "undisclosed")
                                            or "left out" in row["flops_basis"])
    if row["params_active"] is not None:
        assert row["params_active"] < row["params_total"]


@pytest.mark.parametrize("row", [r for r in MODELS if r["flops_6nd"]], ids=lambda row: row["name"])
def test_six_n_d_is_six_times_parameters_times_tokens(row):
    N, D = row["params_active"] or row["params_total"], row["train_tokens"]
    assert row["flops_6nd"] == pytest.approx(6 * N * D, rel=2e-3)
    assert row["tokens_per_active_param"] == pytest.approx(D / N, rel=1e-2)
    if row["flops_basis"].startswith("6ND"):
        assert row["train_flops"] == pytest.approx(6 * N * D, rel=0.04)


def test_stated_flops_agree_with_six_n_d_unless_the_row_says_why_not():
    far = {row["name"] for row in MODELS if row["flops_6nd"] and row["train_flops"]
           and abs(math.log(row["train_flops"] / row["flops_6nd"])) > math.log(1.2)}
    # An encoder-decoder, recomputed activations, and two budgets that their makers count otherwise.
    assert far == {"T5-11B", "OPT-175B", "MT-NLG 530B", "Gopher"}


def test_models_stand_in_the_order_of_time_and_have_names_of_their_own():
    dates = [row["year_month"] for row in MODELS]
    assert dates == sorted(dates) and len(BY_NAME) == len(MODELS) == 124


@pytest.mark.parametrize("name, key, value", [
    ("GPT-3 175B", "params_total", 174_604_259_328), ("GPT-3 175B", "train_flops", 3.14e23),
    ("BLOOM", "params_total", 176_247_271_424), ("Chinchilla", "train_tokens", 1.4e12),  # not words
    ("Llama-2-7B", "params_total", 6_738_415_616), ("Llama-3.1-405B", "train_flops", 3.8e25),
    ("DeepSeek-V3", "params_active", 37e9), ("GPT-4", "train_flops", None),
    ("Seq2Seq LSTM (ensemble of 5)", "train_tokens", None),  # its source counts words
])
def test_known_rows(name, key, value):
    assert BY_NAME[name][key] == value


def test_tokens_per_parameter_rose_while_gpt_3_stood_still():
    ratio = {name: BY_NAME[name]["tokens_per_active_param"]
             for name in ("Gopher", "GPT-3 175B", "Chinchilla", "LLaMA-7B", "Llama-3-8B")}
    assert all(a < b for a, b in itertools.pairwise(ratio.values()))
    assert ratio["Chinchilla"] == pytest.approx(20)
    assert ratio["Llama-3-8B"] == pytest.approx(1868, rel=1e-3)


DATASETS = table("datasets")


@pytest.mark.parametrize("row", DATASETS, ids=lambda row: row["name"])
def test_every_data_set_has_a_source_in_words_for_a_reader_and_tokens_or_none(row):
    assert row["source"] and row["mark"].startswith("checked") and 2018 <= row["year"] <= 2026
    assert row["tokens"] is None or 1e9 < row["tokens"] <= 3e14
    text = " ".join(str(row[key]) for key in ("source", "mark", "notes"))
    for word in ("MEMORY", "VERIFIED", "DISPUTED", "snapshot", "README", "text search", " @"):
        assert word not in text


def test_data_sets_stand_in_the_order_of_years_and_have_names_of_their_own():
    years = [row["year"] for row in DATASETS]
    assert years == sorted(years) and len({row["name"] for row in DATASETS}) == len(DATASETS) == 64


@pytest.mark.parametrize("name, tokens", [
    ("C4 (en)", 156e9), ("FineWeb", 15e12), ("DCLM-Pool", 240e12), ("The Pile", None),  # bytes
    ("FineWeb-2 (non-English)", None),  # its source counts words
    ("Stock of public human text (Epoch estimate)", 300e12),
])
def test_known_data_sets(name, tokens):
    assert {row["name"]: row["tokens"] for row in DATASETS}[name] == tokens


def test_every_accelerator_has_a_source_and_units_that_fit_together():
    for row in table("accelerators"):
        assert row["source"] and row["mark"]
        # TFLOP/s divided by TB/s is FLOP per byte, which the table also gives.
        if row["ridge_flop_per_byte"] and row["dense_16bit_tflops"] and row["bandwidth_tb_s"]:
            assert row["dense_16bit_tflops"] / row["bandwidth_tb_s"] == pytest.approx(
                row["ridge_flop_per_byte"], rel=0.01)


def test_numbers_text_and_blanks_of_a_cell():
    assert tables._number("1e3") == 1000.0 and tables._number("") is None
    assert tables._number("2020-05") == "2020-05"
