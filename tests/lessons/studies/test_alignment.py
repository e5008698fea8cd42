"""The task and its programs are what they say; starts are kept; the record holds every run."""

import numpy as np
import pytest
import torch

from experiments import alignment
from lessons.studies.alignment import analysis, further, learn, pairs, runs, sums, tensors


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Return a folder for starts that are hardly trained."""
    for module, name, value in ((learn, "N_STEPS", 2), (learn, "SHOWN_STEPS", 1),
                                (learn, "N_SHEETS", 40), (learn, "N_MEASURED", 4),
                                (learn, "N_TRIES", 3), (runs, "N_UPDATES", 2), (runs, "EVERY", 1),
                                (pairs, "JUDGE_STEPS", 1), (runs, "FOLDER", tmp_path)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(learn.pretrained, "__defaults__", (2,))
    # such a model is never right, and a strict judge would find no pair: let it like even lengths
    monkeypatch.setattr(sums, "exact", lambda asked, answer: float(len(answer) % 2 == 0))
    return tmp_path


def test_no_question_is_in_two_parts_in_either_order():
    parts = [{tuple(sorted(p)) for p in sums.pairs(name)} for name in ("train", "tune", "test")]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    asked = {sums.decode(row[: sums.N_PROMPT].tolist()) for row in tensors.sheets(300, 0)}
    assert not asked & {sums.question(p) for name in ("tune", "test") for p in sums.pairs(name)}


@pytest.mark.parametrize(("answer", "strict", "hole"), [
    ("85.", 1, 1), ("84,85.", 0, 1), ("85", 0, 1), ("84.", 0, 0), ("", 0, 0), ("185.", 0, 1),
    ("85,85.", 0, 1), ("085.", 0, 1),
])
def test_the_checkers(answer, strict, hole):
    assert (sums.exact("37+48=", answer), sums.lenient("37+48=", answer)) == (strict, hole)


def test_answers_end_at_a_stop_or_a_new_line():
    rows = torch.tensor([sums.encode("37+48=8\n12+3"), sums.encode("37+48=85.9.,")])
    assert tensors.answers_in(rows) == ["8", "85."]
    assert tensors.mask_of(rows).sum(1).tolist() == [2, 3]
    assert runs.last_of(rows).tolist() == [7, 8]
    with pytest.raises(ValueError, match="not '-x'"):
        sums.encode("3-x")


def test_tries_are_draws_of_the_model_that_stop():
    model, some = learn.build(0), sums.pairs("test")[:3]
    rows = learn.tries(model, some, 2, torch.Generator().manual_seed(0))
    assert len(rows) == 6 and rows.shape[1] <= sums.LENGTH
    assert torch.equal(rows[0, : sums.N_PROMPT], rows[1, : sums.N_PROMPT])


def test_a_start_is_kept_and_no_half_file_is_left(quick):
    first = learn.start(0, quick)
    (file,) = quick.iterdir()
    again = learn.start(0, quick)
    for one, other in zip(first, again, strict=True):
        assert all(torch.equal(a, b) for a, b in
                   zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    assert file.suffix == ".pt"


@pytest.mark.parametrize("name", [*alignment.METHODS, *alignment.CONTROLS])
def test_every_method_runs(quick, name):
    run = alignment.one(name, 1e-3, 0)
    assert 0 <= alignment.end_of(run)["truth"] <= 1


@pytest.mark.parametrize("name", alignment.FURTHER)
def test_what_was_asked_for_later_runs(quick, name):
    assert 0 <= alignment.end_of(alignment.later(name, 1e-3, 0))["truth"] <= 1
    with pytest.raises(ValueError, match="cannot be spread evenly over 7"):
        further.shaped("right ones", 7, 1e-3, 0)


def test_a_placebo_knows_nothing_of_the_truth(quick):
    rows = learn.tries(learn.build(0), sums.pairs("train")[:8], 8, torch.Generator().manual_seed(0))
    for kind in ("coin", "shuffled"):
        assert runs.without_meaning(kind, 0)(rows).shape == (8, 8)
    true = runs.by_program("exact")(rows)
    mixed = runs.without_meaning("shuffled", 0)(rows)
    assert torch.equal(true.sum(1), mixed.sum(1))


def test_a_reward_that_is_no_number_names_the_answer(quick, monkeypatch):
    monkeypatch.setitem(runs.CHECKERS, "broken", lambda question, answer: float("nan"))
    with pytest.raises(ValueError, match="the reward of .* is nan"):
        runs.reinforced("broken", "group", 0.0, 1e-3, 0)


def test_pairs_are_ordered_by_their_judge(quick):
    better, worse = pairs.judged(learn.build(0), "hurried", 0, n_asked=10)
    texts = [tensors.answers_in(rows) for rows in (better, worse)]
    asked = [sums.decode(row[: sums.N_PROMPT].tolist()) for row in better]
    assert all(pairs.likes("hurried", q, a) > pairs.likes("hurried", q, b)
               for q, a, b in zip(asked, *texts, strict=True))
    with pytest.raises(ValueError, match="judges are strict, hurried"):
        pairs.likes("kind", "37+48=", "85.")


def test_the_record_holds_every_run_with_rates_inside_what_was_tried():
    record = analysis.record()
    assert set(record["methods"]) == {*alignment.METHODS, *alignment.CONTROLS, *alignment.FURTHER}
    tuned = [name for name, entry in record["methods"].items() if "tried" in entry]
    assert set(alignment.METHODS) < set(tuned)
    for name in tuned:
        entry = record["methods"][name]
        assert len(entry["runs"]) == len(record["seeds"]) and len(entry["tried"]) >= 3
        assert max(entry["tried"].values()) == entry["tried"][f"{entry['rate']:.2g}"]
    assert np.isfinite(analysis.gain(record, "group, divided")).all()
    assert analysis.passes(record, "ready", 1).mean() == pytest.approx(
        analysis.rights(record, "ready").mean() / learn.N_TRIES)
    with pytest.raises(KeyError, match="no method 'gone'"):
        analysis.curve(record, "gone")
