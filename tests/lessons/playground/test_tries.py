"""What pages tell readers to try in the playground: each link is run, and does what they say.

Two seeds on each push, eight in all each week.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from lessons.playground.address import experiment_of
from lessons.playground.run import Run

TEXT = Path(__file__).parents[3] / "text"
LINK = re.compile(r"\(section:playground#([^)\s]+)\)")
RING = "data=rings&layers=2&optimizer=adam&rate=0.03"
LINE = "data=line&batch=2000"
SPIRALS = "data=spirals"
OUTLIERS = "data=line"
DEEP = "data=moons&layers=8-8-8-8&activation=sigmoid"
ZERO = "data=moons&scale=0"
FEW = "data=moons&n=40&noise=0.4&layers=32-32&optimizer=adam&split=0.5"
STRAIGHT = "data=spirals&layers=&rate=0.5"
FAST = "data=line&rate=1.2"
SLOW = "data=line&rate=0.05"
DEAD = "data=moons&activation=relu&rate=3"
GUESSING = np.log(2)

seeds = pytest.mark.parametrize("seed", [
    *range(2), *(pytest.param(seed, marks=pytest.mark.weekly) for seed in range(2, 8))])


def begun(link, seed, **chosen):
    """Return the run of a link, with what a reader sets before it trains."""
    return Run(experiment_of(link) | {"seed": seed} | chosen)


def trained(run, n_steps):
    """Return step, losses and accuracies of a run after so many steps more."""
    run.advance(n_steps=n_steps)
    return run.measure()


def at_zero(run):
    """Return what a network says at x = 0; the line that made the data says 1."""
    return run.net(np.zeros((1, 1))).data[0, 0]


def test_every_link_of_a_page_is_tried_here():
    found = {link for path in TEXT.glob("*.md")
             for link in LINK.findall(path.read_text(encoding="utf-8"))}
    assert found == {RING, LINE, SPIRALS, OUTLIERS, DEEP, ZERO, FEW, STRAIGHT, FAST, SLOW, DEAD}


@seeds
def test_two_units_do_not_close_a_ring_and_three_do(seed):
    *_, two, _ = trained(begun(RING, seed), 1000)
    *_, three, _ = trained(begun(RING, seed, layers=[3]), 1000)
    assert two < 0.95 and three > 0.99


@seeds
def test_the_edge_of_the_line_is_near_1_and_a_run_past_it_lives_on(seed):
    run = begun(LINE, seed)
    columns = np.hstack([run.problem.X, np.ones_like(run.problem.X)])
    largest = np.linalg.eigvalsh(2 * columns.T @ columns / len(columns)).max()
    assert 0.95 < 2 / largest < 1.05
    _, lowest, *_ = trained(run, 100)
    run.change({"rate": 0.95 * 2 / largest})
    assert trained(run, 200)[1] < 1.001 * lowest
    run.change({"rate": 1.1 * 2 / largest})
    run.advance(n_steps=1000)
    assert run.diverged
    run.rewind()
    run.change({"rate": 0.1})
    assert trained(run, 100)[1] < 1.001 * lowest


@seeds
def test_momentum_speeds_up_what_was_slow(seed):
    run = begun(SPIRALS, seed)
    _, slow, *_ = trained(run, 1000)
    run.change({"momentum": 0.9})
    _, fast, *_ = trained(run, 500)
    assert slow > 0.3 and fast < slow / 2


@seeds
def test_outliers_pull_a_squared_error_and_hardly_the_others(seed):
    def pull(link, **chosen):
        run = begun(link, seed, **chosen)
        run.advance(n_steps=400)
        return at_zero(run) - 1

    squared = pull(OUTLIERS)
    assert min(squared, pull(SLOW)) > 0.2
    assert abs(pull(OUTLIERS, loss="absolute")) < squared / 3
    assert abs(pull(OUTLIERS, loss="huber")) < squared / 3


@seeds
def test_four_layers_of_sigmoid_stay_at_guessing_and_tanh_does_not(seed):
    run = begun(DEEP, seed)
    _, loss, *_ = trained(run, 100)
    assert run.layers[0]["gradient"] < run.layers[-1]["gradient"] / 10
    assert abs(loss - GUESSING) < 0.02
    assert abs(trained(run, 900)[1] - GUESSING) < 0.02
    assert trained(begun(DEEP, seed, activation="tanh"), 1000)[1] < 0.1


@seeds
def test_of_weights_that_are_all_0_only_the_last_layer_gets_a_gradient(seed):
    run = begun(ZERO, seed)
    assert abs(trained(run, 50)[1] - GUESSING) < 0.02
    assert [row["gradient"] > 0 for row in run.layers] == [False, False, True]


@seeds
def test_few_examples_are_learned_by_heart_and_decay_helps_until_it_ends_all_learning(seed):
    run = begun(FEW, seed)
    _, loss, climbed, *_ = trained(run, 1000)
    lowest = min(point[2] for point in run.points)
    assert loss < 0.01 and climbed > 1.5 * lowest
    run.change({"decay": 0.1})
    _, _, tamed, *_ = trained(run, 500)
    run.change({"decay": 1.0})
    _, loss, *_ = trained(run, 500)
    assert tamed < climbed and abs(loss - GUESSING) < 0.05


@seeds
def test_one_straight_line_does_not_part_two_spirals(seed):
    *_, right, _ = trained(begun(STRAIGHT, seed), 300)
    assert right < 0.85


@seeds
def test_a_rate_that_is_too_large_for_the_line_is_stopped(seed):
    run = begun(FAST, seed)
    run.advance(n_steps=500)
    assert run.diverged


def n_dead(run):
    """Return how many hidden units give 0 for every example."""
    seen, found = run.problem.X, 0
    for layer in run.net.layers[:-1]:
        seen = np.maximum(layer(seen).data, 0)
        found += int((seen == 0).all(axis=0).sum())
    return found


def test_at_a_rate_of_3_units_die_on_some_seeds_and_more_than_at_1():
    dead = {rate: [] for rate in (3.0, 1.0)}
    for rate, found in dead.items():
        for seed in range(5):
            run = begun(DEAD, seed, rate=rate)
            run.advance(n_steps=200)
            found.append(n_dead(run))
    assert sum(dead[3.0]) > sum(dead[1.0]) and max(dead[3.0]) > 0
