"""Let a trained GPT write: ``python -m lessons.train.sample run "The import statement"``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from lessons.gpt import model as gpt, sampling
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.train import checkpoint, terminal
from lessons.train.checkpoint import CheckpointError
from lessons.train.config import TrainConfig


def load_model(folder: str | Path, step: int | None = None) -> tuple[gpt.GPT, BytePairTokenizer]:
    """Return the model of a run and its tokenizer.

    Parameters
    ----------
    folder : str or Path
        The ``out`` of `lessons.train.run`.
    step : int, optional
        Whose checkpoint; the newest whole one if not given.

    Returns
    -------
    model : lessons.gpt.GPT
        On the CPU, with dropout off.
    tokenizer : BytePairTokenizer

    Raises
    ------
    CheckpointError
        If there is no such checkpoint, or it is damaged.
    """
    if step is None:
        _, state = checkpoint.newest(folder, say=lambda line: print(line, file=sys.stderr))
        if state is None:
            raise CheckpointError(f"there is no checkpoint in {folder}: train a model with "
                                  f"python -m lessons.train --out {folder}")
    else:
        state = checkpoint.load(checkpoint.path_of(folder, step))
    model = gpt.GPT(gpt.Config(**TrainConfig(**state["config"]).sizes())).eval()
    model.load_state_dict(state["model"])
    return model, BytePairTokenizer.from_dict(state["tokenizer"])


def continue_text(model: gpt.GPT, tokenizer: BytePairTokenizer, text: str, n_new: int = 200,
                  seed: int = 0, **choice: Any) -> str:
    """Return a text and `n_new` tokens that the model adds.

    Parameters
    ----------
    choice
        Passed on to `lessons.gpt.sampling.generate`, such as ``temperature`` and ``top_k``.

    Raises
    ------
    ValueError
        If the text is empty, or a choice out of range.
    """
    tokens = torch.tensor([tokenizer.encode(text)])
    if tokens.numel() == 0:
        raise ValueError("the model continues a text: give it at least one character")
    generator = torch.Generator().manual_seed(seed)
    tokens = sampling.generate(model, tokens, n_new, generator=generator, **choice)
    return tokenizer.decode(tokens[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Continue a text as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lessons.train.sample", description=__doc__)
    parser.add_argument("run", help="folder of the run")
    parser.add_argument("text", help="how the text begins")
    parser.add_argument("--n-new", type=int, default=200, help="tokens to add (default 200)")
    parser.add_argument("--step", type=int, help="step of the checkpoint (default: the newest)")
    parser.add_argument("--temperature", type=float, default=0.8,
                        help="0 for the likeliest token, 1 as the model has learned (default 0.8)")
    parser.add_argument("--top-k", type=int, help="choose among so many tokens (default: all)")
    parser.add_argument("--top-p", type=float,
                        help="choose among the likeliest, with this share together (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="decides the choices (default 0)")
    options = parser.parse_args(argv)
    terminal.take_any_text()
    try:
        text = typed(options.text)
        model, tokenizer = load_model(options.run, options.step)
        written = continue_text(model, tokenizer, text, options.n_new, options.seed,
                                temperature=options.temperature, top_k=options.top_k,
                                top_p=options.top_p)
        terminal.last_words(terminal.visible(written) if sys.stdout.isatty() else written)
    except (CheckpointError, ValueError) as error:
        print(f"lessons.train.sample: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        print("lessons.train.sample: interrupted", file=sys.stderr)
        return 130
    return 0


def typed(argument: str) -> str:
    """Return what was typed as an argument, also in a terminal whose encoding is not UTF-8.

    Python hands bytes that are no UTF-8 over as lone surrogates. They are taken for Latin-1.

    Examples
    --------
    >>> typed("caf\\udce9"), typed("词")
    ('café', '词')
    """
    text = "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in argument)
    return text.encode("utf-8", "replace").decode()  # a ? for any other surrogate


if __name__ == "__main__":
    sys.exit(main())
