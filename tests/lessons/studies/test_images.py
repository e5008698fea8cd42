"""Equal compute is counted, splits keep apart what they must, and the check finds a lie."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from experiments import images as experiment
from lessons.data import images
from lessons.data.images import INK
from lessons.gpt.model import Attention, Config
from lessons.studies.images import budgets, finders, networks, record as recorded, runs, scenes
from lessons.studies.images.changes import at_random
from lessons.studies.images.networks import FAMILIES, FullAttention, build, flops
from lessons.studies.images.splits import (
    DIRECTIONS,
    N_FOLDS,
    mirror,
    move,
    pixel_order,
    split,
)

ALL = [(family, size) for family, sizes in FAMILIES.items() for size in sizes]


def as_rows(X):
    return {tuple(row) for row in X.tolist()}


def hand(family, size):
    """Count the operations of an image without torch: two for each weight and place."""
    def dense(a, b, places=1, first=False):
        return np.array([1, 1 if first else 2]) * 2 * a * b * places

    if family == "linear":
        return dense(64, 10, first=True)
    n = int(size.split()[0])
    if family == "MLP":
        return dense(64, n, first=True) + dense(n, 10)
    if family == "CNN":
        return dense(9, n, 64, True) + dense(9 * n, 2 * n, 16) + dense(8 * n, 10)
    T, D = n, 16
    attention = np.array([1, 2]) * 2 * (2 * T * T * D)
    layers = dense(D, 3 * D, T) + dense(D, D, T) + dense(D, 4 * D, T) + dense(4 * D, D, T)
    return dense(64 // T, D, T, True) + layers + attention + dense(D, 10)


@pytest.mark.parametrize(("family", "size"), ALL)
def test_the_counter_equals_the_formula(family, size):
    net = build(family, size, 0)
    assert flops(net) == tuple(hand(family, size))
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize(("family", "size"), ALL)
def test_a_seed_decides_the_weights_and_touches_no_other_generator(family, size):
    state = torch.random.get_rng_state()
    one, same, other = (build(family, size, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    X = torch.rand(3, 64, generator=torch.Generator().manual_seed(0)).double()
    assert one(X).shape == (3, 10) and one(X).dtype == torch.float64
    assert torch.equal(one(X), same(X)) and not torch.equal(one(X), other(X))


def test_unknown_networks_are_told():
    with pytest.raises(ValueError, match="choose from linear, 64 to 10"):
        build("RNN", "64 hidden", 0)
    with pytest.raises(ValueError, match="1, 2, 4 or 8 pixels wide, got 3"):
        networks.VisionTransformer(3, 16)


def test_full_attention_is_that_of_the_gpt_without_the_mask():
    config = Config(vocab_size=1, n_positions=5, n_layers=1, n_heads=2, d_model=8)
    torch.manual_seed(0)
    causal, full = Attention(config), FullAttention(config)
    full.load_state_dict(causal.state_dict())
    x = torch.randn(2, 5, 8)
    after = x.clone()
    after[:, 4] += 1  # the last token changes
    assert torch.allclose(causal(x)[:, :4], causal(after)[:, :4])
    assert not torch.allclose(full(x)[:, :4], full(after)[:, :4])
    assert torch.allclose(causal(x)[:, 4], full(x)[:, 4], atol=1e-6)  # it may see all anyway
    perm = torch.tensor([3, 1, 4, 0, 2])
    assert torch.allclose(full(x[:, perm]), full(x)[:, perm], atol=1e-6)


@pytest.mark.parametrize(("size", "share"), [("4 patches, 16 wide", 0.04),
                                             ("16 patches, 16 wide", 0.14)])
def test_the_counter_overlooks_fused_attention(size, share):
    """Why ours is written out: the products of tokens with tokens would be free."""
    net, n_tokens = build("ViT", size, 0), int(size.split()[0])
    written_out = sum(flops(net))

    class Fused(FullAttention):
        def forward(self, x, cache=None):
            gathered = F.scaled_dot_product_attention(*self.heads(x))
            return self.out(gathered.transpose(1, 2).flatten(2))

    for block in net.blocks:
        block.attention.__class__ = Fused
    missing = written_out - sum(flops(net))
    assert missing == 3 * 4 * n_tokens**2 * 16
    assert missing / written_out == pytest.approx(share, abs=0.005)


def test_an_image_is_set_aside_or_tested_once():
    parts = [split(k) for k in range(N_FOLDS)]
    aside = as_rows(parts[0]["valid"][0])
    tested = [as_rows(one["test"][0]) for one in parts]
    assert all(as_rows(one["valid"][0]) == aside for one in parts)
    assert len(set.union(aside, *tested)) == len(aside) + sum(map(len, tested)) == 1797
    for one, its in zip(parts, tested, strict=True):
        train = as_rows(one["train"][0])
        assert len(train) == 1264 and not train & (aside | its)
    few = split(2, n_images=100)
    assert np.array_equal(few["train"][0], parts[2]["train"][0][:100])


@pytest.mark.parametrize("kind", ["patches shuffled", "pixels shuffled"])
def test_all_images_of_a_split_are_shuffled_alike_and_other_splits_otherwise(kind):
    plain, mixed, other = split(0), split(0, kind), split(1, kind)
    order = pixel_order(kind, np.random.default_rng(5))
    assert sorted(order) == list(range(64))
    all_columns = [tuple(column.tolist()) for column in plain["train"][0].T]
    columns = {c: i for i, c in enumerate(all_columns) if all_columns.count(c) == 1}
    found = [columns.get(tuple(column.tolist())) for column in mixed["train"][0].T]
    known = [i for i, place in enumerate(found) if place is not None]
    assert len(known) == len(columns) > 50  # some pixels are the same, 0, in every image
    for part in ("train", "valid", "test", "moved", "mirrored"):
        columns = [found[i] for i in known]
        assert np.array_equal(mixed[part][0][:, known], plain[part][0][:, columns])
        assert np.array_equal(mixed[part][1], plain[part][1])
    assert not np.array_equal(mixed["valid"][0], other["valid"][0])


def test_shuffled_squares_stay_whole_and_none_stays_in_place():
    for seed in range(20):
        order = pixel_order("patches shuffled", np.random.default_rng(seed), patch=4)
        squares = networks.cut(torch.tensor(order)[None].double(), 4)[0]
        own = networks.cut(torch.arange(64.0)[None].double(), 4)[0]
        for row, square in enumerate(squares):
            at = [torch.equal(square, each) for each in own]
            assert sum(at) == 1 and not at[row]


@pytest.mark.parametrize(("arguments", "said"), [
    ((5,), "numbered from 0 to 4"), ((0, "upside down"), "no arrangement"),
    ((0, "as they are", 0), "between 1 and 1264"), ((0, "as they are", 1265), "got 1265"),
])
def test_splits_that_do_not_exist_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        split(*arguments)
    with pytest.raises(ValueError, match="squares of 1, 2 or 4 pixels"):
        pixel_order("patches shuffled", np.random.default_rng(0), patch=3)


def test_pictures_move_and_turn():
    X = np.zeros((1, 64))
    X[0, 3 * 8 + 4] = 1
    assert move(X, 2, -1).argmax().item() == 5 * 8 + 3 and move(X, 0, 4).sum() == 0
    assert np.array_equal(move(X, 0, 0), X)
    assert mirror(X).argmax().item() == 3 * 8 + 3 and np.array_equal(mirror(mirror(X)), X)
    plain = split(0)
    near = [move(plain["test"][0], *way) for way in DIRECTIONS]
    moved = plain["moved"][0]
    assert np.stack([(moved == each).all(1) for each in near]).any(0).all()


def test_changes_are_drawn_from_the_generator():
    X = torch.tensor(split(0)["test"][0][:40])

    def drawn(how, seed):
        return at_random(X, how, torch.Generator().manual_seed(seed))

    assert torch.equal(drawn("", 0), X)
    for how in ("shifts", "mirror"):
        assert torch.equal(drawn(how, 0), drawn(how, 0))
        assert not torch.equal(drawn(how, 0), drawn(how, 1))
    turned = (drawn("mirror", 0) == torch.tensor(mirror(X.numpy()))).all(1)
    assert 10 < turned.sum() < 30 and torch.equal(drawn("mirror", 0)[~turned], X[~turned])
    with pytest.raises(ValueError, match="no change 'rotation'"):
        drawn("rotation", 0)


def test_a_budget_pays_for_steps():
    assert budgets.steps_for(32 * 1000 * 7.9, 1000) == 7
    assert budgets.steps_for(1.0, 1000) == 1 and budgets.steps_for(1e15, 1) == budgets.MOST_STEPS
    for budget, cost in [(0, 10), (-1, 10), (float("nan"), 10), (1e6, 0)]:
        with pytest.raises(ValueError, match="more than 0"):
            budgets.steps_for(budget, cost)


def test_batches_show_every_image_once_a_round():
    rows = runs.batches(100, 3)
    seen = torch.cat([next(rows) for _ in range(25)])  # 800 of 100 images
    assert torch.equal(seen.bincount(), torch.full((100,), 8))
    assert torch.equal(next(runs.batches(100, 3)), next(runs.batches(100, 3)))
    few = next(runs.batches(5, 0))  # fewer images than a batch holds
    assert len(few) == 32 and few.bincount().min() >= 6


def test_training_is_repeatable_and_learns():
    parts = split(0, n_images=64)
    one, same = (runs.train("CNN", "4 and 8 channels", parts, 0.01, 2e8, seed=1) for _ in range(2))
    assert one.n_steps == 161 and one.accuracy == same.accuracy and one.loss == same.loss
    assert one.accuracy["train"] > 0.9 and not one.net.training


def tuning(good_size, good):
    """Return a score that is best for one size and rate, and the calls it got."""
    calls = []

    def try_out(size, lr):
        calls.append((size, lr))
        return (size == good_size) - abs(np.log(lr / good))

    return try_out, calls


@pytest.mark.parametrize("good", experiment.RATES)
def test_the_search_goes_on_to_the_best_rate_of_the_best_size(good):
    try_out, calls = tuning("b", good)
    assert experiment.tuned(["a", "b"], try_out) == ("b", good)
    assert len(set(calls)) == len(calls)


def test_choices_are_made_on_validation_images_of_the_tuning_folds(monkeypatch):
    called = []

    def train(family, size, parts, lr, budget, seed, change, most_steps):
        called.append((size, lr, seed))
        good = lr == 0.01 and size == "64 hidden"
        return SimpleNamespace(net=None, n_steps=1, loss={"valid": 1.0, "test": 0.0}, accuracy=dict(
            train=1.0, valid=float(good), test=float(not good), moved=0.0, mirrored=0.0))

    monkeypatch.setattr(runs, "train", train)
    monkeypatch.setattr(experiment, "_trained", {})
    row, _, _ = experiment.row_of("MLP", 1e8)
    assert (row["size"], row["lr"], row["test"]) == ("64 hidden", 0.01, [0.0] * 5)
    assert {seed for size, lr, seed in called if (size, lr) != ("64 hidden", 0.01)} == {0, 1}
    assert len(set(called)) == len(called)


@pytest.mark.parametrize("what", ["boxes", "masks"])
def test_a_detector_and_a_segmenter_learn(what):
    parts = split(0)
    those = scenes.scenes(parts, "test", "clean", 20, seed=0)
    x = finders.pictures(those)
    one, same = (finders.train(what, parts, 0.01, seed=0, n_steps=4) for _ in range(2))
    assert torch.equal(one(x), same(x))
    net, before = finders.train(what, parts, 0.01, seed=0, n_steps=100), one

    def loss(net):
        if what == "boxes":
            return finders.detection_loss(net(x), finders.targets(those))
        return finders.pixel_loss(net(x), finders.inks(those))

    assert loss(net) < 0.75 * loss(before)


def test_the_detector_reads_back_what_it_is_told():
    parts = split(0)
    those = scenes.scenes(parts, "test", "clean", 30, seed=1)
    wanted = finders.targets(those)
    assert wanted[:, 0].sum() == sum(len(one.labels) for one in those)
    said = torch.zeros(30, 5, 6, 6, dtype=torch.float64)
    said[:, 0] = 40 * (wanted[:, 0] - 0.5)
    said[:, 1:] = wanted[:, 1:]
    found = finders.detect(lambda x: said, those, least=0.5)
    for (boxes, scores), one in zip(found, those, strict=True):
        order, true_order = np.lexsort(boxes.round(6).T), np.lexsort(one.boxes.T.astype(float))
        np.testing.assert_allclose(boxes[order], one.boxes[true_order], atol=1e-9)
        assert (scores > 0.99).all()
    nothing = finders.detect(lambda x: torch.full_like(said, -40.0), those)
    assert all(len(boxes) == len(scores) == 0 for boxes, scores in nothing)


def test_bright_groups_find_digits_that_lie_apart():
    parts = split(0)
    those = scenes.scenes(parts, "train", "clean", 30, seed=3)
    found = scenes.components(those, parts, 0.25)
    pairs = [(box, one.boxes.tolist(), score)
             for (boxes, scores), one in zip(found, those, strict=True)
             for box, score in zip(boxes.tolist(), scores, strict=True)]
    right = [score for box, true, score in pairs if box in true]
    assert len(right) > 0.95 * sum(len(one.boxes) for one in those)
    assert np.mean(np.array(right) == 1) > 0.9  # a digit that is known: distance 0
    empty = dataclasses.replace(those[0], image=np.zeros((24, 24)))
    ((boxes, scores),) = scenes.components([empty], parts, 0.25)
    assert boxes.shape == (0, 4) and len(scores) == 0


def test_faint_groups_are_no_digits():
    parts = split(0)
    those = scenes.scenes(parts, "test", "clean", 1, seed=0)
    faint = dataclasses.replace(those[0], image=0.9 * INK * (those[0].image >= INK))
    ((boxes, _),) = scenes.components([faint], parts, 0.1)
    assert boxes.shape == (0, 4)


def test_a_blur_keeps_the_ink_and_what_is_true():
    those = scenes.scenes(split(0), "test", "clean", 3, seed=0)
    same, soft = scenes.blurred(those, 0.0), scenes.blurred(those, 0.7)
    for one, kept, smooth in zip(those, same, soft, strict=True):
        np.testing.assert_allclose(kept.image, one.image)
        assert smooth.image.sum() == pytest.approx(one.image.sum())
        assert smooth.image.max() < one.image.max()
        assert smooth.boxes is one.boxes and smooth.mask is one.mask


def test_bad_questions_about_canvases_are_told():
    parts = split(0)
    with pytest.raises(ValueError, match="every digit has ink"):
        images.canvas(np.random.default_rng(0), np.zeros((2, 64)), np.arange(2))
    with pytest.raises(ValueError, match="choose from clean, crowded"):
        scenes.scenes(parts, "test", "dirty", 1, seed=0)
    with pytest.raises(ValueError, match="boxes or masks"):
        finders.train("edges", parts, 0.01, 0, 1)
    with pytest.raises(ValueError, match="one logit for each pixel"):
        finders.pixel_loss(torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4))


def test_a_weight_of_pixels_is_as_if_ink_came_more_often():
    said = torch.tensor([[0.3, -1.2, 2.0]])
    ink = torch.tensor([[1.0, 0.0, 0.0]])
    twice = finders.pixel_loss(torch.tensor([[0.3, 0.3, -1.2, 2.0]]),
                              torch.tensor([[1.0, 1.0, 0.0, 0.0]]))
    assert finders.pixel_loss(said, ink, 2.0).item() == pytest.approx(twice.item())


def test_the_record_says_how_it_was_made():
    record = recorded.record()
    made = record["made"]
    assert made["design"] == experiment.DESIGN and made["processor_s"] < 20 * 60
    for kind, rows in record["results"].items():
        assert list(rows) == list(FAMILIES)
        for family, row in rows.items():
            known = experiment.BUDGETS[: None if kind == "as they are" else -1]
            assert [float(b) for b in row] == known
            for budget, one in row.items():
                assert one["flops"] == list(hand(family, one["size"]))
                assert one["n_steps"] == budgets.steps_for(float(budget), sum(one["flops"]))


def test_answers_of_the_record_are_its_accuracy():
    truth = np.concatenate([split(k)["test"][1] for k in range(N_FOLDS)])
    for rows in recorded.record()["results"]["as they are"].values():
        for row in rows.values():
            right = np.array(list(row["read"]), dtype=int) == truth
            folds = [part.mean() for part in np.split(right, N_FOLDS)]
            assert folds == pytest.approx(row["test"], abs=1e-4) and len(row["sure"]) == 1580


@pytest.fixture
def one_row(monkeypatch):
    """A record with the linear model at one budget alone."""
    small = copy.deepcopy(recorded.record())
    row = small["results"]["as they are"]["linear"]["1.25e+08"]
    monkeypatch.setattr(experiment, "CHECKED", [("as they are", "linear", "1.25e+08")])
    monkeypatch.setattr(experiment, "CHECKED_CHANGES", [])
    monkeypatch.setattr(recorded, "record", lambda: small)
    return row


def test_check_agrees_with_the_record_and_finds_a_number_that_no_run_gave(one_row):
    assert experiment.check(scenes_too=False) == []
    one_row["moved"][experiment.CHECKED_FOLD] += 4 / 316
    (wrong,) = experiment.check(scenes_too=False)
    assert "as they are linear 1.25e+08: moved" in wrong


def test_an_unknown_argument_runs_nothing(capsys):
    with pytest.raises(SystemExit, match="2"):
        experiment.main(["--chek"])
    assert "--check" in capsys.readouterr().err
