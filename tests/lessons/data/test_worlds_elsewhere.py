"""Made loans, visits, sequences and molecules are as their makers say; bad sizes are told."""

from itertools import combinations

import numpy as np
import pytest

from lessons.data.loans import COLUMNS, TOGETHER, WEIGHTS, loans
from lessons.data.molecules import GROUPS, RING_WORTH, WORTH, circles, molecules, neighbours
from lessons.data.sequences import MOTIF, sequences, spell
from lessons.data.visits import visits


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("make", [lambda r: loans(r, 10), visits, sequences, molecules])
def test_a_seed_decides_all_and_something_else_is_told(make):
    one, same, other = make(rng(0)), make(rng(0)), make(rng(1))
    assert repr(one) == repr(same) != repr(other)
    with pytest.raises(TypeError, match="give a generator"):
        make(0)


def test_the_risk_of_a_loan_is_the_formula_and_defaults_happen_as_often():
    made = loans(rng(), 50_000)
    x = dict(zip(COLUMNS, made.X.T, strict=True))
    z = -4.3 + made.X @ WEIGHTS + TOGETHER * x["debt"] * x["late"]
    np.testing.assert_allclose(np.log(made.risk / (1 - made.risk)), z)
    np.testing.assert_allclose(made.X.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(made.X.var(0), 1, atol=0.05)
    assert set(np.unique(made.y)) == {0, 1}
    for low, high in [(0, 0.02), (0.02, 0.1), (0.1, 1)]:
        these = (made.risk >= low) & (made.risk < high)
        expected = made.risk[these].mean()
        assert made.y[these].mean() == pytest.approx(expected, abs=4 * np.sqrt(
            expected / these.sum()))


@pytest.mark.parametrize(("n", "offset"), [(0, 0.0), (-1, 0.0), (5, np.inf), (5, np.nan)])
def test_loans_that_cannot_be_made(n, offset):
    with pytest.raises(ValueError, match="one loan or more and a finite offset"):
        loans(rng(), n, offset)


@pytest.mark.parametrize("fades", [True, False])
def test_nobody_watches_twice_or_before_a_film_is_out(fades):
    made = visits(rng(), n_users=60, n_films=50, n_weeks=20, fades=fades)
    assert len({*zip(made.user.tolist(), made.film.tolist(), strict=True)}) == len(made.user) > 100
    assert (made.week >= made.born[made.film]).all() and (np.diff(made.week) >= 0).all()
    assert (len(np.unique(made.born)) > 1) == fades
    age = (made.week - made.born[made.film]).mean()
    assert (age < 8) == fades  # what is new is watched where films fade


def test_taste_makes_users_differ():
    def spread(taste):
        made = visits(rng(), n_users=300, n_films=20, n_weeks=40, fades=False, taste=taste)
        return np.bincount(made.film, minlength=20).std()

    assert spread(0.0) != spread(3.0)


def test_a_small_world_of_visits_may_be_empty_and_users_run_out_of_films():
    one = visits(rng(), n_users=5, n_films=1, n_weeks=30)
    assert len(one.user) <= 5 and len(one.user) == len(set(one.user.tolist()))
    for bad in [dict(n_users=0), dict(n_films=0), dict(n_weeks=0), dict(taste=-1.0),
                dict(taste=np.inf), dict(taste=np.nan)]:
        with pytest.raises(ValueError, match="one user, film and week"):
            visits(rng(), **bad)


def test_relatives_share_letters_place_and_label_and_the_motif_has_its_letters():
    made = sequences(rng(), n_families=40, n_each=20)
    assert made.y.mean() == 0.5
    for family in range(40):
        those = made.family == family
        assert len(set(made.y[those])) == 1
        counts = np.bincount(made.start[those] + 1)  # most copies have the motif in one place
        assert counts.max() >= 12 and (counts.max() == 20 or made.y[those][0] == 1)
    pairs = [(a, b) for a, b in combinations(range(20), 2)]
    same = np.mean([(made.X[a] == made.X[b]).mean() for a, b in pairs])
    # two copies agree where neither changed, and by chance elsewhere
    assert same == pytest.approx(0.85**2 + (1 - 0.85**2) / 4, abs=0.04)
    windows = np.array([x[s : s + 8] for x, s in zip(made.X, made.start, strict=True) if s >= 0])
    seen = np.array([np.bincount(column, minlength=4) / len(windows) for column in windows.T])
    np.testing.assert_allclose(seen, MOTIF, atol=0.08)
    np.testing.assert_allclose(MOTIF.sum(1), 1)


def test_without_relatives_sequences_have_nothing_in_common():
    made = sequences(rng(), changed=1.0)
    plain = made.X[made.family == 0]
    assert np.mean([(a == b).mean() for a, b in combinations(plain, 2)]) == pytest.approx(
        0.25, abs=0.04)
    assert len(set(made.start[made.family == 1])) > 4
    still = sequences(rng(), changed=0.0)
    assert len(set(still.start[still.family == 1])) == 1
    assert (still.X[still.family == 0] == still.X[0]).all()
    assert spell(made.X[0][:3]) in {a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"}


@pytest.mark.parametrize("bad", [dict(n_families=0), dict(n_each=0), dict(length=7),
                                 dict(changed=-0.1), dict(changed=1.1), dict(changed=np.nan)])
def test_sequences_that_cannot_be_made(bad):
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        sequences(rng(), **bad)
    assert sequences(rng(), length=8, n_families=2, n_each=1).start.tolist() == [-1, 0]


MADE = molecules(np.random.default_rng(0), noise=0.0)


def test_scaffolds_differ_and_molecules_too():
    rings = {}
    for m in MADE:
        inside = [bond for bond in m.bonds if max(bond) < m.n_ring]
        rings.setdefault(m.scaffold, circles(m.elements[: m.n_ring], inside, 6))
    keys = [frozenset(found.items()) for found in rings.values()]
    assert len(set(keys)) == len(keys) == 40
    assert len({(m.scaffold, m.groups) for m in MADE}) == len(MADE)


def test_a_drawing_is_a_graph_with_bonds_of_one_length_and_no_two_atoms_in_one_place():
    for m in MADE[::7]:
        near = neighbours(m.elements, m.bonds)
        assert len(m.where) == len(m.elements) and all(near)
        assert all(len(near[i]) in (2, 3) for i in range(m.n_ring))
        for a, b in m.bonds:
            length = np.linalg.norm(m.where[a] - m.where[b])
            assert length == pytest.approx(1.0 if max(a, b) < m.n_ring else 0.9, abs=1e-9)
        apart = [np.linalg.norm(p - q) for p, q in combinations(m.where, 2)]
        assert min(apart) > 0.2
        n_group = sum(len(GROUPS[group]) for group in m.groups)
        assert len(m.elements) == m.n_ring + n_group


def test_the_melting_point_is_a_sum_and_each_scaffold_has_its_own_share():
    itself = {}
    for m in MADE:
        parts = -40 + sum(RING_WORTH[e] for e in m.elements[: m.n_ring]) + sum(
            WORTH[g] for g in m.groups)
        itself.setdefault(m.scaffold, []).append(m.melting - parts)
    assert all(np.ptp(rest) < 1e-9 for rest in itself.values())
    assert np.std([rest[0] for rest in itself.values()]) == pytest.approx(30, rel=0.35)
    none = molecules(rng(), n_scaffolds=3, own=0.0, noise=0.0)
    assert all(m.melting == pytest.approx(-40 + sum(RING_WORTH[e] for e in m.elements[: m.n_ring])
                                          + sum(WORTH[g] for g in m.groups)) for m in none)


@pytest.mark.parametrize("bad", [dict(n_scaffolds=0), dict(n_each=0), dict(n_each=201),
                                 dict(own=-1.0), dict(noise=-1.0), dict(own=np.inf),
                                 dict(noise=np.nan)])
def test_molecules_that_cannot_be_made(bad):
    with pytest.raises(ValueError, match="a scaffold or more"):
        molecules(rng(), **bad)


def test_circles_do_not_depend_on_the_numbers_of_the_atoms():
    m = MADE[5]
    order = rng().permutation(len(m.elements))
    place = np.argsort(order)
    elements = [m.elements[i] for i in order]
    bonds = [(int(place[b]), int(place[a])) for a, b in m.bonds]
    assert circles(elements, bonds, 3) == circles(m.elements, m.bonds, 3)
    assert circles("C", [], 2) == {"C": 1, "C()": 1, "C()()": 1}


@pytest.mark.parametrize(("elements", "bonds", "radius", "said"), [
    ("", [], 1, "one atom or more"), ("CC", [(0, 2)], 1, "does not join two of the atoms 0 to 1"),
    ("CC", [(1, 1)], 1, "the bond 1–1"), ("CC", [(-1, 0)], 1, "the bond -1–0"),
    ("CC", [(0, 1)], -1, "radius is 0 or more"),
])
def test_bad_graphs_are_told(elements, bonds, radius, said):
    with pytest.raises(ValueError, match=said):
        circles(elements, bonds, radius)
