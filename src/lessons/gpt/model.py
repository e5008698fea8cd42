"""A GPT: the decoder-only transformer of GPT-2.

Shapes in the comments: B sequences in a batch, T tokens in each, D numbers for a token, H heads,
V tokens in the vocabulary.

References
----------
Radford et al., Language Models are Unsupervised Multitask Learners, 2019 (GPT-2).
Vaswani et al., Attention Is All You Need, NeurIPS 2017, arXiv:1706.03762.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    """The sizes of a GPT; the defaults are those of GPT-2 with 124,439,808 parameters.

    Attributes
    ----------
    vocab_size : int
        Number of different tokens, V.
    n_positions : int
        The longest text that the model can look at, in tokens.
    n_layers, n_heads, d_model : int
        Number of blocks, attention heads in a block, numbers for a token (D).
    dropout : float
        Share of the numbers that training sets to 0 at random, from 0 to below 1.

    Raises
    ------
    ValueError
        If a size is not a whole number of 1 or more, or `n_heads` does not divide `d_model`.

    Examples
    --------
    >>> Config(d_model=1600, n_heads=25, n_layers=48).n_positions  # GPT-2 XL
    1024
    """

    vocab_size: int = 50257
    n_positions: int = 1024
    n_layers: int = 12
    n_heads: int = 12
    d_model: int = 768
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("vocab_size", "n_positions", "n_layers", "n_heads", "d_model"):
            size = getattr(self, name)
            if not isinstance(size, int) or size < 1:
                raise ValueError(f"{name} is a whole number from 1 on, got {size!r}")
        if self.d_model % self.n_heads:
            raise ValueError(f"n_heads={self.n_heads} must divide d_model={self.d_model} evenly")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is a share from 0 to below 1, got {self.dropout}")


class Cache:
    """The keys and values of the tokens that an attention layer has seen."""

    def __init__(self) -> None:
        self.keys = self.values = None

    @property
    def n_tokens(self) -> int:
        """Number of tokens seen."""
        return 0 if self.keys is None else self.keys.shape[2]

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add keys and values of new tokens, (B, H, T, D/H) each; return those of all tokens."""
        if self.keys is not None:
            k = torch.cat([self.keys, k], dim=2)
            v = torch.cat([self.values, v], dim=2)
        self.keys, self.values = k, v
        return k, v


class Attention(nn.Module):
    """Causal self-attention: each token gathers from itself and the tokens before it."""

    def __init__(self, config: Config):
        super().__init__()
        self.n_heads = config.n_heads
        self.qkv = nn.Linear(config.d_model, 3 * config.d_model)
        self.out = nn.Linear(config.d_model, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def heads(self, x: Tensor) -> list[Tensor]:
        """Return queries, keys and values, (B, H, T, D/H) each, of tokens (B, T, D)."""
        parts = self.qkv(x).chunk(3, dim=2)  # 3 times (B, T, D)
        # (B, T, D) -> (B, T, H, D/H) -> (B, H, T, D/H)
        return [part.unflatten(2, (self.n_heads, -1)).transpose(1, 2) for part in parts]

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return what the tokens (B, T, D) gather, (B, T, D)."""
        q, k, v = self.heads(x)
        if cache is not None:
            k, v = cache.extend(k, v)  # (B, H, S, D/H), S tokens with those before
        T, S = q.shape[2], k.shape[2]
        mask = causal_mask(T, S, x.device) if 1 < T < S else None  # one new token sees all
        dropout = self.dropout.p if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=T == S)
        y = y.transpose(1, 2).flatten(2)  # (B, H, T, D/H) -> (B, T, D)
        return self.dropout(self.out(y))


def causal_mask(T: int, S: int, device: torch.device | None = None) -> Tensor:
    """Return for the last T of S tokens which of the S each may look at, booleans (T, S).

    Examples
    --------
    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


class MLP(nn.Module):
    """Two linear layers, the same for every token; four times as wide in between."""

    def __init__(self, config: Config):
        super().__init__()
        self.up = nn.Linear(config.d_model, 4 * config.d_model)
        self.down = nn.Linear(4 * config.d_model, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        return self.dropout(self.down(F.gelu(self.up(x), approximate="tanh")))


class Block(nn.Module):
    """Attention, then MLP; each reads a normalised copy and adds to the stream of tokens."""

    def __init__(self, config: Config):
        super().__init__()
        self.norm1 = nn.LayerNorm(config.d_model)
        self.attention = Attention(config)
        self.norm2 = nn.LayerNorm(config.d_model)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        x = x + self.attention(self.norm1(x), cache)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A model that gives for each token of a text its guess of the next one.

    Parameters
    ----------
    config : Config
        Its sizes. The initial weights come from torch's generator: call ``torch.manual_seed``.

    Examples
    --------
    >>> with torch.device("meta"):  # shapes only: takes no memory
    ...     gpt2 = GPT(Config())
    >>> n_parameters(gpt2)
    124439808
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = nn.Embedding(config.n_positions, config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.d_model)
        initialise(self)

    def embed(self, tokens: Tensor, n_past: int = 0) -> Tensor:
        """Return the vectors (B, T, D) of tokens (B, T) that come after `n_past` others."""
        positions = positions_of(tokens, n_past, self.config)
        return self.dropout(self.token_embedding(tokens) + self.position_embedding(positions))

    def forward(self, tokens: Tensor, caches: list[Cache] | None = None) -> Tensor:
        """Return the logits of each next token.

        Parameters
        ----------
        tokens : torch.Tensor
            Token ids, int64, shape (B, T).
        caches : list of Cache, optional
            From `new_caches`: then `tokens` follow those of the calls before, and are added.

        Returns
        -------
        torch.Tensor
            Shape (B, T, V); those at a place depend on the tokens up to it, and on no later one.

        Raises
        ------
        ValueError
            If there are more tokens than positions, or a token that is not in the vocabulary.
        """
        x = self.embed(tokens, n_past=caches[0].n_tokens if caches else 0)  # (B, T, D)
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks), strict=True):
            x = block(x, cache)
        return F.linear(self.norm(x), self.token_embedding.weight)  # (B, T, V)

    def new_caches(self) -> list[Cache]:
        """Return an empty cache for each block."""
        return [Cache() for _ in self.blocks]


def initialise(model: GPT) -> None:
    """Draw the first weights, as GPT-2 did."""
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(p)
        elif name.endswith(("attention.out.weight", "mlp.down.weight")):
            # Two layers of each block add to the stream of tokens: all together keep its size.
            nn.init.normal_(p, std=0.02 / math.sqrt(2 * model.config.n_layers))
        elif p.dim() == 2:  # those of the norms stay 1
            nn.init.normal_(p, std=0.02)


def positions_of(tokens: Tensor, n_past: int, config: Config) -> Tensor:
    """Return the positions (T,) of tokens (B, T) that come after `n_past` others.

    Raises
    ------
    ValueError
        If the shape is not (B, T), the text too long, or a token not in the vocabulary.
    """
    if tokens.dim() != 2 or tokens.shape[1] == 0:
        raise ValueError(f"tokens have the shape (B, T), T from 1 on, got {tuple(tokens.shape)}")
    n_tokens = n_past + tokens.shape[1]
    if n_tokens > config.n_positions:
        raise ValueError(f"{n_tokens} tokens are too many for {config.n_positions} positions: "
                         "cut the text, or build a model with a larger n_positions")
    # A GPU would have to wait for this look at the numbers, so only the CPU takes it.
    if tokens.is_cpu and not 0 <= tokens.min() <= tokens.max() < config.vocab_size:
        raise ValueError(f"token ids go from 0 to {config.vocab_size - 1}, got {tokens.min()} to "
                         f"{tokens.max()}: do tokenizer and model belong together?")
    return torch.arange(n_past, n_tokens, device=tokens.device)


def n_parameters(model: nn.Module) -> int:
    """Count the numbers that training can change; what two layers share counts once."""
    return sum(p.numel() for p in model.parameters())


def loss(model: nn.Module, tokens: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy in nats per token.

    Parameters
    ----------
    model : GPT
        Gives logits (B, T, V).
    tokens, targets : torch.Tensor
        Token ids, int64, shape (B, T): `targets` are the tokens that come next.

    Examples
    --------
    >>> model = GPT(Config(vocab_size=1000, n_positions=4, n_layers=1, n_heads=2, d_model=16))
    >>> text = torch.tensor([[1, 2, 3, 4, 5]])
    >>> f"{loss(model, text[:, :-1], text[:, 1:]):.0f}"  # at first it guesses: ln 1000 = 6.9
    '7'
    """
    logits = model(tokens)  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())  # (B·T, V), (B·T,)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch dropout off, and afterwards on again if it was on."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


@torch.no_grad()
def attention_weights(model: GPT, tokens: Tensor) -> Tensor:
    """Return how much each token looks at each other one.

    Parameters
    ----------
    model : GPT
        Dropout is off meanwhile.
    tokens : torch.Tensor
        Token ids, int64, shape (B, T).

    Returns
    -------
    torch.Tensor
        Shape (n_layers, B, n_heads, T, T): the row of a token says how it weighs the others,
        with the sum 1, and is 0 for later tokens.

    Examples
    --------
    >>> model = GPT(Config(vocab_size=8, n_positions=4, n_layers=1, n_heads=2, d_model=16))
    >>> attention_weights(model, torch.tensor([[1, 2]]))[0, 0, 0, 0]
    tensor([1., 0.])
    """
    weights = []
    with evaluating(model):
        x = model.embed(tokens)  # (B, T, D)
        later = ~causal_mask(x.shape[1], x.shape[1], x.device)  # (T, T)
        for block in model.blocks:
            q, k, _ = block.attention.heads(block.norm1(x))  # (B, H, T, D/H) each
            scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, H, T, T)
            weights.append(scores.masked_fill(later, -math.inf).softmax(-1))
            x = block(x)
    return torch.stack(weights)
