"""What is done to images before a network sees them: moved at random, pixels standardised."""

import torch
from torch.nn import functional as F

Split = dict[str, tuple[torch.Tensor, torch.Tensor]]  # by part: images and labels


def shift_images(X: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """Move every image by up to `most` pixels, down or up, right or left; zeros come in.

    Parameters
    ----------
    X : torch.Tensor
        Images, shape (B, 64).

    Examples
    --------
    >>> shift_images(torch.ones(2, 64), 1, torch.Generator().manual_seed(1)).sum(1).tolist()
    [56.0, 49.0]
    """
    corners = torch.randint(0, 2 * most + 1, (len(X), 2), generator=generator)
    return _crop(X, most, corners)


def _crop(X: torch.Tensor, most: int, corners: torch.Tensor) -> torch.Tensor:
    """Cut an 8×8 window out of each padded image; `corners` is its upper left pixel."""
    padded = F.pad(X.view(-1, 8, 8), [most] * 4)
    eight = torch.arange(8)
    rows = (corners[:, :1] + eight)[:, :, None]
    columns = (corners[:, 1:] + eight)[:, None, :]
    return padded[torch.arange(len(X))[:, None, None], rows, columns].reshape(-1, 64)


def standardised(split: Split) -> Split:
    """Return a split with every pixel standardised by the *training* images."""
    X = split["train"][0]
    mean, std = X.mean(0), X.std(0).clamp_min(1 / 16)  # some pixels never change
    return {part: ((X - mean) / std, y) for part, (X, y) in split.items()}
