"""CTC by hand: equal to all paths counted one by one, to differences, and to torch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from lessons.engine import ctc


def log_softmax(z):
    return z - np.logaddexp.reduce(z, axis=1, keepdims=True)


CASES = [(6, [1, 2]), (6, [3, 3]), (5, [1]), (4, []), (6, [1, 2, 1]), (3, [1, 2, 3])]


@pytest.mark.parametrize("T, text", CASES)
@pytest.mark.parametrize("seed", range(3))
def test_loss_and_gradient_are_those_of_torch_and_the_loss_counts_all_paths(T, text, seed):
    z = torch.tensor(np.random.default_rng(seed).standard_normal((T, 4)), requires_grad=True)
    log_p = z.log_softmax(1)
    theirs = torch.nn.functional.ctc_loss(
        log_p[:, None], torch.tensor([text], dtype=torch.long).reshape(1, -1), [T], [len(text)],
        reduction="sum")
    theirs.backward()
    loss, gradient = ctc.ctc(log_p.detach().numpy(), text)
    assert loss == pytest.approx(theirs.item(), abs=1e-8)
    np.testing.assert_allclose(gradient, z.grad.numpy(), atol=1e-8)
    assert loss == pytest.approx(ctc.by_enumeration(log_p.detach().numpy(), text), abs=1e-10)


def test_the_gradient_is_that_of_differences():
    z, h = np.random.default_rng(0).standard_normal((5, 3)), 1e-6
    _, gradient = ctc.ctc(log_softmax(z), [2, 1])
    for t in range(5):
        for c in range(3):
            up, down = z.copy(), z.copy()
            up[t, c] += h
            down[t, c] -= h
            slope = (ctc.ctc(log_softmax(up), [2, 1])[0] - ctc.ctc(log_softmax(down), [2, 1])[0])
            assert gradient[t, c] == pytest.approx(slope / (2 * h), abs=1e-7)


def test_the_probabilities_of_all_texts_sum_to_one():
    log_p = log_softmax(np.random.default_rng(1).standard_normal((3, 3)))
    texts = [[], *([a] for a in (1, 2)), *([a, b] for a in (1, 2) for b in (1, 2)),
             *([a, b, c] for a in (1, 2) for b in (1, 2) for c in (1, 2))]
    assert sum(np.exp(-ctc.ctc(log_p, text)[0]) for text in texts) == pytest.approx(1)


def test_a_text_that_does_not_fit_has_no_way():
    log_p = log_softmax(np.zeros((3, 4)))
    loss, gradient = ctc.ctc(log_p, [1, 1, 1])  # needs blanks between: five frames
    assert loss == np.inf and not gradient.any()
    assert ctc.by_enumeration(log_p, [1, 1, 1]) == np.inf


@pytest.mark.parametrize("text", [[0], [4], [-1], [1, 0]])
def test_a_label_that_is_no_class_is_told(text):
    with pytest.raises(ValueError, match="classes from 0 to 3 and not the blank 0"):
        ctc.ctc(log_softmax(np.zeros((5, 4))), text)


@pytest.mark.parametrize("log_p, words", [
    (np.zeros((5, 4)), "no log-probabilities"),  # logits
    (np.full((5, 4), np.nan), "no log-probabilities"),
    (np.zeros(4), r"shape \(T, C\), one frame or more, got \(4,\)"),
    (np.zeros((0, 4)), "one frame or more"),
])
def test_what_is_no_log_probability_is_told(log_p, words):
    with pytest.raises(ValueError, match=words):
        ctc.ctc(log_p, [1])


def test_impossible_classes_leave_the_gradient_finite():
    p = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    with np.errstate(divide="ignore"):
        log_p = np.log(p)
    loss, gradient = ctc.ctc(log_p, [1])  # _ 1 _ and 1 1 _: a half and a half of a half
    assert np.exp(-loss) == pytest.approx(0.5)
    np.testing.assert_allclose(gradient, p - [[0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(ctc.shares(log_p, [1]).sum(axis=1), 1)


def test_shares_say_where_the_paths_pass():
    log_p = log_softmax(np.random.default_rng(2).standard_normal((6, 4)))
    found = ctc.shares(log_p, [1, 3])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0, 2:].max() == pytest.approx(0) and found[-1, :3].max() == pytest.approx(0)


def test_a_hundred_frames_do_not_underflow():
    log_p = log_softmax(np.random.default_rng(3).standard_normal((400, 11)) * 5)
    loss, gradient = ctc.ctc(log_p, [3, 1, 4, 1, 5])
    assert 500 < loss < 10_000 and np.isfinite(gradient).all()


@given(st.text("0123", max_size=6), st.text("0123", max_size=6), st.text("0123", max_size=6))
@settings(max_examples=60, deadline=None)
def test_the_edit_distance_is_a_distance(a, b, c):
    d = ctc.edit_distance
    assert d(a, b) == d(b, a) >= abs(len(a) - len(b))
    assert (d(a, b) == 0) == (a == b) and d(a, c) <= d(a, b) + d(b, c)
