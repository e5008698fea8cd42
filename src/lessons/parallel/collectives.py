"""What processes say to each other, made of two words: send and receive.

Every message is counted. A collective is an operation in which all ranks take part: those here
pass parts round a ring, as the libraries do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import Tensor

_TYPES = (torch.float32, torch.float64, torch.int64, torch.bfloat16)
_MOST_DIMS = 6


@dataclass
class Rank:
    """One of the processes that work together, and its ends of the wires.

    Attributes
    ----------
    rank, size : int
        Which one this is, from 0 on, and how many there are.
    sent : int
        Bytes of numbers sent so far. Each message has a header of 64 bytes besides, with the
        shape; that is not counted.
    events : list of tuple
        What it did, in order: ``("work", operations)``, ``("send", to, bytes)``,
        ``("receive", source)``. `lessons.planning.timeline` gives them a time.
    """

    rank: int
    size: int
    sent: int = 0
    events: list[tuple] = field(default_factory=list)
    _under_way: list[tuple] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The rank before this one on the ring."""
        return (self.rank - 1) % self.size

    @property
    def right(self) -> int:
        """The rank after this one on the ring."""
        return (self.rank + 1) % self.size

    def work(self, flops: float) -> None:
        """Note that this rank computed."""
        self.events.append(("work", float(flops)))

    def send(self, x: Tensor, to: int) -> None:
        """Send numbers to a rank, and go on at once: `settle` waits until they have arrived.

        If two ranks first sent to each other and waited, each would wait for ever.
        """
        if x.dtype not in _TYPES or x.dim() > _MOST_DIMS:
            raise ValueError(f"cannot send {x.dtype} with {x.dim()} axes: send one of {_TYPES} "
                             f"with at most {_MOST_DIMS}")
        x = x.detach().contiguous()
        shape = [*x.shape, *[0] * (_MOST_DIMS - x.dim())]
        header = torch.tensor([_TYPES.index(x.dtype), x.dim(), *shape])
        n_bytes = x.numel() * x.element_size()
        self.sent += n_bytes
        self.events.append(("send", to, n_bytes))
        self._under_way.append((dist.isend(header, to), dist.isend(x, to), header, x))

    def settle(self) -> None:
        """Wait until all that was sent has arrived."""
        for *messages, _, _ in self._under_way:
            for message in messages:
                _patient(message.wait, self.rank, None)
        self._under_way.clear()

    def receive(self, source: int) -> Tensor:
        """Wait for the next numbers from a rank."""
        header = torch.zeros(2 + _MOST_DIMS, dtype=torch.int64)
        _patient(lambda: dist.recv(header, source), self.rank, source)
        kind, n_dims, *shape = header.tolist()
        x = torch.empty(shape[:n_dims], dtype=_TYPES[kind])
        _patient(lambda: dist.recv(x, source), self.rank, source)
        self.events.append(("receive", source))
        return x

    def pass_on(self, x: Tensor) -> Tensor:
        """Send numbers to the right and receive others from the left, both at a time."""
        self.send(x, self.right)
        y = self.receive(self.left)
        self.settle()
        return y


class RankLost(RuntimeError):
    """Another rank did not answer: it has ended, or it waits for something else."""


def _patient(task: Callable, rank: int, other: int | None) -> None:
    """Wait for a message; say who waited for whom if it does not come."""
    try:
        task()
    except RuntimeError as error:
        who = "another rank" if other is None else f"rank {other}"
        raise RankLost(f"rank {rank} waited in vain for {who}, which has ended, or waits for "
                       f"something else ({str(error).rpartition('] ')[2]})") from None


def ring_reduce(here: Rank, parts: list[Tensor]) -> int:
    """Sum over the ranks, part by part; return which part this rank has the whole sum of.

    After ``n - 1`` turns each of n ranks has added its own to one part that came all the way
    round.
    """
    for turn in range(here.size - 1):
        mine = (here.rank - turn) % here.size
        came = here.pass_on(parts[mine])
        theirs = (mine - 1) % here.size
        if came.shape != parts[theirs].shape:
            raise ValueError(
                f"rank {here.left} sent numbers of shape {tuple(came.shape)}, and rank "
                f"{here.rank} has {tuple(parts[theirs].shape)} in that place: all ranks must bring "
                "the same shape")
        parts[theirs] = parts[theirs] + came
    return here.right


def ring_gather(here: Rank, parts: list[Tensor], mine: int) -> None:
    """Hand the finished parts round, beginning with this rank's own."""
    for turn in range(here.size - 1):
        came = here.pass_on(parts[(mine - turn) % here.size])
        parts[(mine - turn - 1) % here.size] = came


def all_reduce(here: Rank, x: Tensor) -> Tensor:
    """Return the sum over all ranks, on each of them.

    All ranks together send ``2 (n - 1)`` times the numbers; each the same if n divides them.

    Parameters
    ----------
    x : torch.Tensor
        Of any shape, the same on all ranks.

    Raises
    ------
    ValueError
        If the ranks bring different shapes.

    Examples
    --------
    >>> all_reduce(Rank(0, 1), torch.tensor([1.0, 2.0]))  # alone: nothing to add, nothing sent
    tensor([1., 2.])
    """
    parts = list(x.detach().flatten().tensor_split(here.size))
    ring_gather(here, parts, ring_reduce(here, parts))
    return torch.cat(parts).view(x.shape)


def reduce_scatter(here: Rank, x: Tensor) -> Tensor:
    """Return this rank's part of the sum over all ranks, of size ``len(x) / n``.

    Raises
    ------
    ValueError
        If x has no length that n divides, or the ranks bring different shapes.

    Examples
    --------
    >>> reduce_scatter(Rank(0, 1), torch.ones(3))
    tensor([1., 1., 1.])
    """
    if x.dim() != 1 or len(x) % here.size:
        raise ValueError(f"{here.size} ranks cannot share a tensor of shape {tuple(x.shape)} "
                         "evenly: make it flat and fill it up, see `padded`")
    parts = list(x.detach().chunk(here.size))
    parts = parts[-1:] + parts[:-1]  # the part that ends its way here is then this rank's own
    return parts[ring_reduce(here, parts)]


def all_gather(here: Rank, x: Tensor) -> Tensor:
    """Return the parts of all ranks, one after the other.

    Examples
    --------
    >>> all_gather(Rank(0, 1), torch.ones(2))
    tensor([1., 1.])
    """
    parts = [x.detach()] * here.size
    ring_gather(here, parts, here.rank)
    if len({part.shape for part in parts}) > 1:
        raise ValueError(f"the ranks bring {[tuple(part.shape) for part in parts]}: all must "
                         "bring the same shape")
    return torch.cat(parts)


def padded(tensors: Sequence[Tensor], n: int) -> Tensor:
    """Return tensors as one flat tensor, with zeros at the end so that n divides its length.

    Examples
    --------
    >>> padded([torch.ones(2, 2), torch.ones(1)], 4)
    tensor([1., 1., 1., 1., 1., 0., 0., 0.])
    """
    flat = torch.cat([x.detach().flatten() for x in tensors])
    return torch.cat([flat, flat.new_zeros(-len(flat) % n)])


def unpacked(flat: Tensor, shapes: Sequence[torch.Size]) -> list[Tensor]:
    """Return the parts of a flat tensor in these shapes; what is left at the end is filling.

    Examples
    --------
    >>> [x.shape for x in unpacked(torch.zeros(8), [torch.Size([2, 2]), torch.Size([1])])]
    [torch.Size([2, 2]), torch.Size([1])]
    """
    sizes = [shape.numel() for shape in shapes]
    return [part.view(shape) for part, shape in
            zip(flat[:sum(sizes)].split(sizes), shapes, strict=True)]
