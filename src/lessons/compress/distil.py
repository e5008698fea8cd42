"""A student that learns from a teacher's guesses beside the text.

References
----------
Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015, arXiv:1503.02531.
"""

from torch import Tensor
from torch.nn import functional as F


def distillation_loss(student: Tensor, teacher: Tensor, targets: Tensor, weight: float = 0.5,
                      temperature: float = 1.0) -> Tensor:
    """Return a mixture of the cross-entropy with the text and with the teacher's guesses, in nats.

    Parameters
    ----------
    student, teacher : torch.Tensor
        Logits, shape (..., V); no gradient flows into the teacher's.
    targets : torch.Tensor
        What comes next, int64, shape (...).
    weight : float
        Of the teacher, from 0 (the text alone) to 1.
    temperature : float
        Flattens both guesses; the teacher's part is multiplied by its square, so that its
        gradient keeps its size.

    Raises
    ------
    ValueError
        If the shapes differ, or a setting is out of range.

    Examples
    --------
    >>> import torch
    >>> same = torch.tensor([[0.0, 0.0]])
    >>> f"{distillation_loss(same, same, torch.tensor([1])):.4f}"  # ln 2 for both
    '0.6931'
    """
    if student.shape != teacher.shape or student.shape[:-1] != targets.shape:
        raise ValueError(f"logits {tuple(student.shape)} and {tuple(teacher.shape)} do not fit "
                         f"targets {tuple(targets.shape)}: (..., V), (..., V) and (...)")
    if not 0 <= weight <= 1 or not 0 < temperature < float("inf"):
        raise ValueError("the weight of the teacher is from 0 to 1 and the temperature above 0, "
                         f"got {weight} and {temperature}")
    text = F.cross_entropy(student.flatten(0, -2), targets.flatten())
    theirs = (teacher.detach() / temperature).softmax(-1)
    mine = (student / temperature).log_softmax(-1)
    taught = -(theirs * mine).sum(-1).mean() * temperature**2
    return (1 - weight) * text + weight * taught
