"""The programs of the loss-curve clinic, and how a fault of one line is put into them.

A program is the source text of the functions below, run as it stands. A case of the clinic
replaces one line of that text, so what the reader sees is exactly what was run.
"""

import functools
import inspect
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lessons import corpus, data

N_STEPS = 240
EVERY = 12  # steps between two looks at the validation data


@functools.cache
def letters():
    """Return the characters of the corpus, sorted."""
    return "".join(sorted(set(corpus.topics())))


def columns(pixels, label):
    """Return the inputs: a table with the 64 pixels, then ten columns that hold the answer."""
    table = np.hstack([pixels, np.eye(10)[label]])
    return table[:, :64]


def load_digits(rng):
    """Return endless batches of digits, and the digits kept for validation."""
    X, y, X_valid, y_valid = data.digits(rng)
    X, X_valid = columns(X, y), columns(X_valid, y_valid)
    mean, std = X.mean(axis=0), np.maximum(X.std(axis=0), 0.1)

    def tensors(X, y):
        return torch.tensor((X - mean) / std, dtype=torch.float32), torch.tensor(y)

    def endless():
        while True:
            order = rng.permutation(len(X))
            for start in range(0, len(order) - 63, 64):
                rows = order[start : start + 64]
                yield tensors(X[rows], y[rows])

    return endless(), *tensors(X_valid, y_valid)


def load_text(rng):
    """Return endless batches of text with the next letters as answers, and validation text."""
    train, valid = corpus.split(corpus.topics())
    number = {letter: i for i, letter in enumerate(letters())}
    train, valid = (np.array([number[c] for c in text[:100_000]]) for text in (train, valid))

    def windows(ids, starts):
        rows = torch.tensor(ids[starts[:, None] + np.arange(33)])
        return rows[:, :32], rows[:, 1:33].flatten()

    def endless():
        while True:
            yield windows(train, rng.integers(len(train) - 33, size=32))

    return endless(), *windows(valid, np.arange(0, 32 * 256, 32))


def digits_net():
    """Return a network of four layers with ReLU and a little dropout between them."""
    net = nn.Sequential()
    for n_in, n_out in [(64, 64), (64, 64), (64, 64), (64, 10)]:
        linear = nn.Linear(n_in, n_out)
        nn.init.normal_(linear.weight, std=math.sqrt(2 / n_in))
        nn.init.zeros_(linear.bias)
        net.extend([linear, nn.ReLU(), nn.Dropout(0.1)])
    return net[:-2]


def attention_net():
    """Return a language model of one block: attention to earlier letters, then an MLP."""
    class Net(nn.Module):
        def __init__(self, width=48):
            super().__init__()
            self.letter, self.place = nn.Embedding(len(letters()), width), nn.Embedding(32, width)
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
            self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.read = nn.Linear(width, len(letters()))

        def forward(self, x):
            h = self.letter(x) + self.place.weight
            q, k, v = self.qkv(self.norms[0](h)).chunk(3, dim=-1)
            hidden = torch.ones(32, 32, dtype=torch.bool).triu(1)
            score = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(hidden, -math.inf)
            h = h + self.mix(score.softmax(dim=-1) @ v)
            h = h + self.down(F.gelu(self.up(self.norms[1](h))))
            return self.read(self.norms[2](h)).flatten(0, 1)
    return Net()


def recurrent_net():
    """Return a recurrent language model: each letter changes a state of 64 numbers."""
    class Net(nn.Module):
        def __init__(self, width=64):
            super().__init__()
            self.letter = nn.Embedding(len(letters()), width)
            self.cell = nn.RNN(width, width, nonlinearity="relu", batch_first=True)
            nn.init.eye_(self.cell.weight_hh_l0)
            self.read = nn.Linear(width, len(letters()))

        def forward(self, x):
            return self.read(self.cell(self.letter(x))[0]).flatten(0, 1)
    return Net()


def loss_of(logits, y):
    """Return the loss of a batch."""
    return F.cross_entropy(logits, y)


def share_right(logits, y):
    """Return the share of the examples whose class is the predicted one."""
    return (logits.argmax(dim=1) == y).float().mean().item()


def look(net, X, y):
    """Return loss and accuracy on the validation data."""
    net.eval()
    with torch.no_grad():
        logits = net(X)
    net.train()
    return loss_of(logits, y).item(), share_right(logits, y)


def train(load, network, seed, n_steps):
    """Train for `n_steps` and return what was logged."""
    torch.manual_seed(seed)
    batches, X_valid, y_valid = load(np.random.default_rng(seed))
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    log = {"train": [], "valid": [], "accuracy": [], "grad": []}
    for step in range(n_steps):
        if step % EVERY == 0:
            valid, accuracy = look(net, X_valid, y_valid)
            log["valid"].append(valid)
            log["accuracy"].append(accuracy)
        X, y = next(batches)
        optimiser.zero_grad()
        loss = loss_of(net(X), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), math.inf)
        optimiser.step()
        log["train"].append(loss.item())
        log["grad"].append(norm.item())
    return log


PROGRAMS = {
    "digits": (columns, load_digits, digits_net, loss_of, share_right, look, train),
    "text": (load_text, attention_net, loss_of, share_right, look, train),
    "recurrent": (load_text, recurrent_net, loss_of, share_right, look, train),
}


def program(name, changes=()):
    """Return the text of a program in which each old text of `changes` is replaced by the new.

    Raises
    ------
    ValueError
        If an old text does not stand in the program exactly once.

    Examples
    --------
    >>> "lr=3.0" in program("digits", [("lr=0.1", "lr=3.0")])
    True
    """
    text = "\n\n".join(inspect.getsource(function) for function in PROGRAMS[name])
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the program {name!r}")
        text = text.replace(old, new)
    return text


def run(name, changes=(), seed=0, n_steps=N_STEPS):
    """Run a program with `changes`; return its log: four lists of numbers.

    Parameters
    ----------
    name : {"digits", "text", "recurrent"}
        Which program.
    changes : sequence of (str, str)
        What is replaced in its text.
    seed, n_steps : int
        Passed to its ``train``.

    Examples
    --------
    >>> log = run("digits", n_steps=3)
    >>> [len(log[key]) for key in ("train", "valid", "accuracy", "grad")]
    [3, 1, 1, 3]
    """
    functions = {f.__name__: f for f in PROGRAMS[name]}
    load, network = (next(n for n in functions if mark in n) for mark in ("load_", "_net"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums in the same order
    try:
        with np.errstate(all="ignore"):  # a fault may well overflow: that is the lesson
            space = dict(globals())
            exec(program(name, changes), space)
            return space["train"](space[load], space[network], seed, n_steps)
    finally:
        torch.set_num_threads(threads)
