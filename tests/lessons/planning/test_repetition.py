"""The law of repeated text: its published values, its limits, what it refuses."""

import math

import pytest

from lessons.planning.repetition import HALF_LIFE, loss, worth


@pytest.mark.parametrize("epochs, value", [
    (1, 1), (2, 1.968), (4, 3.726), (8, 6.624), (16, 10.582), (40, 15.167),
])
def test_published_worth_of_epochs(epochs, value):
    assert worth(epochs) == pytest.approx(value, abs=5e-4)


def test_worth_rises_to_its_limit_and_is_never_more_than_was_read():
    values = [worth(e) for e in (1, 1.5, 2, 10, 100, 1e4)]
    assert values == sorted(values) and values[-1] == pytest.approx(1 + HALF_LIFE)
    assert all(worth(e) <= e for e in (1, 1.1, 2, 40))
    assert worth(3, 1e9) == pytest.approx(3)  # nothing is lost if the half-life is long


@pytest.mark.parametrize("parameters, tokens, value", [
    (6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867),
])
def test_published_losses(parameters, tokens, value):
    assert loss(parameters, tokens, 25e9) == pytest.approx(value, rel=1e-12)


def test_loss_of_new_text_has_the_plain_form():
    a, b, e, alpha = 6.255414, 7.3049974, 0.6254804, 0.3526596
    plain = math.exp(e) + math.exp(a) / 1e9**alpha + math.exp(b) / 1e12**alpha
    assert loss(1e9, 1e12, 1e12) == pytest.approx(plain, rel=1e-12)
    assert loss(1e9, 1e11, 1e10) > loss(1e9, 1e11, 1e11)  # repeated text is worth less


@pytest.mark.parametrize("call, words", [
    (lambda: worth(0.5), "1 or more"), (lambda: worth(float("nan")), "1 or more"),
    (lambda: worth(math.inf), "1 or more"), (lambda: worth(2, 0), "half_life"),
    (lambda: worth(2, float("nan")), "half_life"), (lambda: loss(0, 1, 1), "parameters"),
    (lambda: loss(1e9, math.inf, 1e9), "tokens"), (lambda: loss(1e9, 1e9, -1), "unique"),
    (lambda: loss(1e9, 1e9, 2e9), "more than the 1e\\+09"),
])
def test_bad_input_is_said_in_a_line(call, words):
    with pytest.raises(ValueError, match=words):
        call()
