"""Who trains and who tests, the readers, the recogniser, and the script behind the chapter."""

import copy

import numpy as np
import pytest
import torch

from experiments import speech, spoken_digits
from lessons.data.sounds import RATE, digits
from lessons.studies.speech import parts, readers, runs, strings


def test_no_voice_is_on_two_sides_and_each_is_tested_twice():
    tested = []
    for k in range(parts.N_SPLITS):
        one = parts.split(k)
        assert len({*one.train, *one.valid, *one.test}) == 16
        assert {len(one.train), len(one.valid), len(one.test)} == {10, 2, 4}
        tested += one.test
    assert sorted(tested) == sorted(2 * parts.voices("espeak"))


@pytest.mark.parametrize("k", [-1, 8, 0.5])
def test_a_split_that_is_none_is_told(k):
    with pytest.raises(ValueError, match="numbered from 0 to 7"):
        parts.split(k)


def test_all_tests_use_the_take_that_was_kept_from_training():
    for k in range(parts.N_SPLITS):
        split = parts.split(k)
        trained = parts.choose(split.train, speech.others(split))
        assert len(trained) == 300 and split.take not in {clip.take for clip in trained}


def test_examples_have_one_shape_and_the_same_seed_the_same_noise():
    clips = parts.choose(["flite/slt"], [0])
    X, y = parts.examples(clips, 20, seed=1)
    assert X.shape == (10, parts.N_MELS, parts.N_FRAMES) and X.dtype == torch.float64
    assert y.tolist() == list(range(10))
    assert torch.equal(X, parts.examples(clips, 20, seed=1)[0])
    assert not torch.equal(X, parts.examples(clips, 20, seed=2)[0])
    assert len(parts.examples(clips, [30, 0], 0, speeds=parts.SPEEDS)[0]) == 50
    quiet, _ = parts.examples(clips, None, 0, remove=True)
    n = len(parts.picture(clips[0].samples))
    assert quiet[0, :, :n].mean(dim=1).abs().max() < 1e-12


def test_a_faster_sound_is_shorter_and_higher():
    tone = np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    fast = parts.faster(tone, 1.25)
    assert len(fast) == pytest.approx(RATE / 1.25, abs=2)
    peak = np.abs(np.fft.rfft(fast, RATE)).argmax()
    assert peak == pytest.approx(625, abs=2)


def test_training_does_not_touch_the_global_generator():
    before = torch.random.get_rng_state()
    data = parts.examples(parts.choose(["flite/slt"], [0]), 20, 0)
    nets = [readers.train("convolution", data, 0.01, seed=3, n_steps=5) for _ in range(2)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in
               zip(nets[0].parameters(), nets[1].parameters(), strict=True))


def test_an_unknown_reader_is_told():
    with pytest.raises(ValueError, match="linear or convolution, got 'deep'"):
        readers.build("deep", 24, 0)


def test_the_reader_of_shuffled_labels_reads_by_chance():
    """The placebo: if this were far above a tenth, something would leak."""
    split = parts.split(0)
    X, y = parts.examples(parts.choose(split.train, speech.others(split)), 20, 0)
    y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
    net = readers.train("linear", (X, y), 0.01, seed=0)
    assert readers.accuracy(net, speech.tests_of(split)["voices"]) < 0.3


def test_glued_clips_keep_their_order_and_are_of_one_voice():
    split = parts.split(0)
    by_voice = [parts.choose([v], [0]) for v in split.train]
    for seed in range(5):
        x, text = strings.draw_string(by_voice, np.random.default_rng(seed), (3,))
        assert len(text) == 3 and 0.5 < len(x) / RATE < 2.5
    one, two = digits()[0].samples, digits()[50].samples
    x = strings.glued([one, two], np.random.default_rng(0))
    assert np.array_equal(x[:2000], one[:2000])
    assert len(x) == pytest.approx(len(one) + len(two), abs=700)


def test_a_frame_of_the_recogniser_sees_37_frames_and_knows_its_classes():
    torch.manual_seed(0)
    net = strings.Recogniser().eval()
    X = torch.randn(1, parts.N_MELS, 120)
    out = net(X)
    assert out.shape == (1, 60, 11)
    torch.testing.assert_close(out.exp().sum(2), torch.ones(1, 60))
    changed = X.clone()
    changed[:, :, 60 + 19 :] += 1
    assert torch.equal(net(changed)[0, 30], out[0, 30])
    changed[:, :, 60 + 18] += 1
    assert not torch.equal(net(changed)[0, 30], out[0, 30])


def test_a_recogniser_learns_and_its_looks_are_of_that_same_training(monkeypatch):
    monkeypatch.setattr(strings, "N_STEPS", 6)
    by_voice = [parts.choose(["flite/slt"], [0, 1])]
    net, losses = strings.train(by_voice, 0, 0.01, n_steps=6)
    assert len(losses) == 6 and losses[-1] < losses[0]
    nets = strings.train_with_looks(by_voice, 0, 0.01, [0, 6])
    assert torch.equal(nets[-1].layers[0].weight, net.layers[0].weight)
    assert len(nets) == 2 and not torch.equal(nets[0].layers[0].weight, net.layers[0].weight)


def test_the_rival_is_told_the_number_of_digits():
    assert [len(piece) for piece in strings.cut_equally(np.zeros(10), 3)] == [4, 3, 3]


def test_the_record_is_of_these_splits():
    kept = runs.record()
    assert len(kept["gap"]["convolution"]) == parts.N_SPLITS
    for row in kept["gap"]["convolution"]:
        for name, n in {"clips": 100, "voices": 40, "synthesiser": 40}.items():
            table = np.array(row["tests"][name]["confused"])
            assert table.sum() == row["tests"][name]["of"] == n
            assert np.trace(table) == row["tests"][name]["right"]
            assert (table.sum(axis=1) == n // 10).all()
    assert all(row[n]["n_clips"] == 120 for row in kept["equal_clips"] for n in row)


def test_one_split_is_as_recorded():
    kept = runs.record()
    new = speech.gap("linear", 1, kept["rates"]["linear"]["lr"])["tests"]
    for name, row in kept["gap"]["linear"][1]["tests"].items():
        assert abs(new[name]["right"] - row["right"]) <= 1


def test_check_finds_a_number_that_no_run_gave(monkeypatch):
    lie = copy.deepcopy(runs.record())
    lie["gap"] = {"linear": lie["gap"]["linear"]}
    lie["gap"]["linear"][5]["tests"]["voices"]["right"] -= 5
    monkeypatch.setattr(speech, "record", lambda: lie)
    monkeypatch.setattr(speech, "cures", lambda k, lr: lie["cures"][k])
    monkeypatch.setattr(speech, "strings_of", lambda k, *rates: lie["strings"][k])
    (wrong,) = speech.check()
    assert "linear, split 5, voices" in wrong


@pytest.mark.parametrize("script", [speech, spoken_digits])
def test_an_unknown_argument_is_told(script, capsys, monkeypatch):
    monkeypatch.setattr(spoken_digits.shutil, "which", lambda name: name)
    try:
        code = script.main(["--chekc"])
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert "--chekc" in capsys.readouterr().err


def test_a_missing_synthesiser_names_the_package(monkeypatch, capsys):
    monkeypatch.setattr(spoken_digits.shutil, "which", lambda name: None)
    assert spoken_digits.main([]) == 1
    assert "apt-get install espeak-ng flite" in capsys.readouterr().err


def test_the_recipe_has_every_voice_and_take_once():
    rows = spoken_digits.rows()
    assert len(rows) == len(set(rows)) == 860
    assert len({v.partition("+")[2] for v in spoken_digits.ESPEAK}) == len(spoken_digits.ESPEAK)


def test_silence_at_both_ends_is_cut_off():
    x = np.concatenate([np.zeros(3000), 0.1 * np.sin(np.arange(2000.0)), np.zeros(1000)])
    cut = spoken_digits.trimmed(x)
    assert 2000 <= len(cut) <= 2000 + 2 * 0.03 * RATE and np.abs(cut).max() == pytest.approx(0.7)
