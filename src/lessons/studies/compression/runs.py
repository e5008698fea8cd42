"""The runs of the study: each returns what JSON can hold; rates are chosen by ``part="tune"``."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lessons.compress import adapters, distil, prune, speculate
from lessons.compress.quantise import linears, quantise, quantised_copy
from lessons.gpt.checks import count_flops
from lessons.gpt.text import N_BYTES, windows
from lessons.studies import trial
from lessons.studies.compression import small
from lessons.studies.compression.plan import N_ADAPT, N_AFTER, N_STUDENT, N_TICKET
from lessons.studies.compression.small import base, bits

TICKET_SPARSITY = 0.9
STUDENT = (24, 1)  # width and blocks


class Rounded(nn.Module):
    """A linear layer with both inputs of its product rounded to 8 bits, each token by itself."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., n_out) for (..., n_in)."""
        rounded = quantise(x.flatten(0, -2)).dequantise().view(x.shape)
        return self.layer(rounded)


def rounded(seed: int, n_bits: int, per: Any, scheme: str = "narrow") -> dict[str, float]:
    """Round the weights of a trained model; say what it guesses, and its bytes."""
    model, n_bytes = quantised_copy(base(seed), n_bits, per, scheme)
    return {"bits": bits(model), "bytes": n_bytes}


def outlier(seed: int, factor: float, n_bits: int, per: Any, activations: bool) -> float:
    """Round a model in which one channel was moved between weights and activations."""
    model, _ = quantised_copy(small.moved(base(seed), factor), n_bits, per)
    if activations:
        for block in model.blocks:
            block.attention.qkv = Rounded(block.attention.qkv)
            block.mlp.up = Rounded(block.mlp.up)
    return bits(model)


def cut(seed: int, sparsity: float, pattern: str) -> float:
    """Set weights of a trained model to zero; say what it guesses."""
    model = base(seed)
    generator = torch.Generator().manual_seed(seed)
    return bits(prune.apply(model, prune.masks(model, sparsity, pattern, generator)))


def held(found: prune.Masks | None) -> Callable[[nn.Module, float], trial.Optimiser]:
    """Return what makes an optimiser that keeps masked weights at zero."""
    def make(model: nn.Module, lr: float) -> trial.Optimiser:
        optimiser = trial.adamw(model, lr)
        return optimiser if found is None else prune.Held(optimiser, model, found)  # type: ignore
    return make


def recovered(sparsity: float, pattern: str, lr: float, seed: int, part: str = "test") -> float:
    """Set weights to zero and train the others on; without zeros the control."""
    model = base(seed)
    generator = torch.Generator().manual_seed(seed)
    found = prune.masks(model, sparsity, pattern, generator) if sparsity else None
    recipe = small.recipe(build=lambda: copy.deepcopy(model), optimiser=held(found), lr=lr)
    return bits(trial.train(recipe, small.text(), 100 + seed, n_steps=N_AFTER).model, part)


def begun(seed: int) -> nn.Module:
    """Return the model as it is before training with this seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return small.build()


def ticket(arm: str, lr: float, seed: int, part: str = "test") -> float:
    """Train what is left when the smallest weights of a trained model are gone, from the start.

    Parameters
    ----------
    arm : str
        ``"ticket"``: the mask of the trained model, and its first weights. ``"other start"``: the
        mask, other first weights. ``"other places"``: the first weights, the mask shuffled in each
        layer.
    """
    generator = torch.Generator().manual_seed(1000 + seed)
    found = prune.masks(base(seed, N_TICKET), TICKET_SPARSITY, "global")
    if arm == "other places":
        found = prune.shuffled(found, generator)

    def build() -> nn.Module:
        return begun(1000 + seed) if arm == "other start" else small.build()

    recipe = small.recipe(build=build, optimiser=held(found), lr=lr)
    return bits(trial.train(recipe, small.text(), seed, n_steps=N_TICKET).model, part)


def adapted(how: str, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Teach a trained model another text.

    Parameters
    ----------
    how : str
        ``"all"`` weights, ``"norms and biases"`` only, or the rank of adapters, such as ``"4"``.
    """
    model = base(seed)

    def build() -> nn.Module:
        new = copy.deepcopy(model)
        if how.isdigit():
            adapters.add_adapters(new, int(how), generator=torch.Generator().manual_seed(seed))
        elif how != "all":
            for p in new.parameters():
                p.requires_grad_(p.dim() == 1)
        return new

    recipe = small.recipe(build=build, lr=lr)
    new = trial.train(recipe, small.text("docstrings"), seed, n_steps=N_ADAPT).model
    found = {"bits": bits(new, part, "docstrings"), "old": bits(new, part),
             "numbers": adapters.n_trainable(new)}
    if how == "all" and part == "test":
        found["cut"] = shortened(model, new)
    return found


@torch.no_grad()
def shortened(before: nn.Module, after: nn.Module) -> dict[str, list[float]]:
    """Cut what training changed, or the weights themselves, to a rank; bits per byte of each."""
    out: dict[str, list[float]] = {"change": [], "weights": []}
    old = linears(before)
    for rank in (1, 2, 4, 8, 16, 32, 48):
        for name, kept in out.items():
            model = copy.deepcopy(after)
            for layer, w in zip(linears(model).values(), (m.weight for m in old.values()),
                                strict=True):
                start = w if name == "change" else torch.zeros_like(w)
                layer.weight.copy_(start + adapters.truncated(layer.weight - start, rank))
            kept.append(bits(model, "test", "docstrings"))
    return out


def student(arm: str, lr: float, seed: int, part: str = "test") -> dict[str, Any]:
    """Train a small model, alone or with the guesses of the trained one beside the text."""
    model, n_steps = student_model(arm, lr, seed)
    return {"bits": bits(model, part), "steps": n_steps}


def student_model(arm: str, lr: float, seed: int) -> tuple[nn.Module, int]:
    """Return the student and its steps.

    Parameters
    ----------
    arm : str
        ``"alone"``; ``"alone, longer"``: as many operations as with a teacher; ``"taught"``; and
        the placebo ``"taught by a beginner"``: a teacher that has read nothing.
    """
    teacher = begun(2000 + seed) if arm == "taught by a beginner" else base(seed)
    weight = 0.5 if arm.startswith("taught") else 0.0

    def objective(m: nn.Module, tokens: Tensor, targets: Tensor) -> Tensor:
        logits = m(tokens)
        if not weight:
            return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        with torch.no_grad():
            theirs = teacher(tokens)
        return distil.distillation_loss(logits, theirs, targets, weight)

    recipe = small.recipe(build=lambda: small.build(*STUDENT), objective=objective, lr=lr)
    n_steps = N_STUDENT
    if arm == "alone, longer":
        tokens = torch.zeros(recipe.batch_size, recipe.n_positions, dtype=torch.int64)
        extra = count_flops(lambda: teacher(tokens))
        n_steps = round(n_steps * (1 + extra / trial.flops_per_step(recipe)))
    return trial.train(recipe, small.text(), seed, n_steps=n_steps).model, n_steps


def guesser(model: nn.Module) -> speculate.Guesser:
    """Return a model as what gives the probabilities of each next byte."""
    @torch.no_grad()
    def guess(tokens: Tensor) -> Tensor:
        return model(tokens[None])[0].double().softmax(-1)
    return guess


def pairs() -> speculate.Guesser:
    """Return a table of which byte follows which, with a little of every byte."""
    train = small.text().train
    counts = torch.bincount(train[:-1] * N_BYTES + train[1:], minlength=N_BYTES**2)
    table = counts.view(N_BYTES, N_BYTES).double() + 0.01
    table = table / table.sum(1, keepdim=True)
    return lambda tokens: table[tokens]


def drafts(seed: int, rates: dict[str, float]) -> dict[str, speculate.Guesser]:
    """Return small models that guess for the trained one, by name."""
    short, _ = quantised_copy(base(seed), 3, 16)
    return {"pairs of bytes": pairs(),
            "student alone": guesser(student_model("alone", rates["alone"], seed)[0]),
            "student taught": guesser(student_model("taught", rates["taught"], seed)[0]),
            "itself in 3 bits": guesser(short)}


def speculated(seed: int, rates: list[list[Any]], n_texts: int = 6) -> dict[str, Any]:
    """Write texts with guesses; count the passes, and say how often guesses are kept."""
    target, found = guesser(base(seed)), {}
    held_out = small.held_text()
    for name, draft in drafts(seed, dict(rates)).items():
        generator = torch.Generator().manual_seed(seed)
        starts = torch.randint(len(held_out) - 16, (n_texts,), generator=generator).tolist()
        row: dict[str, Any] = {"tokens per pass": {}}
        for n_guesses in (1, 2, 4):
            done = [speculate.write(target, draft, held_out[i : i + 16], 40, n_guesses, generator)
                    for i in starts]
            passes = [p for one in done for p in one.passes[:-1]]  # the last may be cut short
            row["tokens per pass"][n_guesses] = round(sum(n for _, n in passes) / len(passes), 3)
            if n_guesses == 1:
                row["kept"] = round(sum(
                    speculate.acceptance(target(one.tokens), draft(one.tokens))[15:-1].mean().item()
                    for one in done) / n_texts, 4)
            if n_guesses == 4:
                row["example"] = [done[0].tokens.tolist(), done[0].passes]
        found[name] = row
    return found


def costs() -> dict[str, float]:
    """Return operations of a pass over one token's worth of text: drafts, as parts of the target's.

    A pass over 32 tokens, so that attention counts as in the middle of a text.
    """
    tokens = next(windows(small.text().train, 1, 32, torch.Generator().manual_seed(0)))[0]
    target = count_flops(lambda: small.build()(tokens))
    one = count_flops(lambda: small.build(*STUDENT)(tokens))
    return {"pairs of bytes": 0.0, "student alone": one / target, "student taught": one / target,
            "itself in 3 bits": 1.0}
