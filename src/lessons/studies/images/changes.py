"""Training images that are changed at random."""

import torch

from lessons.data.images import SIDE
from lessons.studies.improving.shifts import shift_images


def at_random(X: torch.Tensor, how: str, generator: torch.Generator) -> torch.Tensor:
    """Return each image (B, 64) unchanged or changed, at random.

    Parameters
    ----------
    how : {"", "shifts", "mirror"}
        Nothing; one of nine places up to a pixel away; left and right exchanged or not.

    Examples
    --------
    >>> X = at_random(torch.ones(4, 64), "shifts", torch.Generator().manual_seed(0))
    >>> X.sum(1).int().tolist()
    [49, 49, 56, 64]
    """
    if how not in ("", "shifts", "mirror"):
        raise ValueError(f"no change {how!r}: choose shifts, mirror or nothing ('')")
    if how == "":
        return X
    if how == "mirror":
        turned = torch.randint(2, (len(X), 1), generator=generator)
        mirrored = X.view(-1, SIDE, SIDE).flip(2).reshape(-1, SIDE**2)
        return torch.where(turned == 1, mirrored, X)
    return shift_images(X, 1, generator)
