"""Small GPTs of several widths, their text, and the tables that are made of their runs."""

import copy

import numpy as np
import pytest
import torch

from lessons.gpt.model import n_parameters
from lessons.studies.scaling import grid as tables, runs, shapes, small, text
from lessons.studies.trial import Recipe, flops_per_step


def test_the_parts_of_the_text_share_no_paragraph():
    parts = text.parts()
    train, tune, test = (bytes(part.tolist()).decode(errors="replace")
                         for part in (parts.train, parts.tune, parts.test))
    seen = [{p for p in one.split("\n\n") if len(p) >= text.LEAST} for one in (train, tune, test)]
    assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]
    assert len(seen[0]) == sum(len(p) >= text.LEAST for p in train.split("\n\n"))  # none twice
    assert parts.n_repeated > 100_000


def test_sizes_and_operations_are_what_torch_counts():
    for width in (12, 32):
        assert shapes.sizes(width)["all"] == n_parameters(small.model(width))
        recipe = Recipe(lambda width=width: small.model(width), small.adam,
                        batch_size=shapes.BATCH, n_positions=shapes.CONTEXT)
        assert shapes.flops(width, shapes.TOKENS_PER_STEP) == flops_per_step(recipe)
    assert shapes.flops(16, 10, "body") == 60 * shapes.sizes(16)["body"]
    with pytest.raises(ValueError, match="all or body"):
        shapes.flops(16, 10, "most")


def test_a_run_looks_on_its_way_and_repeats_itself(monkeypatch):
    parts = text.parts()
    short = text.Parts(parts.train[:40_000], parts.tune[:2000], parts.test[:2000], 0)
    monkeypatch.setattr(small, "parts", lambda: short)
    monkeypatch.setattr(small, "FIRST", 4)
    run = small.run(12, 12, 0.03, seed=0)
    assert [step for step, _ in run["test"]] == [4, 8, 12]
    assert run["test"][-1][1] < run["test"][0][1] and run["epochs"] == 0.154
    assert small.run(12, 12, 0.03, seed=0)["tune"] == run["tune"]
    assert small.run(12, 12, 0.03, seed=1)["tune"] != run["tune"]
    with pytest.raises(ValueError, match="cosine"):
        small.run(12, 12, 0.03, 0, "sine")


def test_first_weights_for_the_width_are_the_same_but_larger():
    small_ones, large_ones = [], []
    for weights, out in zip(small.WEIGHTS, (small_ones, large_ones), strict=True):
        torch.manual_seed(0)
        out += small.model(12, weights).parameters()
    for a, b in zip(small_ones, large_ones, strict=True):
        assert torch.allclose(b, 8 * a if a.dim() == 2 else a)  # 8 is the root of 768 / 12
    with pytest.raises(ValueError, match="as GPT-2"):
        small.model(12, "none")


def test_the_controls_differ_from_the_runs_in_one_thing():
    for run in runs.record()["controls"]["runs"]:
        assert run["weights"] in small.WEIGHTS and run["schedule"] in small.SCHEDULES
        assert run["scale"] == 0.25 and np.isfinite(run["test"][-1][1])


@pytest.fixture(scope="module")
def some():
    return runs.record()["runs"]


def test_every_kind_of_run_makes_a_full_grid(some):
    own, cut = tables.grid(some), tables.grid(some, "cut short")
    assert len(own.width) == len(cut.width) == 35 and np.isfinite(own.loss).all()
    last = own.steps == own.steps.max()
    assert np.array_equal(own.where(last).width, np.unique(own.width))
    # at their ends both are the same runs
    assert np.allclose(own.loss[last], cut.loss[cut.steps == cut.steps.max()], atol=1e-9)
    assert (np.diff(own.loss.reshape(7, 5), axis=1) < 0).all()  # more text, less loss


def test_a_rate_is_chosen_by_the_text_for_choosing(some):
    changed = copy.deepcopy(some)
    for run in changed:
        if run["width"] == 12 and run["steps"] == 256 and run["seed"] == 0:
            run["tune"] = 1.0 if run["scale"] == 0.25 else 2.0
    rows = tables.grid(changed)
    assert rows.scale[(rows.width == 12) & (rows.steps == 256)] == 0.25


def test_at_equal_compute_a_straight_line_is_read_off_exactly():
    width = np.repeat([12, 16, 24], 3)
    steps = np.tile([256, 512, 1024], 3)
    table = tables.Grid(width, steps, 100.0 * steps**-0.5, np.full(9, np.nan), np.ones(9))
    flops = table.flops()[1]  # width 12 with 512 steps
    n, loss = tables.at_compute(table, flops)
    assert n[0] == shapes.sizes(12)["all"] and loss[0] == pytest.approx(100 * 512**-0.5)


def test_a_grid_that_cannot_be_used_is_refused(some):
    with pytest.raises(ValueError, match="the kinds are own schedule"):
        tables.grid(some, "all")
    with pytest.raises(ValueError, match="no finished run"):
        tables.grid([])
    table = tables.grid(some)
    with pytest.raises(ValueError, match="add runs"):
        tables.budgets(table.where(table.width < 24))


def test_the_record_is_of_this_version(some):
    for run in some:
        assert run["flops"] == shapes.flops(run["width"], run["steps"] * shapes.TOKENS_PER_STEP)
        assert run["n_params"] == shapes.sizes(run["width"])["all"]
    assert torch.is_tensor(text.parts().train)
    assert runs.record()["text"]["train"] == len(text.parts().train)
