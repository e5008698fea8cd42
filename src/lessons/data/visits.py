"""Made visits: who watched which film in which week, with tastes and fashions that are known."""

from dataclasses import dataclass

import numpy as np

from lessons.data.sets import _generator

N_FACTORS = 3  # directions of taste
EARLIEST = -12  # the first films come out this many weeks before the first visit


@dataclass(frozen=True)
class Visits:
    """A table of visits.

    Attributes
    ----------
    user, film, week : numpy.ndarray
        Whole numbers, shape (n,), in the order of the weeks. Nobody watches a film twice.
    born : numpy.ndarray
        The week in which each film came out, shape (n_films,).
    n_users, n_films, n_weeks : int
        How many there are.
    """

    user: np.ndarray
    film: np.ndarray
    week: np.ndarray
    born: np.ndarray
    n_users: int
    n_films: int
    n_weeks: int


def visits(
    rng: np.random.Generator, n_users: int = 400, n_films: int = 240, n_weeks: int = 48,
    fades: bool = True, taste: float = 1.0,
) -> Visits:
    """Return made visits of users who come for some weeks and go again.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides everything.
    n_users, n_films, n_weeks : int
        Sizes of the world, each from 1 on.
    fades : bool
        Whether films come out one after the other and are forgotten: each week takes a fifth off
        the odds of a film. Otherwise all are there from the start and stay as they are.
    taste : float
        How much users differ in what they like; 0: not at all.

    Raises
    ------
    TypeError
        If `rng` is not a generator.
    ValueError
        If a size is below 1, or `taste` is negative or not finite.

    Notes
    -----
    A user stays for some twelve weeks and watches two films in each. A film is drawn with odds
    ``exp(appeal + taste * user · film - age / 5)``, among those that the user has not seen and
    that are out.

    Examples
    --------
    >>> made = visits(np.random.default_rng(0))
    >>> len(made.user), bool((made.week >= made.born[made.film]).all())
    (7307, True)
    """
    rng = _generator(rng)
    if min(n_users, n_films, n_weeks) < 1 or not 0 <= taste < np.inf:
        raise ValueError("give one user, film and week or more, and taste from 0 on, got "
                         f"{n_users}, {n_films}, {n_weeks} and {taste}")
    likes = rng.standard_normal((n_users, N_FACTORS))
    kinds = rng.standard_normal((n_films, N_FACTORS))
    appeal = 0.7 * rng.standard_normal(n_films)
    born = np.sort(rng.integers(EARLIEST, n_weeks, n_films))
    born = born if fades else np.full(n_films, EARLIEST)
    start = rng.integers(EARLIEST, n_weeks, n_users)
    stay = 4 + rng.integers(0, 17, n_users)
    seen = np.zeros((n_users, n_films), dtype=bool)
    rows = []
    for week in range(n_weeks):
        age = week - born
        odds = np.where(age < 0, -np.inf, appeal - (age / 5 if fades else 0))
        for user in np.flatnonzero((start <= week) & (week < start + stay)):
            for _ in range(rng.integers(1, 4)):
                score = np.where(seen[user], -np.inf, odds + taste * kinds @ likes[user])
                film = int(np.argmax(score + rng.gumbel(size=n_films)))
                if score[film] > -np.inf:
                    seen[user, film] = True
                    rows.append((user, film, week))
    user, film, when = np.array(rows, dtype=int).reshape(-1, 3).T
    return Visits(user, film, when, born, n_users, n_films, n_weeks)
