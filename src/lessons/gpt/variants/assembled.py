"""A GPT put together from parts that can be exchanged one by one.

Shapes in the comments: B sequences, T tokens in each, D numbers for a token, H heads.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import MLP, Cache, Config, positions_of
from lessons.gpt.variants.attention import Attention


class Block(nn.Module):
    """Attention, then MLP; each reads a normalised copy and adds to the stream (pre-norm)."""

    def __init__(self, config: Config, parts: "Parts", attention: Callable[[Config], nn.Module]):
        super().__init__()
        self.norm1 = parts.norm(config.d_model)
        self.attention = attention(config)
        self.norm2 = parts.norm(config.d_model)
        self.mlp = parts.mlp(config)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        x = x + self.attention(self.norm1(x), cache)
        return x + self.mlp(self.norm2(x))


class PostNorm(Block):
    """A block as in 2017: it normalises the stream itself, after each addition."""

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        x = self.norm1(x + self.attention(x, cache))
        return self.norm2(x + self.mlp(x))


@dataclass(frozen=True)
class Parts:
    """What a GPT is put together from; the defaults are GPT-2's.

    Attributes
    ----------
    attention : callable, or tuple of callables
        Takes the `Config`. A tuple has one for each block.
    mlp, norm : callable
        Take the `Config`, and D.
    block : type
        How the two and their norms are joined.
    positions : bool
        Learn a vector for each position.
    """

    attention: Callable[[Config], nn.Module] | tuple[Callable[[Config], nn.Module], ...] = Attention
    mlp: Callable[[Config], nn.Module] = MLP
    norm: Callable[[int], nn.Module] = nn.LayerNorm
    block: type[Block] = Block
    positions: bool = True


GPT2 = Parts()


class GPT(nn.Module):
    """A GPT from parts. With the default parts it is `lessons.gpt.model.GPT`, weight by weight.

    Raises
    ------
    ValueError
        If there is a tuple of attentions, but not one for each block.

    Examples
    --------
    >>> config = Config(vocab_size=9, n_positions=4, n_layers=1, n_heads=2, d_model=8)
    >>> GPT(config, Parts(positions=False))(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 9])
    """

    def __init__(self, config: Config, parts: Parts = GPT2):
        super().__init__()
        self.config = config
        kinds = parts.attention
        kinds = kinds if isinstance(kinds, tuple) else (kinds,) * config.n_layers
        if len(kinds) != config.n_layers:
            raise ValueError(
                f"{len(kinds)} kinds of attention for {config.n_layers} blocks: give one for each"
            )
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        if parts.positions:
            self.position_embedding = nn.Embedding(config.n_positions, config.d_model)
        self.blocks = nn.ModuleList(parts.block(config, parts, kind) for kind in kinds)
        self.norm = parts.norm(config.d_model)
        initialise(self)

    def hidden(self, tokens: Tensor, caches: list[Cache] | None = None) -> Tensor:
        """Return the vectors (B, T, D) of tokens (B, T), before the last layer."""
        n_past = caches[0].n_tokens if caches else 0
        x = self.token_embedding(tokens)
        if hasattr(self, "position_embedding"):
            x = x + self.position_embedding(positions_of(tokens, n_past, self.config))
        for i, block in enumerate(self.blocks):
            x = block(x, caches[i] if caches else None)
        return self.norm(x)

    def forward(self, tokens: Tensor, caches: list[Cache] | None = None) -> Tensor:
        """Return the logits (B, T, V) of each next token; `caches` as `lessons.gpt.model.GPT`."""
        return F.linear(self.hidden(tokens, caches), self.token_embedding.weight)

    def new_caches(self) -> list[Cache]:
        """Return an empty cache for each block."""
        return [Cache() for _ in self.blocks]


@torch.no_grad()
def initialise(model: GPT, backwards: bool = False) -> None:
    """Draw all matrices as GPT-2 did, in the order of their names or in the opposite one.

    The order changes nothing in value: it is another draw from the same distribution.
    """
    n_layers = model.config.n_layers
    named = (
        sorted(model.named_parameters(), reverse=True)
        if backwards
        else list(model.named_parameters())
    )
    for name, p in named:
        if name.endswith("bias"):
            nn.init.zeros_(p)
        elif p.dim() == 2:  # those of the norms stay 1
            adds = name.endswith(("out.weight", "down.weight"))  # to the stream of tokens
            nn.init.normal_(p, std=0.02 / math.sqrt(2 * n_layers) if adds else 0.02)


class TwoAhead(GPT):
    """A GPT with a second head, which guesses the token after the next one."""

    def __init__(self, config: Config, parts: Parts = GPT2):
        super().__init__(config, parts)
        self.second = nn.Linear(config.d_model, config.d_model)
        nn.init.normal_(self.second.weight, std=0.02)


def loss_two_ahead(model: nn.Module, tokens: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of the next token plus 0.3 times that of the token after it.

    Parameters
    ----------
    tokens, targets : torch.Tensor
        Token ids (B, T): `targets` are the tokens that come next.

    Raises
    ------
    ValueError
        If the model has no second head.
    """
    if not isinstance(model, TwoAhead):
        raise ValueError("this loss needs a model with a second head: TwoAhead")
    h, E = model.hidden(tokens), model.token_embedding.weight
    one = F.cross_entropy(F.linear(h, E).flatten(0, 1), targets.flatten())
    ahead = F.linear(model.second(h[:, :-1]), E)  # from place t: token t + 2
    return one + 0.3 * F.cross_entropy(ahead.flatten(0, 1), targets[:, 1:].flatten())
