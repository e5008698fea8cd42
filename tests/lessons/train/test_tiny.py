"""The tiny GPT that trains in a page: it learns, can be steered, and says what it cannot do."""

import math

import numpy as np
import pytest

from lessons.data import corpus
from lessons.train.tiny import TinyRun

SHORT = "to be or not to be, that is the question\n" * 30


def small(text=SHORT, **changes):
    return TinyRun(text, **{"n_layers": 1, "d_model": 8, "length": 8, "batch_size": 4} | changes)


def test_thirty_steps_on_the_manual_make_the_loss_fall():
    run = TinyRun(corpus.topics())
    assert sum(p.data.size for p in run.model.parameters()) in range(23000, 27000)
    assert run.held_out() == pytest.approx(math.log2(len(run.chars)), abs=0.3)
    losses = [run.step() for _ in range(30)]
    assert losses[0] == pytest.approx(math.log(len(run.chars)), abs=0.3)
    assert np.mean(losses[-5:]) < 0.8 * losses[0] and run.n_steps == 30
    assert run.held_out() < 5.4
    assert all(p.data.dtype == np.float32 for p in run.model.parameters())


def test_a_run_can_be_repeated_and_a_seed_matters():
    one, same, other = (small(seed=seed) for seed in (1, 1, 2))
    for _ in range(3):
        assert one.step() == same.step() != other.step()
    assert list(one.write("to", 20)) == list(same.write("to", 20))


def test_the_learning_rate_moves_the_next_step():
    one, other = small(), small()
    one.step(), other.step()
    other.lr = 0.5
    assert one.step() == other.step()  # the loss is from before the update
    assert abs(one.step() - other.step()) > 0.01
    with pytest.raises(ValueError, match="learning rate"):
        one.lr = 0
    assert one.lr == 0.01 and other.lr == 0.5


def test_it_learns_a_text_that_says_the_same_again_and_again():
    run = small(d_model=16, length=16, lr=0.02)
    for _ in range(300):
        run.step()
    assert run.held_out() < 0.8
    assert "".join(run.write("to be or", 11, temperature=0)) == " not to be,"


def test_letters_that_it_does_not_know_are_left_out():
    run = small()
    assert list(run.write("§to", 5)) == list(run.write("to", 5))
    with pytest.raises(ValueError, match="no character that the model knows"):
        list(run.write("§§", 5))


@pytest.mark.parametrize("changes, said", [
    ({"text": "short"}, "split|must be more than|fits"), ({"text": ""}, "nothing in this text"),
    ({"length": 500}, "must be more than 500"), ({"n_layers": 0}, "from 1 on"),
    ({"n_heads": 3}, "must divide"), ({"lr": -1}, "learning rate"),
    ({"weight_decay": -1}, "weight_decay"),
])
def test_what_cannot_work_is_said(changes, said):
    with pytest.raises(ValueError, match=said):
        small(**changes)
