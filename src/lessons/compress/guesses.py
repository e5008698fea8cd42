"""What guesses are worth: tokens for each pass of the model that they are made for, and time."""


def expected_tokens(alpha: float, n_guesses: int) -> float:
    """Return the tokens for each pass of the target, if each guess is kept with the chance alpha.

    Raises
    ------
    ValueError
        If alpha is no chance, or the number of guesses is negative.

    Examples
    --------
    >>> [round(expected_tokens(0.8, g), 2) for g in (1, 2, 3, 5)]
    [1.8, 2.44, 2.95, 3.69]
    """
    if not 0 <= alpha <= 1 or n_guesses < 0:
        raise ValueError(f"alpha is a chance from 0 to 1 and guesses are 0 or more, got {alpha} "
                         f"and {n_guesses}")
    return sum(alpha**k for k in range(n_guesses + 1))


def speed_up(alpha: float, n_guesses: int, cost: float, wider: float = 1.0) -> float:
    """Return how many times as fast tokens come, against one pass of the target for each.

    Parameters
    ----------
    cost : float
        Time of a pass of the draft, as a part of the target's.
    wider : float
        Time of the target's pass over all guesses, against one token.

    Examples
    --------
    >>> round(speed_up(0.8, 3, 0.1), 2), round(speed_up(0.8, 3, 0.1, wider=3), 2)
    (2.27, 0.89)
    """
    if cost < 0 or wider <= 0:
        raise ValueError(f"times are not negative, got {cost} and {wider}")
    return expected_tokens(alpha, n_guesses) / (n_guesses * cost + wider)
