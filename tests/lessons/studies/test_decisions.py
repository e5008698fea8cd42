"""Published values of tabular problems, gradients by enumeration, regret by hand, the record."""

import copy

import numpy as np
import pytest

from experiments import decisions as experiment
from lessons.data.worlds import World, draw_map, from_gymnasium, make, shaped
from lessons.studies.decisions import bandits, learn, policies, runs, tables

CORRIDOR = draw_map(["S...G"], {"G": 1.0})
LAKE = from_gymnasium("FrozenLake-v1")


def test_the_corridor_has_the_values_of_the_book():
    Q = tables.value_iteration(CORRIDOR, 0.9)
    assert Q[:4, 2] == pytest.approx([0.729, 0.81, 0.9, 1.0])
    assert Q[:4, 0] == pytest.approx([0.6561, 0.6561, 0.729, 0.81])
    assert tables.evaluate(CORRIDOR, [2, 2, 2, 2, 0], 0.9)[:4] == pytest.approx(Q[:4, 2])


def test_the_frozen_lake_has_the_published_values():
    """14/17 without a limit; .8196 was gym's note of 2016, 0.74 is that of 2021 (pull 2205)."""
    assert tables.value_iteration(LAKE, 1.0).max(axis=1)[0] == pytest.approx(14 / 17, abs=1e-8)
    assert round(tables.value_iteration(LAKE, 0.9999).max(axis=1)[0], 4) == 0.8196
    policy = tables.greedy(tables.value_iteration(LAKE, 0.99))
    assert tables.evaluate(LAKE, policy, 1.0)[0] == pytest.approx(14 / 17)
    assert round(tables.worth_within(LAKE, policy), 2) == 0.74
    assert round(tables.best_within(LAKE, 100)[100][0], 2) == 0.74
    assert make("FrozenLake-v1").spec.reward_threshold == 0.70  # below it, so it can be reached
    large = from_gymnasium("FrozenLake8x8-v1")
    assert large.limit == 200
    assert round(tables.best_within(large, 200)[200][0], 2) == 0.91
    assert tables.value_iteration(large, 1.0).max(axis=1)[0] == pytest.approx(1, abs=1e-6)


def test_a_limit_pays_those_who_watch_the_clock():
    policy = tables.greedy(tables.value_iteration(LAKE, 0.99))
    by_clock = tables.best_within(LAKE, 400)
    for n_steps in (10, 100, 400):
        fixed = tables.worth_within(LAKE, policy, n_steps)
        assert fixed <= by_clock[n_steps][0] + 1e-12 <= 14 / 17 + 1e-9
    assert tables.worth_within(LAKE, policy, 20_000) == pytest.approx(14 / 17)
    assert tables.worth_within(LAKE, policy, 0) == 0


def test_the_best_policy_is_found_by_trying_all():
    world = draw_map(["SB", ".G"], {"G": 3.0, "B": 1.0})
    best = max(tables.evaluate(world, [a, b, c, 0], 0.9)[0]
               for a in range(4) for b in range(4) for c in range(4))
    assert tables.value_iteration(world, 0.9).max(axis=1)[0] == pytest.approx(best)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: tables.value_iteration(CORRIDOR, 1.1), "between 0 and 1, got 1.1"),
    (lambda: tables.value_iteration(CORRIDOR, float("nan")), "between 0 and 1"),
    (lambda: tables.value_iteration(CORRIDOR, 0.9, tol=0), "tol is more than 0"),
    (lambda: tables.greedy([1.0, 2.0]), r"shape \(S, A\)"),
    (lambda: tables.greedy(np.zeros((0, 2))), "a state and an action or more"),
    (lambda: tables.greedy([[np.nan, 1.0]]), "not finite"),
    (lambda: tables.as_policy([0, 1, 2, 4, 0], CORRIDOR), "whole numbers from 0 to 3"),
    (lambda: tables.as_policy([0.0] * 5, CORRIDOR), "whole numbers"),
    (lambda: tables.as_policy([0, 1], CORRIDOR), "one action for each of 5 states"),
    (lambda: tables.as_policy(np.full((5, 4), 0.3), CORRIDOR), "add up to 1, but in state 0"),
    (lambda: tables.evaluate(CORRIDOR, [0] * 5, 1.0), "every episode must end"),
    (lambda: tables.best_within(CORRIDOR, -1), "0 or more, got -1"),
    (lambda: tables.worth_within(CORRIDOR, [2] * 5), "the world has no limit"),
])
def test_bad_questions_about_tables_are_told(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


def test_a_reward_without_end_is_told():
    circle = World(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [False], [1.0])
    assert tables.value_iteration(circle, 0.5)[0, 0] == pytest.approx(2)
    with pytest.raises(ValueError, match="collected without end; take a smaller gamma"):
        tables.value_iteration(circle, 1.0)


def test_q_learning_finds_what_value_iteration_computes():
    for name in (CORRIDOR, draw_map(["S.B", ".#G"], {"G": 2.0, "B": 1.0})):
        walk = learn.Walk(name, np.random.default_rng(1))
        n = len(name.P)
        Q, kept, returns = learn.q_learning(walk, (n, 4), 20_000, 0.5, 1.0, 0.9, seed=1,
                                            marks=[10])
        going = ~name.ended
        assert Q[going] == pytest.approx(tables.value_iteration(name, 0.9)[going], abs=1e-6)
        assert list(kept) == [10] and len(returns) > 100


def test_who_never_explores_never_finds():
    walk = learn.Walk(CORRIDOR, np.random.default_rng(0))
    Q, _, returns = learn.q_learning(walk, (5, 4), 1000, 0.5, 0.0, 0.9, seed=0)
    assert (Q == 0).all() and len(returns) == 0
    walk = learn.Walk(CORRIDOR, np.random.default_rng(0))
    Q, _, returns = learn.q_learning(walk, (5, 4), 1000, 0.5, 0.0, 0.9, seed=0, first=1.0)
    assert len(returns) > 100  # what was not tried yet looks good


def test_an_end_and_a_cut_are_not_the_same():
    world = draw_map(["S.G"], {"G": 1.0}, limit=1)  # each episode is cut off after a step
    walk = learn.Walk(world, np.random.default_rng(0))
    Q = np.array([[0.0, 0, 0, 0], [0, 0, 0.8, 0], [0, 0, 0, 0]])
    assert walk.reset() == (0, {}) and walk.step(2) == (1, 0.0, False, True, {})
    learn.q_update(Q, 0, 2, 0.0, 1, False, 1.0, 0.5)
    learn.q_update(Q, 1, 2, 1.0, 2, True, 1.0, 0.5)
    assert Q[0, 2] == 0.4 and Q[1, 2] == 1.0


@pytest.mark.parametrize("settings", [
    {"alpha": 0.0}, {"alpha": 1.5}, {"epsilon": -0.1}, {"epsilon": 1.1}, {"gamma": 2.0},
    {"n_steps": 0}, {"shape": (5,)}, {"shape": (0, 4)}, {"alpha": float("nan")},
])
def test_bad_settings_of_q_learning_are_told(settings):
    good = {"shape": (5, 4), "n_steps": 5, "alpha": 0.5, "epsilon": 0.1, "gamma": 0.9, "seed": 0}
    walk = learn.Walk(CORRIDOR, np.random.default_rng(0))
    with pytest.raises(ValueError, match="lies between|a step, a state and an action"):
        learn.q_learning(walk, **(good | settings))


def test_no_step_after_the_end():
    walk = learn.Walk(draw_map(["SG"], {"G": 1.0}), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"call reset\(\)"):
        walk.step(2)
    walk.reset()
    walk.step(2)
    with pytest.raises(ValueError, match=r"call reset\(\)"):
        walk.step(2)


def test_who_counts_long_enough_knows_the_rules():
    walk = learn.Walk(LAKE, np.random.default_rng(0))
    counted = learn.count(walk, (16, 4), 30_000, seed=0, marks=[5, 30_000])
    going = ~LAKE.ended
    assert np.abs(counted[30_000].P - LAKE.P)[going].max() < 0.2
    assert counted[5].P.sum(axis=2) == pytest.approx(1)  # also where nothing was tried
    policy = learn.plan(counted[30_000], 0.99)
    assert tables.worth_within(LAKE, policy) > 0.6


def test_regret_by_hand():
    lost = bandits.regret(bandits.first_explore, 2, [[1.0, 0.0, 0.5]], 9, seed=0)
    assert lost[0].tolist() == [0, 1, 1.5, 1.5, 2.5, 3, 3, 3, 3]  # then the best for ever
    assert (bandits.regret(bandits.ucb, 1.0, [[0.3, 0.3]], 50, seed=0) == 0).all()
    always = bandits.regret(bandits.epsilon_greedy, 1.0, [[0.2, 0.6]] * 400, 200, seed=0)
    assert always[:, -1].mean() == pytest.approx(200 * 0.2, rel=0.05)


@pytest.mark.parametrize("rule", list(bandits.RULES))
def test_each_rule_beats_pulling_at_random_and_is_repeatable(rule):
    function, settings = bandits.RULES[rule]
    chances = bandits.problems("any chance", 100, 5, seed=0)
    at_random = 300 * (chances.max(axis=1) - chances.mean(axis=1)).mean()
    one, same = (bandits.regret(function, settings[3], chances, 300, seed=1) for _ in range(2))
    assert (one == same).all() and (np.diff(one) >= 0).all() and len(settings) == 7
    assert one[:, -1].mean() < 0.6 * at_random


def test_the_floor_of_lai_and_robbins_by_hand():
    kl = 0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.4)
    assert bandits.lai_robbins([0.6, 0.5]) == pytest.approx(0.1 / kl)
    assert bandits.lai_robbins([0.5, 0.5]) == 0
    assert bandits.lai_robbins([0.6, 0.5, 0.5]) == pytest.approx(2 * 0.1 / kl)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: bandits.problems("easy", 1, 2, 0), "choose from any chance, near one half"),
    (lambda: bandits.problems("any chance", 0, 2, 0), "a problem and two arms"),
    (lambda: bandits.problems("any chance", 1, 1, 0), "a problem and two arms"),
    (lambda: bandits.regret(bandits.ucb, 1.0, [0.1, 0.2], 5, 0), "two arms or more, got"),
    (lambda: bandits.regret(bandits.ucb, 1.0, [[0.1]], 5, 0), "two arms or more"),
    (lambda: bandits.regret(bandits.ucb, 1.0, [[0.1, 1.2]], 5, 0), "between 0 and 1"),
    (lambda: bandits.regret(bandits.ucb, 1.0, [[0.1, np.nan]], 5, 0), "between 0 and 1"),
    (lambda: bandits.regret(bandits.ucb, 1.0, [[0.1, 0.2]], 0, 0), "a pull or more"),
    (lambda: bandits.divergence(0.0, 0.5), "both ends excluded"),
    (lambda: bandits.lai_robbins([0.5]), "two arms or more in a row"),
])
def test_bad_bandits_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_the_gradient_is_that_of_differences():
    rng = np.random.default_rng(3)
    P, R = rng.dirichlet(np.ones(2), size=(2, 2)), rng.normal(size=(2, 2, 2))
    theta = rng.normal(size=(2, 2))

    def J(theta):
        world_pi, share, total = policies.softmax(theta), np.array([1.0, 0.0]), 0.0
        for _ in range(3):
            moves = world_pi[:, :, None] * P
            total += float((share[:, None, None] * moves * R).sum())
            share = np.einsum("s,sat->t", share, moves)
        return total

    exact = policies.exact_gradient(P, R, theta, 0, 3)
    for where in np.ndindex(2, 2):
        h = np.zeros((2, 2))
        h[where] = 1e-5
        assert exact[where] == pytest.approx((J(theta + h) - J(theta - h)) / 2e-5, abs=1e-7)
    whole = policies.exact_gradient(P, R, theta, 0, 3, to_go=False)
    assert whole == pytest.approx(exact)


def test_a_baseline_leaves_the_mean_and_a_placebo_does_not():
    theta, pays = np.array([0.2, -1.0, 0.4]), np.array([1.0, 5.0, 2.0])
    mean, variance = policies.mean_and_variance(theta, pays)
    p = policies.softmax(theta)
    assert mean == pytest.approx(p * (pays - p @ pays))
    for b in (-3.0, 2.0, 100.0):
        assert policies.mean_and_variance(theta, pays, b)[0] == pytest.approx(mean)
    assert policies.mean_and_variance(theta, pays, 2.0)[1] < variance
    assert policies.mean_and_variance(theta, pays, 100.0)[1] > variance
    assert policies.mean_and_variance(theta, pays, 0.5 * pays)[0] == pytest.approx(mean / 2)


@pytest.mark.parametrize("arguments", [
    ([0.0], [1.0], 0.0), ([0.0, 1.0], [1.0], 0.0), ([[0.0, 1.0]], [[1.0, 0.0]], 0.0),
    ([0.0, np.inf], [1.0, 2.0], 0.0), ([0.0, 1.0], [1.0, np.nan], 0.0),
])
def test_bad_arms_are_told(arguments):
    with pytest.raises(ValueError, match="two arms or more|must be finite"):
        policies.estimates(*arguments)


def test_the_baseline_of_the_others_by_hand():
    a = (np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]]), np.array([1, 1]))
    b = (np.array([[0.0, 1, 0, 0]]), np.array([0]))
    none = policies.policy_gradient([a, b], np.zeros(4), 1.0, "none")
    assert none == pytest.approx([(2 + 1) * 0.5 / 2, -0.5 / 2, 0, 0])
    others = policies.policy_gradient([a, b], np.zeros(4), 1.0, "others")
    assert others == pytest.approx([((2 - 1) + (1 - 0)) * 0.5 / 2, -(1 - 2) * 0.5 / 2, 0, 0])


@pytest.mark.parametrize(("n", "baseline"), [(2, "mean"), (1, "others")])
def test_a_baseline_that_cannot_be_is_told(n, baseline):
    one = (np.ones((1, 4)), np.array([1]))
    with pytest.raises(ValueError, match="none, or others with two episodes or more"):
        policies.policy_gradient([one] * n, np.zeros(4), 1.0, baseline)


def test_the_pole_stands_longer_after_training_and_runs_repeat():
    env = make("CartPole-v1", disable_env_checker=True)
    (w, lengths), (same, _) = (policies.train(env, 0.03, "others", 1, 12) for _ in range(2))
    assert (w == same).all() and np.mean(lengths[-3:]) > 2 * np.mean(lengths[:3])
    kept, cost = policies.guess(env, seed=0, n_tries=4)
    assert (kept[-1] == kept[int(np.argmax(cost))]).all()
    with pytest.raises(ValueError, match="an update and an episode or more"):
        policies.train(env, 0.1, "none", 0, n_updates=0)


def test_circling_is_best_from_the_pay_that_is_computed_by_hand():
    bound = 10 * 0.95**3 * (1 - 0.95**2)
    for pay, home in [(bound - 1e-6, True), (bound + 1e-6, False)]:
        world = draw_map(["....#G", "S.#...", "..B..."], {"G": 10.0, "B": pay})
        policy = tables.greedy(tables.value_iteration(world, 0.95))
        state = 6
        for _ in range(40):
            state = int(world.P[state, policy[state]].argmax())
        assert bool(world.ended[state]) == home


def test_a_potential_changes_no_decision_and_the_values_by_itself():
    rng = np.random.default_rng(0)
    for _ in range(5):
        phi = np.where(LAKE.ended, 0, rng.normal(size=16))
        Q = tables.value_iteration(shaped(LAKE, phi, 0.9), 0.9)
        plain = tables.value_iteration(LAKE, 0.9)
        going = ~LAKE.ended
        assert (Q + phi[:, None])[going] == pytest.approx(plain[going], abs=1e-9)


def test_the_record_says_how_it_was_made():
    record = runs.record()
    assert record["made"]["design"] == experiment.DESIGN
    assert record["made"]["processor_s"] < 20 * 60
    for rows in record["bandits"].values():
        assert {rule: len(row) for rule, row in rows.items()} == dict.fromkeys(bandits.RULES, 7)
    for rates in record["lake"]["q"].values():
        for row in rates.values():
            scores = np.array(row["test"])
            assert scores.shape == (10, 5) and scores.max() <= 0.7442
    for baseline in runs.BASELINES:
        for row in record["pole"][baseline].values():
            assert len(row["test"]) == 10 and len(row["tuning"]) == 3
            assert all(len(run["lengths"]) == runs.N_UPDATES for run in row["test"])


@pytest.fixture
def small(monkeypatch):
    """Make a check that costs little, on a copy of the record."""
    kept = copy.deepcopy(runs.record())
    monkeypatch.setattr(runs, "record", lambda: kept)
    for name in ("bandit_row", "lake", "pole"):
        assert hasattr(experiment if name == "bandit_row" else runs, name)
    old = kept["bandits"]
    monkeypatch.setattr(experiment, "bandit_row", lambda rule, s, kind: old[kind][rule][f"{s:g}"])
    monkeypatch.setattr(runs, "lake_scores", lambda a, e, k: list(
        kept["lake"]["q"][e][f"{a:g}"]["test"][k]))
    monkeypatch.setattr(runs, "counting_scores", lambda k: list(kept["lake"]["counting"][k]))
    return kept


def test_check_finds_a_number_that_no_run_gave(small):
    assert experiment.check(np.random.default_rng(0)) == []
    for rates in small["pole"].values():
        if isinstance(rates, dict):
            for row in rates.values():
                for run in row["test"]:
                    run["lengths"][0] += 1
    (wrong,) = experiment.check(np.random.default_rng(0))
    assert wrong.startswith("pole, ")


def test_an_unknown_argument_runs_nothing(capsys):
    with pytest.raises(SystemExit, match="2"):
        experiment.main(["--chek"])
    assert "--check" in capsys.readouterr().err
