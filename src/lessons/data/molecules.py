"""Made molecules: ring systems with groups on them, drawn flat, and a made melting point."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lessons.data.sets import _generator

#: Groups by name: the atoms, each tied to the one named by its number (-1: the ring).
GROUPS: dict[str, list[tuple[str, int]]] = {
    "H": [], "CH3": [("C", -1)], "OH": [("O", -1)], "F": [("F", -1)], "Cl": [("Cl", -1)],
    "NH2": [("N", -1)], "OCH3": [("O", -1), ("C", 0)], "CN": [("C", -1), ("N", 0)],
    "CF3": [("C", -1), ("F", 0), ("F", 0), ("F", 0)],
}
#: What each group adds to the melting point in kelvin, wherever it is.
WORTH = {"H": 0.0, "CH3": 8.0, "OH": 45.0, "F": -5.0, "Cl": 20.0, "NH2": 35.0, "OCH3": 12.0,
         "CN": 30.0, "CF3": -20.0}
#: What each atom of a ring adds, in kelvin.
RING_WORTH = {"C": 9.0, "N": 14.0, "O": 4.0, "S": 11.0}
N_SITES = 3  # places on each scaffold that carry a group
_CLOSEST = 0.7  # no two atoms of a drawing are nearer than this


@dataclass(frozen=True)
class Molecule:
    """A molecule without its hydrogens: a graph, and where its atoms are drawn.

    Attributes
    ----------
    elements : list of str
        One for each atom, those of the rings first.
    bonds : list of tuple
        Pairs of atoms. Whether a bond is single or double is left out.
    where : numpy.ndarray
        Places on paper in units of a bond, shape (n_atoms, 2).
    n_ring : int
        How many atoms belong to rings: the scaffold.
    groups : tuple of str
        What is tied to the scaffold's three places.
    scaffold : int
        Number of the scaffold.
    melting : float
        Made melting point in °C.
    """

    elements: list[str]
    bonds: list[tuple[int, int]]
    where: np.ndarray
    n_ring: int
    groups: tuple[str, ...]
    scaffold: int
    melting: float


def molecules(
    rng: np.random.Generator, n_scaffolds: int = 40, n_each: int = 12, own: float = 30.0,
    noise: float = 5.0,
) -> list[Molecule]:
    """Return made molecules, `n_each` on each scaffold, all different.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides everything.
    n_scaffolds, n_each : int
        Scaffolds, and molecules on each, at most 200.
    own : float
        Standard deviation, in kelvin, of what each scaffold adds for itself: how its rings pack,
        which no count of atoms tells. At 0 the melting point is a sum over atoms and groups.
    noise : float
        Standard deviation of the error of measurement in kelvin.

    Raises
    ------
    TypeError
        If `rng` is not a generator.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> made = molecules(np.random.default_rng(0))
    >>> len(made), made[0].groups, "".join(made[0].elements), round(made[0].melting)
    (480, ('CF3', 'NH2', 'OH'), 'CCCCSCCCCCNCCCFFFNO', 174)
    """
    rng = _generator(rng)
    if n_scaffolds < 1 or not 1 <= n_each <= 200 or not min(own, noise) >= 0 or not np.isfinite(
            own + noise):
        raise ValueError("give a scaffold or more, 1 to 200 molecules on each, own and noise from "
                         f"0 on, got {n_scaffolds}, {n_each}, {own} and {noise}")
    made, names, known = [], list(GROUPS), set()
    for number in range(n_scaffolds):
        key, n_tries = None, 0
        while key is None or key in known:  # no two scaffolds are the same graph
            elements, bonds, where = _rings(rng)
            key, n_tries = frozenset(circles(elements, bonds, 6).items()), n_tries + 1
            if n_tries > 1000:
                raise ValueError(f"found no more than {number} scaffolds that differ")
        known.add(key)
        sites = _sites(rng, elements, bonds)
        itself = own * rng.standard_normal()
        base = -40 + sum(RING_WORTH[e] for e in elements) + itself
        for code in rng.choice(len(names) ** N_SITES, n_each, replace=False):
            groups = tuple(names[code // len(names) ** i % len(names)] for i in range(N_SITES))
            melting = base + sum(WORTH[g] for g in groups) + noise * rng.standard_normal()
            made.append(_with_groups(elements, bonds, where, sites, groups, number, melting))
    return made


def circles(
    elements: Sequence[str], bonds: Sequence[tuple[int, int]], radius: int
) -> Counter[str]:
    """Count what stands around the atoms of a graph, up to `radius` bonds away.

    Parameters
    ----------
    elements : sequence of str
        One for each atom.
    bonds : sequence of tuple
        Pairs of atoms.
    radius : int
        0 counts elements, 1 also each atom with its neighbours, and so on.

    Raises
    ------
    ValueError
        If there is no atom, a bond names one that is not there, or `radius` is negative.

    References
    ----------
    Rogers and Hahn, Extended-Connectivity Fingerprints, Journal of Chemical Information and
    Modeling 50, 2010.

    Examples
    --------
    >>> dict(circles(["C", "C", "O"], [(0, 1), (1, 2)], radius=1))
    {'C': 2, 'O': 1, 'C(C)': 1, 'C(CO)': 1, 'O(C)': 1}
    """
    if radius < 0:
        raise ValueError(f"the radius is 0 or more, got {radius}")
    near, names = neighbours(elements, bonds), list(elements)
    counts = Counter(names)
    for _ in range(radius):
        names = [f"{name}({''.join(sorted(names[j] for j in around))})"
                 for name, around in zip(names, near, strict=True)]
        counts.update(names)
    return counts


def neighbours(
    elements: Sequence[str], bonds: Sequence[tuple[int, int]]
) -> list[list[int]]:
    """Return for each atom those that it is tied to.

    Raises
    ------
    ValueError
        If there is no atom, or a bond does not join two of them.

    Examples
    --------
    >>> neighbours("CCO", [(0, 1), (1, 2)])
    [[1], [0, 2], [1]]
    """
    n = len(elements)
    near: list[list[int]] = [[] for _ in range(n)]
    if n == 0:
        raise ValueError("a molecule has one atom or more")
    for a, b in bonds:
        if not (0 <= a < n and 0 <= b < n and a != b):
            raise ValueError(f"the bond {a}–{b} does not join two of the atoms 0 to {n - 1}")
        near[a].append(b)
        near[b].append(a)
    return near


def _rings(rng: np.random.Generator) -> tuple[list[str], list[tuple[int, int]], np.ndarray]:
    """Return one to three rings of five or six atoms, each sharing a bond with one before."""
    points, bonds = [], []
    for _ in range(int(rng.integers(1, 4))):
        size = int(rng.integers(5, 7))
        if not points:
            ring = _polygon(size, np.zeros(2), np.array([1.0, 0.0]))
            points, bonds = list(ring), [(i, (i + 1) % size) for i in range(size)]
            continue
        for a, b in rng.permutation(bonds).tolist():
            new = _polygon(size, points[b], points[a])[2:]
            apart = np.linalg.norm(np.array(points)[:, None] - new[None], axis=2).min()
            if apart > _CLOSEST and sum(a in bond for bond in bonds) == 2 == sum(
                    b in bond for bond in bonds):
                first = len(points)
                points += list(new)
                chain = [a, *range(first, first + size - 2), b]
                bonds += list(zip(chain[:-1], chain[1:], strict=True))
                break
    elements = ["C"] * len(points)
    free = [i for i in range(len(points)) if sum(i in bond for bond in bonds) == 2]
    for atom in rng.choice(free, int(rng.integers(0, min(3, len(free) - N_SITES) + 1)),
                           replace=False):
        elements[atom] = str(rng.choice(["N", "N", "O", "S"]))
    return elements, bonds, np.array(points)


def _polygon(size: int, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the corners of a polygon that begins with this side and turns to the left."""
    corners, step = [start, end], end - start
    turn = 2 * np.pi / size
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    while len(corners) < size:
        step = matrix @ step
        corners.append(corners[-1] + step)
    return np.array(corners)


def _sites(rng: np.random.Generator, elements: list[str], bonds: list[tuple[int, int]]) -> list:
    free = [i for i, e in enumerate(elements)
            if e == "C" and sum(i in bond for bond in bonds) == 2]
    return sorted(rng.choice(free, N_SITES, replace=False).tolist())


def _with_groups(
    elements: list[str], bonds: list[tuple[int, int]], where: np.ndarray, sites: list,
    groups: tuple[str, ...], number: int, melting: float,
) -> Molecule:
    """Return the scaffold with a group on each of its places, pointing outwards."""
    elements, bonds, points = list(elements), list(bonds), [*where]
    n_ring = len(elements)
    for site, group in zip(sites, groups, strict=True):
        first = len(elements)
        near = [b if a == site else a for a, b in bonds if site in (a, b)]
        out = 2 * points[site] - np.mean([points[i] for i in near], axis=0) - points[site]
        out = out / np.linalg.norm(out)
        side = np.array([-out[1], out[0]])
        spread = iter([out, side, -side])
        for element, to in GROUPS[group]:
            atom = site if to < 0 else first + to
            points.append(points[atom] + (out if to < 0 else next(spread)) * 0.9)
            elements.append(element)
            bonds.append((atom, len(elements) - 1))
    return Molecule(elements, bonds, np.array(points), n_ring, groups, number, float(melting))
