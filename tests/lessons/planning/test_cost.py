"""Formulas of cost against published numbers, to the digits that were published."""

import math

import pytest

from lessons.data import table
from lessons.planning import cost

MODELS = {m["name"]: m for m in table("architectures")}
BAD = [0, -1, math.nan, math.inf]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_parameter_counts_are_the_published_ones(model):
    assert cost.parameters(model) == int(model["parameters"])


def test_known_counts():
    known = {"GPT-2": 124_439_808, "GPT-2 medium": 354_823_168, "GPT-2 large": 774_030_080,
             "GPT-2 XL": 1_557_611_200, "GPT-3": 174_604_259_328, "BLOOM": 176_247_271_424,
             "LLaMA-7B": 6_738_415_616, "Llama-2-70B": 68_976_648_192,
             "Llama-3.1-405B": 405_853_388_800}
    assert {name: cost.parameters(MODELS[name]) for name in known} == known
    assert cost.gpt_parameters(12, 768, 50257, 1024, biases=False) == 124_337_664


def test_gpt2_count_equals_its_parts():
    embeddings, positions, block, norm = 38_597_376, 786_432, 7_087_872, 1_536
    assert cost.gpt_parameters(12, 768, 50257, 1024) == embeddings + positions + 12 * block + norm


@pytest.mark.parametrize("name, tokens, stated", [
    ("GPT-3", 300e9, 3.14e23), ("Llama-3.1-405B", 15.6e12, 3.8e25), ("LLaMA-65B", 1.4e12, 5.48e23),
    ("BLOOM", 366e9, 3.87e23),
])
def test_six_n_d_gives_the_stated_operations(name, tokens, stated):
    assert cost.training_flops(cost.parameters(MODELS[name]), tokens) == pytest.approx(stated, 5e-3)


def test_attention_adds_its_share():
    without_positions = 124_439_808 - 786_432
    forward_and_backward = cost.flops_per_token(without_positions, 12, 768, 1024) * 1024
    assert forward_and_backward == pytest.approx(874_944_921_600, rel=2e-3)
    dense = cost.flops_per_token(without_positions)
    assert forward_and_backward / 1024 / dense - 1 == pytest.approx(0.153, abs=1e-3)


def test_zero_table_of_the_paper():
    per_stage = [sum(cost.state_bytes(7.5e9, n_chips=64, stage=s).values()) / 1e9 for s in range(4)]
    assert per_stage == pytest.approx([120, 31.41, 16.64, 1.875], abs=5e-3)


@pytest.mark.parametrize("convention, per_parameter", [
    ("all fp32", 16), ("mixed, 16-bit gradients", 16), ("mixed, fp32 gradients", 18),
    ("mixed, both gradients", 20),
])
def test_bytes_per_parameter_with_adam(convention, per_parameter):
    assert sum(cost.state_bytes(1.0, convention).values()) == per_parameter
    without = cost.state_bytes(1.0, convention, optimiser="plain SGD")
    assert sum(without.values()) == per_parameter - 8


def test_one_chip_has_nothing_to_split():
    assert cost.state_bytes(1e9, n_chips=1, stage=3) == cost.state_bytes(1e9)


def test_activations_of_gpt3():
    gpt3 = dict(n_layers=96, d_model=12288, n_heads=96, context=2048)
    assert cost.activation_bytes(**gpt3) / 2**30 == 256.5
    assert cost.activation_bytes(**gpt3, keep="no attention scores") / 2**30 == 76.5
    assert cost.activation_bytes(**gpt3, keep="layer inputs") / 2**30 == 4.5
    assert cost.activation_bytes(**gpt3, batch=3) == 3 * cost.activation_bytes(**gpt3)


def test_palm_utilisation():
    per_token = cost.flops_per_token(540.35e9, 118, 48 * 256, 2048)
    assert per_token == pytest.approx(3.2777e12, rel=1e-4)
    assert cost.mfu(238.3e3, per_token, 6144, 275e12) == pytest.approx(0.462, abs=5e-4)
    assert cost.mfu(238.3e3, 6 * 540.35e9, 6144, 275e12) == pytest.approx(0.457, abs=5e-4)


@pytest.mark.parametrize("name, tokens, hours, peak, implied", [
    ("LLaMA-7B", 1e12, 82_432, 312e12, 0.437), ("LLaMA-65B", 1.4e12, 1_022_362, 312e12, 0.477),
    ("Llama-2-70B", 2e12, 1_720_320, 312e12, 0.428),
    ("Llama-3.1-405B", 15.6e12, 30.84e6, 989e12, 0.346),
])
def test_utilisation_implied_by_published_hours(name, tokens, hours, peak, implied):
    flops = cost.training_flops(cost.parameters(MODELS[name]), tokens)
    share = cost.implied_mfu(flops, hours, peak)
    assert share == pytest.approx(implied, abs=1e-3)
    assert cost.chip_hours(flops, peak, share) == pytest.approx(hours)


@pytest.mark.parametrize("hours, mwh", [(82_432, 36), (135_168, 59), (530_432, 233),
                                        (1_022_362, 449)])
def test_energy_of_the_four_llamas(hours, mwh):
    assert cost.energy_kwh(hours, 400, pue=1.1) / 1e3 == pytest.approx(mwh, abs=1)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("call", [
    lambda x: cost.gpt_parameters(x, 768, 50257), lambda x: cost.llama_parameters(1, x, 1, 1, 1),
    lambda x: cost.flops_per_token(x), lambda x: cost.training_flops(1e9, x),
    lambda x: cost.state_bytes(x), lambda x: cost.state_bytes(1e9, n_chips=x),
    lambda x: cost.activation_bytes(1, 8, x, 8), lambda x: cost.mfu(x, 1e9, 1, 1e12),
    lambda x: cost.mfu(1.0, 1e9, x, 1e12), lambda x: cost.implied_mfu(1e20, x, 1e12),
    lambda x: cost.chip_hours(1e20, 1e12, x), lambda x: cost.energy_kwh(x, 400),
    lambda x: cost.energy_kwh(1.0, 400, pue=x),
])
def test_bad_numbers_are_named(call, bad):
    with pytest.raises(ValueError, match=r"must be a|1 or more"):
        call(bad)


@pytest.mark.parametrize("call, said", [
    (lambda: cost.gpt_parameters(1.5, 8, 8), "n_layers must be a whole number"),
    (lambda: cost.gpt_parameters(1, 8, 8, -1), "n_positions"),
    (lambda: cost.state_bytes(1e9, "fp4"), "unknown convention 'fp4'"),
    (lambda: cost.state_bytes(1e9, stage=4), "0, 1, 2 or 3"),
    (lambda: cost.state_bytes(1e9, optimiser="Lion"), "unknown optimiser"),
    (lambda: cost.activation_bytes(1, 8, 1, 8, keep="all"), "keep one of"),
    (lambda: cost.mfu(1e9, 1e12, 1, 1e12), "more than the peak"),
    (lambda: cost.implied_mfu(1e20, 1.0, 1e12), "more than the peak"),
    (lambda: cost.mfu(1e308, 1e308, 10**10, 1e300), "more than the peak"),  # inf / inf is NaN
    (lambda: cost.chip_hours(1e20, 1e12, mfu=40), "more than the peak"),
    (lambda: cost.energy_kwh(1.0, 400, pue=0.9), "1 or more"),
])
def test_wrong_use_gets_a_message_that_helps(call, said):
    with pytest.raises(ValueError, match=said):
        call()
