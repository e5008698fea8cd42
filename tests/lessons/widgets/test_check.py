"""What a reader is told about an answer, whatever the answer is."""

import dataclasses
import math
import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest
import torch

from lessons.exercises.base import Exercise
from lessons.widgets.checks import compare as answers, copies
from lessons.widgets.checks.check import check, hint
from lessons.widgets.checks.grade import Verdict, grade

SUM = Exercise(
    name="add", title="Add two vectors", difficulty=1, reference=lambda a, b: a + b,
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.array([3.0, 4.0])), (rng.random(2), rng.random(2)),
    ],
    hints=("Use +.",), takeaway="Vectors add by component.",
)


def change_input(a, b):
    a += b
    return a


def forget(a, b):
    a + b


def leave(a, b):
    raise SystemExit(1)


def fail(a, b):
    return a + b + missing  # noqa: F821


class Odd:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")

    def __repr__(self):
        return "odd"


@pytest.mark.parametrize("answer, words", [
    (lambda a, b: a - b, ["not yet", "values are not right", "input", "got", "expected  [4, 6]"]),
    (lambda a, b: 4.0, ["Expected an array of shape (2,), got a number"]),
    (lambda a, b: np.zeros((2, 1)), ["got an array of shape (2, 1)"]),
    (lambda a, b: "x", ["got a string"]),
    (lambda a, b: (a, b, a), ["got 3 values"]),
    (forget, ["None (does the function return its result?)"]),
    (lambda a, b: np.array([np.nan, 1.0]), ["There is a NaN"]),
    (lambda a, b: Odd(), ["got an object of type Odd"]),
    (lambda a: a, ["raised TypeError"]),
    (leave, ["raised SystemExit"]),
    (lambda a, b: (x for x in a), ["got a generator (return the result, do not yield it)"]),
    (lambda a, b: a + b + 0j, ["got complex numbers of shape (2,)"]),
    (lambda a, b: a > b, ["not yet", "array of shape (2,), got an array of True and False"]),
    (fail, ["raised NameError", "missing"]),
    (3.0, ["Expected a function, got a number"]),
    (..., ["not started"]),
    (None, ["not started"]),
    (lambda a, b: ..., ["not started"]),
])
def test_the_verdict_says_what_is_wrong(answer, words):
    said = str(grade(SUM, answer))
    assert all(word in said for word in words), said


def test_an_answer_that_changes_its_input_is_still_judged_by_its_value():
    assert grade(SUM, change_input).status == "solved"


def test_the_input_is_shown_as_it_was_given():
    def spoil(a, b):
        a *= 100
        b[:] = 0
        return a

    assert "input     a = [1, 2], b = [3, 4]" in str(grade(SUM, spoil))


def test_an_answer_cannot_change_the_next_case():
    a = np.array([1.0, 2.0])
    twice = Exercise("twice", "Double", 1, reference=lambda a: 2 * a, hints=(), takeaway="2.",
                           cases=lambda rng: [(a,), (a,)])

    def clear(a):
        result = 2 * a
        a[:] = 0
        return result

    assert grade(twice, clear).status == "solved"
    np.testing.assert_array_equal(a, [1.0, 2.0])


def test_only_infinity_is_infinity():
    never = Exercise("never", "Never", 1, reference=math.inf, hints=(), takeaway="Never.")
    assert grade(never, math.inf).status == "solved"
    for wrong in (0, 1e300, -math.inf, math.nan):
        assert grade(never, wrong).status == "not yet"


def test_an_answer_for_the_first_case_only_is_not_enough():
    assert grade(SUM, lambda a, b: np.array([4.0, 6.0])).status == "not yet"


def test_a_hint_for_an_unknown_name_lists_what_there_is(capsys):
    hint("gradient-descent/none")
    hint("none")
    said = capsys.readouterr().out
    assert "Exercises: one-step" in said and "gradient-descent" in said.split("Chapters: ")[1]


def test_a_list_counts_as_an_array():
    assert grade(SUM, lambda a, b: list(a + b)).status == "solved"


@pytest.fixture
def soon(monkeypatch):
    """Set a short limit, and forget copies that hung."""
    monkeypatch.setattr(answers, "TIME_LIMIT_S", 0.2)
    monkeypatch.setattr(copies, "_n_hung", 0)


@pytest.fixture
def no_copies(monkeypatch):
    """Take away the copies of the process, as on Windows and in a browser."""
    monkeypatch.delattr(os, "fork")


def loop(a, b):
    while True:
        pass


@pytest.mark.parametrize("answer", [
    lambda a, b: sum(range(10**15)), lambda a, b: 3 ** 10**10, lambda a, b: time.sleep(60), loop,
])
def test_an_answer_without_end_is_ended(soon, answer):
    assert grade(SUM, answer) == Verdict("not yet", "\n".join([
        "It did not finish in 0.2 s.", "  input     a = [1, 2], b = [3, 4]", "  expected  [4, 6]",
    ]))


def test_the_case_without_end_is_shown(soon):
    def stuck_on_the_second(a, b):
        return a + b if a[0] == 1 else sum(range(10**15))

    assert "input     a = [0.637, 0.2698]" in str(grade(SUM, stuck_on_the_second))


def test_processor_time_is_limited_not_the_clock(soon):
    def rest(a, b):
        time.sleep(0.3)
        return a + b

    assert grade(SUM, rest).status == "solved"


def test_copies_that_only_wait_are_given_up(monkeypatch):
    def hang(work, limit_s, sender, computes):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        while True:  # as in a copy whose threads stayed behind
            signal.pause()

    monkeypatch.setattr(copies, "_n_hung", 0)
    monkeypatch.setattr(copies, "_be_the_copy", hang)
    assert [grade(SUM, lambda a, b: a + b).status for _ in range(3)] == 3 * ["solved"]
    assert copies._n_hung == 2


def test_what_a_copy_cannot_do_is_done_here():
    here = os.getpid()

    def only_here(a, b):
        if os.getpid() != here:
            raise RuntimeError("no GPU in a copy")
        return a + b

    def crash(a, b):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGTERM)
        return a + b

    assert grade(SUM, only_here).status == grade(SUM, crash).status == "solved"


def test_a_full_memory_ends_the_answer_and_not_the_notebook():
    here = os.getpid()

    def fill(a, b):
        os.kill(os.getpid(), signal.SIGKILL if os.getpid() != here else 0)  # as the system does

    assert "the memory was full" in str(grade(SUM, fill))


def test_an_interrupt_ends_the_copy(monkeypatch):
    started = []

    def interrupted(receiver):
        raise KeyboardInterrupt

    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: started.append(fork()) or started[0])
    monkeypatch.setattr("multiprocessing.connection.Connection.recv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grade(SUM, lambda a, b: time.sleep(60))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_an_answer_prints_once_and_changes_nothing_of_the_notebook(capsys):
    seen = []

    def loud(a, b):
        print("adding", a)
        seen.append(a)
        return a + b

    assert grade(SUM, loud).status == "solved"
    assert capsys.readouterr().out.count("adding") == 2 and seen == []


def test_a_copy_that_waits_outside_of_a_call_ends_too(monkeypatch):
    """Seen once with PyTorch 2.11: the copy waited before its first call, the cell for ever."""
    monkeypatch.setattr(copies, "_n_hung", 0)
    monkeypatch.setattr(copies, "WAITS", 0.1)  # clearing away a copy this large may take 0.2 s
    for waits in (lambda call: threading.Event().wait(60),
                  lambda call: (call(max, (1, 2)), threading.Event().wait(60))):
        assert copies.in_a_copy(waits, limit_s=10) is None
    assert copies._n_hung == 2


def test_torch_works_in_a_copy_of_a_process_that_has_used_its_threads(monkeypatch):
    monkeypatch.setattr(copies, "_n_hung", 0)
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    x = torch.ones(1000, 1000, requires_grad=True)
    (x @ x).tanh().sum().backward()
    big = np.ones((1000, 1000))
    big = 0.001 * big @ big

    def answer(a, b):
        w = torch.ones(500, 500, dtype=torch.float64, requires_grad=True)
        (w @ w).tanh().sum().backward()
        return a + b + 0 * w.grad[0, 0].item() + 0 * (big @ big)[0, 0]

    verdict = grade(SUM, answer)
    torch.set_num_threads(n_threads)
    assert verdict.status == "solved" and copies._n_hung == 0


def test_without_copies_a_thread_ends_what_it_can(soon, no_copies):
    assert "did not finish in 0.2 s" in str(grade(SUM, lambda a, b: time.sleep(1)))
    assert grade(SUM, lambda a, b: a + b).status == "solved"


def test_an_endless_answer_leaves_nothing_behind(soon, no_copies):
    before, filters = set(threading.enumerate()), list(warnings.filters)

    def endless(a, b):
        while True:
            try:
                a = a * 1.0
            except Exception:
                continue

    assert "did not finish" in str(grade(SUM, endless))
    assert warnings.filters == filters
    for thread in set(threading.enumerate()) - before:
        thread.join(600)  # guards against hanging only
        assert not thread.is_alive()


def test_a_tensor_that_tracks_gradients_counts_as_an_array():
    assert grade(SUM, lambda a, b: torch.tensor(a + b, requires_grad=True)).status == "solved"


@pytest.mark.parametrize("answer, hinted", [
    (lambda a, b: (a + b).astype(np.float32), True),
    (lambda a, b: torch.tensor(a + b).float(), True),
    (lambda a, b: torch.tensor(a + b).float().tolist(), True),  # Python's floats, but rounded
    (lambda a, b: (a + b).astype(np.float16), False),  # off in the fourth digit: simply wrong
    (lambda a, b: (a + b) * (1 + 1e-8), False),
    (lambda a, b: (a + b + 1).astype(np.float32), False),
])
def test_an_answer_in_float32_is_recognised(answer, hinted):
    exact = dataclasses.replace(SUM, tolerance=1e-9)
    verdict = grade(exact, answer)
    assert verdict.status == "not yet" and ("look like float32" in verdict.detail) == hinted
    assert grade(SUM, lambda a, b: (a + b).astype(np.float32)).status == "solved"


def test_a_count_that_is_off_by_one_is_not_called_float32():
    count = Exercise("count", "Count", 1, reference=50_000, hints=(), takeaway="Many.")
    assert "float32" not in str(grade(count, 50_001))


def test_a_truth_value_is_no_number():
    one = Exercise("one", "One", 1, reference=1.0, hints=(), takeaway="It is 1.")
    assert "got a truth value" in str(grade(one, True))


def test_messages_hold_no_address():
    assert "0x" not in str(grade(SUM, lambda a, b: object()))


def test_an_unknown_name_lists_what_there_is(capsys):
    check("gradient-descent/none", 1)
    check("nothing/none", 1)
    check(3, 1)
    said = capsys.readouterr().out
    assert "Exercises: one-step" in said and "gradient-descent" in said.split("Chapters: ")[1]
    assert "names an exercise" in said


def test_check_prints_and_never_raises(capsys):
    check("gradient-descent/one-step", Odd())
    check("gradient-descent/one-step", lambda theta, grad, lr: theta - lr * grad)
    said = capsys.readouterr().out
    assert "one-step: not yet" in said and "one-step: solved" in said


def test_hints_come_one_at_a_time(capsys, monkeypatch):
    monkeypatch.setattr("lessons.widgets.checks.check._hints_given", {})
    for _ in range(3):
        hint("gradient-descent/one-step")
    lines = capsys.readouterr().out.splitlines()
    assert "hint 1 of 2" in lines[0] and "hint 2 of 2" in lines[1] and "no more hints" in lines[2]


def test_more_digits_where_four_do_not_tell():
    said = str(grade(SUM, lambda a, b: a + b + 1e-5))
    assert "4.00001" in said


def test_a_number_too_long_to_be_written_is_named():
    assert "got       a number" in str(grade(SUM, lambda a, b: 10**5000))


def test_answers_run_where_there_are_no_threads(monkeypatch, no_copies):
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert grade(SUM, lambda a, b: a + b).status == "solved"
    assert "raised NameError" in str(grade(SUM, fail))


EVEN = Exercise(
    name="even", title="Tell even numbers", difficulty=1, reference=lambda n: n % 2 == 0,
    cases=lambda rng: [(n,) for n in range(10)], hints=("Use %.",), takeaway="Near enough.",
    enough=0.8,
)


@pytest.mark.parametrize("n_wrong, status", [(0, "solved"), (2, "solved"), (3, "not yet")])
def test_enough_right_cases_solve_an_exercise_that_counts(n_wrong, status):
    verdict = grade(EVEN, lambda n: (n % 2 == 0) != (n < n_wrong))
    assert verdict.status == status
    assert f"{10 - n_wrong} of 10 are right" in str(verdict)


def test_a_count_shows_the_first_wrong_case():
    said = str(grade(EVEN, lambda n: (n % 2 == 0) != (n > 3)))
    assert "80% are needed" in said and "input     n = 4" in said and "expected  True" in said


def test_a_count_stops_at_an_error_and_at_a_stub():
    assert "raised ZeroDivisionError" in str(grade(EVEN, lambda n: 1 / n))
    assert grade(EVEN, lambda n: ...).status == "not started"
    assert "Expected a truth value, got a string" in str(grade(EVEN, lambda n: "yes"))
