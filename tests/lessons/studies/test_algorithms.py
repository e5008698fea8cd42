"""The study of changes: its recipes, its analysis, its script."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from experiments import algorithms
from lessons.studies import trial
from lessons.studies.algorithms import analysis, own, plan, recipes, ruler, runs


def run(nats, **more):
    return {
        "valid": [[10, nats + 1], [20, nats]],
        "curve": [nats] * 50,
        "n_steps": 20,
        "processor_s": 2.0,
        **more,
    }


def entry(*nats, seconds=2.0):
    return {"lr": 0.01, "runs": [run(x, processor_s=seconds) for x in nats], "tuning": {}}


@pytest.fixture
def record():
    base = [2.0, 2.1, 1.9, 2.05, 1.95]
    return {
        "changes": {
            "baseline": entry(*base),
            "placebo": entry(
                *(x + d for x, d in zip(base, (0.02, -0.03, 0.01, -0.02, 0.02), strict=True))
            ),
            "rotary": entry(
                *(x - 0.2 + d for x, d in zip(base, (0.01, 0, 0, -0.01, 0), strict=True))
            ),
            "Muon": entry(*(x - 0.1 for x in base), seconds=4.0),
            "post-norm": entry(2.0, math.inf, 1.9, 2.0, 2.0),
        },
    }


def test_gains_are_bits_of_pairs_with_their_interval(record):
    mean, half = analysis.gain(record, "rotary")
    assert mean == pytest.approx(0.2 / math.log(2)) and 0 < half < 0.02
    assert analysis.gain(record, "Muon")[1] == pytest.approx(0, abs=1e-12)
    with pytest.raises(KeyError, match="no change 'magic'"):
        analysis.gain(record, "magic")


def test_verdicts(record):
    says = {name: analysis.verdict(record, name) for name in record["changes"]}
    assert says["placebo"] == "not distinguishable here" and says["rotary"] == "better"
    assert says["post-norm"] == "diverges"


def test_equal_seconds_compare_with_the_baseline_that_had_as_many(record):
    record["pace"] = {"baseline": 1.0, "Muon": 1.2, "rotary": 3.0}
    record["budgets"] = {"0.5": entry(*[2.5] * 5), "2.0": entry(*[1.4] * 5)}
    assert analysis.share_of_seconds(record, "Muon") == pytest.approx(1.2)
    way = math.log(1.2) / math.log(2)
    base = analysis.losses(record["changes"]["baseline"])
    there = (1 - way) * base + way * 1.4 / math.log(2)
    assert analysis.baseline_at(record, 1.2) == pytest.approx(there)
    mean, _ = analysis.gain_at_equal_seconds(record, "Muon")
    assert mean == pytest.approx((there - base + 0.1 / math.log(2)).mean())
    with pytest.raises(ValueError, match="budgets from 0.5 to 2 were run, got 3"):
        analysis.gain_at_equal_seconds(record, "rotary")


def test_a_gain_is_worth_compute(record):
    record["budgets"] = {"0.5": entry(*[2.5] * 5), "2.0": entry(*[1.4] * 5)}
    assert analysis.worth(record, "baseline") == pytest.approx(1, abs=1e-6)
    assert analysis.worth(record, "Muon") == pytest.approx(2 ** (0.1 / 0.6), rel=1e-3)
    record["changes"]["worse"] = entry(*[2.6] * 5)
    record["changes"]["best"] = entry(*[1.0] * 5)
    assert (analysis.worth(record, "worse"), analysis.worth(record, "best")) == (0, math.inf)


def test_a_stricter_interval_is_wider(record):
    one, many = (analysis.gain(record, "placebo", n)[1] for n in (1, 21))
    assert 0 < one < many


def test_bars_of_a_waterfall_add_up_and_depend_on_the_order():
    # two ideas that replace each other, one that is worth 1 with both of them only
    table = {}
    for i in range(16):
        a, b, c, d = (int(x) for x in f"{i:04b}")
        table[f"{i:04b}"] = np.array([10.0 - max(a, b) - a * b * c - 0.5 * d])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2]):
        assert analysis.waterfall(table, order).sum() == pytest.approx(2.5)
    assert analysis.waterfall(table, [0, 1, 2, 3]).ravel().tolist() == [1, 0, 1, 0.5]
    assert analysis.waterfall(table, [1, 0, 2, 3]).ravel().tolist() == [1, 0, 1, 0.5]
    credit = analysis.credit(table).ravel()
    assert credit == pytest.approx([1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 / 3, 0.5])
    for bad in ([0, 1, 2], [0, 0, 1, 2], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match="an order of 0, 1, 2, 3"):
            analysis.waterfall(table, bad)


def test_effects_apart_for_runs_with_and_without_another_change():
    table = {}
    for i in range(16):
        a, b, c, d = (int(x) for x in f"{i:04b}")
        table[f"{i:04b}"] = np.array([5.0 - a + 3 * a * c - b, 6.0 - a + 3 * a * c])
    apart = analysis.effects(table, 0, 2)
    assert apart["0"].shape == (4, 2) and (apart["0"] == 1).all() and (apart["1"] == -2).all()


def test_steps_to_a_loss():
    one = {"valid": [[10, 3 * math.log(2)], [20, 2 * math.log(2)], [30, 2.5 * math.log(2)]]}
    assert analysis.steps_to(one, 2.25) == pytest.approx(17.5)
    assert analysis.steps_to(one, 1.9) == math.inf and analysis.steps_to(one, 3.5) == 10
    record = {"batches": {"4": {"0.01 0": one, "0.03 0": {"valid": [[5, 3.0], [6, 1.0]]}}}}
    assert analysis.steps_by_batch(record, 2.25)[4][0] < 6  # the better rate


def test_the_critical_batch_is_found_again():
    sizes = np.array([2, 4, 8, 16, 64])
    steps = 50 * (1 + 12 / sizes)
    s_min, critical = analysis.critical_batch(sizes, steps)
    assert (s_min, critical) == pytest.approx((50, 12))
    E = steps * sizes
    assert (steps / s_min - 1) * (E / (s_min * critical) - 1) == pytest.approx(np.ones(5))


def test_every_change_differs_from_the_baseline_in_one_thing():
    base = recipes.BASE
    for name, recipe in recipes.CHANGES.items():
        differing = {f for f in vars(base) if getattr(base, f) != getattr(recipe, f)}
        most = {"baseline": 0, "two tokens ahead": 2}.get(name, 1)
        assert len(differing) == most, name
    for bad in ("", "11111", "2000", "01"):
        with pytest.raises(ValueError, match="say which of"):
            recipes.crossed(bad)


def test_crossed_recipes_with_one_change_are_that_change():
    for on, name in (
        ("1000", "rotary"),
        ("0100", "squared ReLU"),
        ("0010", "Muon"),
        ("0001", "flat, then down"),
    ):
        assert recipes.crossed(on) == recipes.CHANGES[name]
    model = recipes.crossed("1100").build()
    assert not hasattr(model, "position_embedding")


def test_schedules_start_and_end():
    ends = {plan.warm_stable_decay: 0, plan.to_zero: 0, recipes.FLAT.schedule: 1}
    for schedule, end in ends.items():
        assert schedule(0.001) < 0.03 and schedule(1.0) == end and schedule(0.21) > 0.9


def test_the_scaled_form_is_the_usual_one_at_its_base_width():
    outs = []
    for scaled in (False, True):
        torch.manual_seed(0)
        outs.append(recipes.of_width(64, scaled).build()(torch.arange(8)[None]))
    assert torch.equal(*outs)
    wide = recipes.of_width(256, True)
    optimiser = wide.optimiser(wide.build(), 0.01)
    assert [group["lr"] for group in optimiser.param_groups] == [0.0025, 0.01]


def test_unknown_runs_are_named():
    with pytest.raises(ValueError, match="no change 'magic': the changes are baseline"):
        runs.recipe_of("change", "magic", 0.1)
    with pytest.raises(ValueError, match="no kind"):
        runs.recipe_of("kind", "rotary", 0.1)


def test_a_change_that_looks_ahead_is_refused():
    class Peeking(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = recipes.model()

        def forward(self, tokens):
            return self.inner(tokens.flip(1))

    with pytest.raises(ValueError, match="tokens that come later"):
        own.against_baseline(replace(recipes.BASE, build=Peeking), (0, 1), share=0.02)
    with pytest.raises(ValueError, match="buy no step"):
        own.against_baseline(recipes.BASE, (0, 1), share=1e-6)
    with pytest.raises(ValueError, match="two differences"):
        own.against_baseline(recipes.BASE, (0,), share=0.02)


def test_what_is_kept_of_a_run(monkeypatch):
    monkeypatch.setattr(plan, "N_STEPS", 4)
    monkeypatch.setattr(
        runs, "topics", lambda: replace(trial.topics(), valid=trial.topics().valid[:5000])
    )
    row = runs.one("change", "4 experts, balanced", 0.01, 0)
    assert len(row["loads"]) == 3 and sum(row["loads"][0][0]) == pytest.approx(1, abs=0.01)
    assert row["flops"] <= runs.budget()
    assert runs.one("change", "two tokens ahead", 0.01, 0)["n_steps"] == 3


def test_a_ruler_trains_with_the_weights_of_gpt2(monkeypatch):
    recipe = ruler.RULERS["GPT-2's weights, short warm-up"]
    torch.manual_seed(0)
    theirs = recipe.build().token_embedding.weight.std().item()
    assert theirs == pytest.approx(0.02, rel=0.05) and recipe.schedule(0.05) == 1
    ours = recipes.BASE.build().token_embedding.weight.std().item()
    assert ours == pytest.approx(0.02 * math.sqrt(12), rel=0.05)
    monkeypatch.setattr(runs, "budget", lambda: 2 * trial.flops_per_step(recipes.BASE))
    row = ruler.one("ruler", "short warm-up", 0.01, 0)
    assert row["n_steps"] == 2 and len(row["valid"]) == 1 + (row["valid"][0][0] != 2)
    with pytest.raises(ValueError, match="no ruler 'tape': the rulers are GPT-2"):
        ruler.one("ruler", "tape", 0.01, 0)


def test_words_decide_no_result_and_programs_do():
    one = algorithms.without_words('def f(x):\n    """Say."""\n    return x  # why\n')
    assert one == algorithms.without_words(
        'def f(x):\n    """Say\n\n    more."""\n\n    return x\n'
    )
    assert one != algorithms.without_words("def f(x):\n    return 2 * x\n")


def test_the_script_tunes_goes_beyond_the_edge_and_measures(monkeypatch):
    asked = []

    def fake(folder, code, settings, function, rows, jobs):
        asked.append(list(rows))
        return {row: (run(3 - row[2]), 1.0) for row in rows}  # a larger rate is always better

    monkeypatch.setattr(algorithms, "kept_all", fake)
    monkeypatch.setattr(algorithms, "pace", lambda recipes: dict.fromkeys(recipes, 1.0))
    result, seconds = algorithms.everything()
    assert result["changes"]["Muon"]["lr"] == 0.048 and len(result["changes"]["Muon"]["runs"]) == 5
    assert len(result["crossed"]) == 16 and len(result["crossed"]["1111"]["runs"]) == 2
    assert set(result["crossed"]["1111"]["tuning"]) >= {"0.048 0", "0.006 1"}
    assert list(result["rulers"]) == list(ruler.RULERS)
    assert list(result["budgets"]) == ["0.5", "0.7", "1.4", "2.0"] and result["pace"]["Muon"] == 1
    assert set(result["tuned only"]) == {"4 bits in blocks"} and len(result["changes"]) == 22
    assert seconds == sum(map(len, asked))
    tuning = {seed for rows in asked[:3] for *_, seed in rows}
    assert tuning == {0, 1}  # the seeds that choose never measure


def test_the_second_machine_is_compared_with_this_record():
    record, second = analysis.record(), analysis.second_machine()
    assert second["losses"].keys() == record["changes"].keys()
    for name, row in record["changes"].items():
        assert [pair[0] for pair in second["losses"][name]] == [
            algorithms.loss_of(run) for run in row["runs"]]


def test_check_finds_a_loss_that_no_run_gave(monkeypatch):
    """And allows retention, which another machine moves, more than the others."""
    record = analysis.record()
    moved = {"off": 0.05}

    def again(kind, name, lr, seed):
        table = record["widths"]["plain"][str(name)] if kind == "width" else None
        old = table[f"{lr} {seed}"] if table else record["changes"][name]["runs"][seed - 2]
        off = moved["off"] if kind == "change" else 0
        return old | {"valid": [[1.0, algorithms.loss_of(old) + off]]}

    for name, wrong in (("rotary", 1), ("retention", 0)):
        only = record | {"changes": {name: record["changes"][name],
                                     algorithms.AT_ODDS: record["changes"][algorithms.AT_ODDS]}}
        monkeypatch.setattr(analysis, "record", lambda only=only: only)
        monkeypatch.setattr(runs, "one", again)
        assert len(algorithms.check()) == wrong
