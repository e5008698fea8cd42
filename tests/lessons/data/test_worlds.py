"""Worlds as tables: gymnasium's, drawn ones, and what is said about bad ones."""

import importlib

import numpy as np
import pytest

from lessons.data import worlds
from lessons.data.worlds import World, draw_map, from_gymnasium, make, shaped

P = np.array([[[0.2, 0.8]], [[0.0, 1.0]]])
GOOD = {"P": P, "R": P * 0, "ended": [False, True], "start": [1.0, 0.0]}


@pytest.mark.parametrize(("change", "said"), [
    ({"P": P[0]}, r"P has the shape \(S, A, S\)"),
    ({"P": np.zeros((0, 1, 0))}, "a state and an action or more"),
    ({"R": np.zeros((2, 2))}, "R has the same shape"),
    ({"start": [1.0]}, r"start and ended \(2,\)"),
    ({"ended": [True]}, r"start and ended \(2,\)"),
    ({"P": P * 0.9}, r"add up to 1; the next states of state 0, action 0 have \[0.18, 0.72\]"),
    ({"P": np.array([[[1.2, -0.2]], [[0.0, 1.0]]])}, r"have \[1.2, -0.2\]"),
    ({"P": np.where(P == 0.2, np.nan, P)}, "add up to 1"),
    ({"start": [0.5, 0.4]}, "the first states have"),
    ({"R": np.where(P > 0, np.inf, 0)}, "not finite"),
    ({"R": P * [[[0.0, 1.0]]]}, "pays nothing, but state 1 does"),
    ({"ended": [True, True]}, "leads to itself, but state 0 leads elsewhere"),
    ({"limit": 0}, "a step or more, got a limit of 0"),
])
def test_a_bad_world_is_told_in_one_line(change, said):
    assert World(**GOOD).P.shape == (2, 1, 2)
    with pytest.raises(ValueError, match=said) as error, np.errstate(invalid="ignore"):
        World(**(GOOD | change))
    assert "\n" not in str(error.value)


def test_the_lake_is_that_of_gymnasium():
    lake, rules = from_gymnasium("FrozenLake-v1"), make("FrozenLake-v1").unwrapped.P
    assert np.flatnonzero(lake.ended).tolist() == [5, 7, 11, 12, 15] and lake.limit == 100
    assert lake.start.tolist() == [1.0] + [0.0] * 15
    for s in np.flatnonzero(~lake.ended):
        for a in range(4):
            wanted = np.zeros(16)
            for p, after, _, _ in rules[s][a]:
                wanted[after] += p
            assert lake.P[s, a] == pytest.approx(wanted)
    assert lake.R.max() == 1 and (lake.R[:, :, :15] == 0).all()


def test_what_happens_in_gymnasium_has_the_chances_of_the_table():
    lake, env = from_gymnasium("FrozenLake-v1"), make("FrozenLake-v1", disable_env_checker=True)
    env.reset(seed=3)
    counts = np.zeros(16)
    for _ in range(600):
        env.unwrapped.s = 14
        counts[env.unwrapped.step(2)[0]] += 1
    assert counts / 600 == pytest.approx(lake.P[14, 2], abs=0.08)


def test_other_toy_worlds_and_those_without_a_table():
    cliff = from_gymnasium("CliffWalking-v1")
    assert cliff.P.shape == (48, 4, 48) and np.flatnonzero(cliff.ended).tolist() == [47]
    with pytest.raises(ValueError, match="CartPole-v1 keeps no table of its rules"):
        from_gymnasium("CartPole-v1")


@pytest.mark.parametrize("name", ["Nowhere-v1", "FrozenLake-v99", "ALE/Pong-v5", "a b"])
def test_an_environment_that_does_not_exist_is_told(name):
    with pytest.raises(ValueError, match="no environment .* in gymnasium") as error:
        make(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_is_a_text(name):
    with pytest.raises(ValueError, match="named by a text"):
        make(name)


@pytest.mark.parametrize("settings", [{"map_name": "9x9"}, {"size": 3}, {"desc": ["SF", "G"]}])
def test_settings_that_do_not_fit_are_told(settings):
    with pytest.raises(ValueError, match="does not take these settings"):
        make("FrozenLake-v1", **settings)


def test_chances_beyond_one_are_told():
    with pytest.raises(ValueError, match="probabilities are 0 or more and add up to 1"):
        from_gymnasium("FrozenLake-v1", success_rate=2.0)
    with pytest.raises(ValueError, match="the first states"):
        from_gymnasium("FrozenLake-v1", desc=["FF", "FG"])


def test_what_is_not_installed_is_told_in_one_line(monkeypatch):
    gym = importlib.import_module("gymnasium")

    def needs_more(name, **_):
        raise gym.error.DependencyNotInstalled("Box2D is not installed\nrun pip install ...")

    monkeypatch.setattr(gym, "make", needs_more)
    with pytest.raises(ImportError, match="LunarLander-v3 needs a package that is not") as error:
        make("LunarLander-v3")
    assert "\n" not in str(error.value)

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(worlds.importlib, "import_module", missing)
    with pytest.raises(ImportError, match="gymnasium is not installed: python -m pip install"):
        make("CartPole-v1")


def test_a_drawn_map_by_hand():
    world = draw_map(["SB", "#G"], {"G": 5.0, "B": 1.0})
    assert world.P[0].argmax(axis=1).tolist() == [0, 0, 1, 0]  # wall below, edge left and above
    assert world.P[1].argmax(axis=1).tolist() == [0, 3, 1, 1]
    assert world.R[0, 2, 1] == 1 and world.R[1, 1, 3] == 5 and world.R.sum() == 6
    assert world.R[1, 2, 1] == 0  # bumping into the edge enters nothing
    assert world.ended.tolist() == [False, False, False, True]


@pytest.mark.parametrize("rows", [[], [""], ["SG", "G"], ["GG"], ["SS"]])
def test_a_bad_map_is_told(rows):
    with pytest.raises(ValueError, match="a map has"):
        draw_map(rows, {"G": 1.0})


def test_additions_of_a_potential_telescope():
    world, rng = draw_map(["S..", "..G"], {"G": 1.0}), np.random.default_rng(0)
    phi = np.where(world.ended, 0, rng.normal(size=6))
    other, gamma = shaped(world, phi, 0.9), 0.9
    for states in ([0, 1, 2, 5], [0, 3, 4, 5], [0, 1, 0, 1, 4, 5]):
        moves = [(s, world.P[s, :, t].argmax(), t)
                 for s, t in zip(states, states[1:], strict=False)]
        added = sum(gamma**k * (other.R[m] - world.R[m]) for k, m in enumerate(moves))
        assert added == pytest.approx(-phi[0])


@pytest.mark.parametrize("phi", [[0.0], [1, 2, np.nan, 0], [1, 2, 3, 4]])
def test_a_bad_potential_is_told(phi):
    with pytest.raises(ValueError, match="a potential is"):
        shaped(draw_map(["SB", "#G"], {"G": 5.0}), phi, 0.9)
