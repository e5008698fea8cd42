"""The training that every layout must repeat: a small GPT, its batches, and one process alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lessons.gpt import model as gpt
from lessons.parallel.collectives import Rank

CONFIG = gpt.Config(vocab_size=64, n_positions=16, n_layers=4, n_heads=4, d_model=32)
BATCH, N_STEPS, LR = 16, 20, 0.003
#: Added to the root of Adam's second mean. With 1e-8, gradients that are zero but for rounding
#: (those of the keys' biases) would be made as large as any other, and no two layouts would agree.
EPS = 1e-5


@dataclass
class Result:
    """What a rank tells after its training.

    Attributes
    ----------
    losses : list of float
        One a step; None where this rank saw none.
    weights : dict
        Name to tensor: those that this rank has at the end.
    sent : int
        Bytes that it sent.
    events : list of tuple
        What it did in the last step; see `lessons.parallel.collectives.Rank`.
    held : dict
        Bytes of weights, gradients and optimiser state that it holds when a step begins, before
        Adam's update.
    """

    losses: list[float | None] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    sent: int = 0
    events: list[tuple] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)


def build(seed: int = 0) -> gpt.GPT:
    """Return the model with its first weights, the same in every process."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return gpt.GPT(CONFIG)


def batch(step: int) -> Tensor:
    """Return texts of 17 tokens, (16, 17): each counts on by 1, 2 or 3 from where it begins.

    Examples
    --------
    >>> batch(0).shape
    torch.Size([16, 17])
    """
    rng = torch.Generator().manual_seed(1000 + step)
    first = torch.randint(CONFIG.vocab_size, (BATCH, 1), generator=rng)
    by = torch.randint(1, 4, (BATCH, 1), generator=rng)
    return (first + by * torch.arange(CONFIG.n_positions + 1)) % CONFIG.vocab_size


def loss_of(model: nn.Module, rows: Tensor) -> Tensor:
    """Return the loss of guessing each next token of some texts."""
    return gpt.loss(model, rows[:, :-1], rows[:, 1:])


class Adam:
    """Adam, as every layout uses it: on whole weights, or on a rank's part of them.

    torch's own takes seconds to load, in every process.

    Examples
    --------
    >>> w = torch.zeros(2, requires_grad=True)
    >>> optimiser = Adam([w])
    >>> w.grad = torch.tensor([1.0, -2.0])
    >>> optimiser.step()
    >>> w.detach().numpy().round(4)
    array([-0.003,  0.003], dtype=float32)
    """

    def __init__(self, weights: Iterable[Tensor], eps: float = EPS):
        self.weights, self.eps, self.t = list(weights), eps, 0
        self.means = [(torch.zeros_like(w), torch.zeros_like(w)) for w in self.weights]

    @torch.no_grad()
    def step(self) -> None:
        """Move the weights by their gradients."""
        self.t += 1
        for w, (m, s) in zip(self.weights, self.means, strict=True):
            m.lerp_(w.grad, 0.1)
            s.lerp_(w.grad**2, 0.001)
            root = (s / (1 - 0.999**self.t)).sqrt() + self.eps
            w -= LR / (1 - 0.9**self.t) * m / root

    def zero_grad(self) -> None:
        """Let the gradients go."""
        for w in self.weights:
            w.grad = None

    @property
    def state(self) -> list[Tensor]:
        """Both means of all weights."""
        return [x for pair in self.means for x in pair]


def flops(rows: Tensor, n_weights: int | None = None) -> float:
    """Return the operations of one forward pass: two a weight and token."""
    n_weights = N_PARAMETERS if n_weights is None else n_weights
    return 2.0 * n_weights * rows.shape[0] * CONFIG.n_positions


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Return what tensors occupy together."""
    return sum(x.numel() * x.element_size() for x in tensors)


def alone(n_steps: int = N_STEPS, eps: float = EPS, here: Rank | None = None) -> Result:
    """Train in one process: what every layout is compared with."""
    here = here or Rank(0, 1)
    model, said = build(), Result()
    optimiser = Adam(model.parameters(), eps)
    for step in range(n_steps):
        here.events = []
        rows = batch(step)
        loss = loss_of(model, rows)
        loss.backward()
        here.work(3 * flops(rows))
        optimiser.step()
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        said.held = {"weights": bytes_of(model.parameters()), "gradients": bytes_of(gradients),
                     "optimiser": bytes_of(optimiser.state)}
        optimiser.zero_grad()
        said.losses.append(loss.item())
    said.weights = {name: p.detach() for name, p in model.named_parameters()}
    said.events = here.events
    return said


def differences(results: list[Result], reference: Result) -> tuple[float, float]:
    """Return how far a layout is from one process: the largest difference in a loss, in a weight.

    The loss of a step is the mean over the ranks that saw one. A weight is looked up in every
    rank that has it.
    """
    each = [[r.losses[i] for r in results if r.losses and r.losses[i] is not None]
            for i in range(len(reference.losses))]
    loss = max(abs(sum(seen) / len(seen) - float(true or 0))
               for seen, true in zip(each, reference.losses, strict=True))
    weight = max(float((w - reference.weights[name]).abs().max())
                 for r in results for name, w in r.weights.items())
    return loss, weight


N_PARAMETERS = gpt.n_parameters(build())
