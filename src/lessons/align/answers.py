"""The answer's part of a text: which tokens it is, and how likely a model finds it.

Shapes: N texts, T tokens in each, P of them the question. Place t of a table of T - 1 places is
about token t + 1, since a model guesses the next token.
"""

import torch
from torch import Tensor, nn


def answer_mask(tokens: Tensor, n_prompt: int, ends: tuple[int, ...]) -> Tensor:
    """Return which guesses are about the answer, its end included.

    Parameters
    ----------
    tokens : torch.Tensor
        Token ids, int64, shape (N, T): question, answer, and what comes after its end.
    n_prompt : int
        Tokens of the question, P.
    ends : tuple of int
        Tokens that end an answer.

    Returns
    -------
    torch.Tensor
        Booleans, shape (N, T - 1).

    Raises
    ------
    ValueError
        If the texts hold no token after the question.

    Examples
    --------
    >>> answer_mask(torch.tensor([[7, 7, 1, 2, 0, 5]]), n_prompt=2, ends=(0,)).int().tolist()
    [[0, 1, 1, 1, 0]]
    """
    if tokens.dim() != 2 or not 1 <= n_prompt < tokens.shape[1]:
        raise ValueError(f"texts of shape (N, T) with T above the question's {n_prompt} tokens, "
                         f"please, got {tuple(tokens.shape)}")
    is_end = torch.isin(tokens, torch.tensor(ends, device=tokens.device))
    is_end[:, :n_prompt] = False  # an end inside the question ends no answer
    ended_before = is_end.cumsum(1) - is_end.long() > 0
    mask = ~ended_before
    mask[:, :n_prompt] = False
    return mask[:, 1:]


def token_log_probs(model: nn.Module, tokens: Tensor) -> Tensor:
    """Return the log-probability of each token given those before it, shape (N, T - 1), in nats.

    Examples
    --------
    >>> from lessons.gpt.model import GPT, Config
    >>> model = GPT(Config(vocab_size=8, n_positions=4, n_layers=1, n_heads=1, d_model=8))
    >>> token_log_probs(model, torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 2])
    """
    found = model(tokens[:, :-1]).log_softmax(-1)  # (N, T - 1, V)
    return found.gather(-1, tokens[:, 1:, None])[..., 0]


def answer_log_probs(model: nn.Module, tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the log-probability of each answer given its question, shape (N,), in nats.

    Parameters
    ----------
    mask : torch.Tensor
        From `answer_mask`, shape (N, T - 1).
    """
    return (token_log_probs(model, tokens) * mask).sum(1)


def answer_loss(model: nn.Module, tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the mean loss in nats for each token that the mask holds.

    With the mask of the answers it is supervised fine-tuning; with ones it is pre-training.

    Raises
    ------
    ValueError
        If the mask has another shape than the guesses, or holds nothing.

    Examples
    --------
    >>> from lessons.gpt.model import GPT, Config
    >>> _ = torch.manual_seed(0)
    >>> model = GPT(Config(vocab_size=8, n_positions=6, n_layers=1, n_heads=1, d_model=8))
    >>> tokens = torch.tensor([[7, 7, 1, 2, 0, 5]])
    >>> f"{answer_loss(model, tokens, answer_mask(tokens, 2, (0,))):.1f}"  # ln 8
    '2.1'
    """
    if mask.shape != (len(tokens), tokens.shape[1] - 1):
        raise ValueError(f"a mask of {tuple(mask.shape)} for texts of {tuple(tokens.shape)}: it "
                         "has one place less in a row, since the first token is not guessed")
    if not mask.any():
        raise ValueError("the mask holds no token: there would be nothing to learn")
    return -(token_log_probs(model, tokens) * mask).sum() / mask.sum()
