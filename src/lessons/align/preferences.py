"""Learning from pairs of answers of which one is preferred: a reward model, and DPO.

References
----------
Bradley and Terry, Rank Analysis of Incomplete Block Designs, Biometrika 1952.
Ouyang et al., Training Language Models to Follow Instructions with Human Feedback, NeurIPS 2022.
Rafailov et al., Direct Preference Optimization, NeurIPS 2023.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import GPT


class RewardModel(nn.Module):
    """A GPT whose last layer gives one number for a whole text instead of guesses.

    Parameters
    ----------
    body : GPT
        Is trained with it; give a copy if the model is needed elsewhere.

    Examples
    --------
    >>> from lessons.gpt.model import Config
    >>> body = GPT(Config(vocab_size=8, n_positions=6, n_layers=1, n_heads=1, d_model=8))
    >>> RewardModel(body)(torch.tensor([[1, 2, 3, 4]]), torch.tensor([2]))
    tensor([0.], grad_fn=<SelectBackward0>)
    """

    def __init__(self, body: GPT):
        super().__init__()
        self.body, self.score = body, nn.Linear(body.config.d_model, 1, bias=False)
        nn.init.zeros_(self.score.weight)

    def forward(self, tokens: Tensor, last: Tensor) -> Tensor:
        """Return a score for each text, shape (N,).

        Parameters
        ----------
        tokens : torch.Tensor
            Token ids, int64, shape (N, T).
        last : torch.Tensor
            The place of each text's last token, int64, shape (N,).
        """
        x = self.body.embed(tokens)
        for block in self.body.blocks:
            x = block(x)
        x = self.body.norm(x)[torch.arange(len(tokens)), last]  # (N, D)
        return self.score(x)[:, 0]


def preference_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Return the mean of ``-log sigmoid(chosen - rejected)``: scores of pairs, shape (N,) each.

    Examples
    --------
    >>> f"{preference_loss(torch.zeros(3), torch.zeros(3)):.3f}"  # ln 2: it cannot tell
    '0.693'
    """
    return -F.logsigmoid(chosen - rejected).mean()


def dpo_margin(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor],
               beta: float) -> Tensor:
    """Return by how much DPO's own reward prefers the chosen answers, shape (N,).

    Parameters
    ----------
    policy, reference : tuple of torch.Tensor
        Log-probabilities of chosen and of rejected answers, in nats, shape (N,) each.
    beta : float
        The price of a nat away from the reference, above 0.

    Raises
    ------
    ValueError
        If `beta` is not above 0: then every policy has the same margin.
    """
    if not beta > 0:
        raise ValueError(f"beta is above 0, got {beta}: at 0 no answer is preferred")
    chosen, rejected = (p - r for p, r in zip(policy, reference, strict=True))
    return beta * (chosen - rejected)


def dpo_loss(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor],
             beta: float) -> Tensor:
    """Return DPO's loss: that of a reward model that scores ``beta * log(policy / reference)``.

    See `dpo_margin`.

    Examples
    --------
    >>> same = torch.tensor([-2.0]), torch.tensor([-3.0])
    >>> f"{dpo_loss(same, same, beta=0.1):.3f}"
    '0.693'
    """
    return -F.logsigmoid(dpo_margin(policy, reference, beta)).mean()


def dpo_gradient(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor],
                 beta: float) -> tuple[Tensor, Tensor]:
    """Return the derivative of `dpo_loss` by both log-probabilities, by hand.

    A pair counts as far as it is still ordered wrongly, and both sides count alike.

    Examples
    --------
    >>> same = torch.tensor([-2.0]), torch.tensor([-3.0])
    >>> [f"{x.item():+.3f}" for x in dpo_gradient(same, same, beta=0.1)]
    ['-0.050', '+0.050']
    """
    wrong = torch.sigmoid(-dpo_margin(policy, reference, beta))
    step = beta * wrong / len(wrong)
    return -step, step
