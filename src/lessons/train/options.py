"""Where the settings of a training run come from: command line, file, the run itself, default.

A setting is looked up on the command line (``--lr 0.001``), then in the TOML file that
``--config`` names (``lr = 0.001``), then, on resume, in what the run itself was started with
(``resume.toml`` in its folder), and has its default otherwise. A file can be as short as this::

    out = "runs/wide"
    d_model = 256
    n_heads = 8
    n_steps = 2000
"""

import argparse
import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn

from lessons.train import checkpoint
from lessons.train.config import KINDS, ConfigError, TrainConfig

_FIELDS: dict[str, Any] = {f.name: f for f in fields(TrainConfig)}
_ABOUT = "Train a small GPT on a text; under torchrun, on several processes."
_MORE = """settings with a * may change when a run is resumed
All of them can also stand in the file of --config, as name = value, with _ for each -."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message} (--help lists all settings)")


def _parser() -> _Parser:
    parser = _Parser(prog="python -m lessons.train", usage="%(prog)s [--NAME VALUE ...]",
                     description=_ABOUT, epilog=_MORE, allow_abbrev=False,
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings; what is on the "
                                                         "command line wins over it")
    for name, f in _FIELDS.items():
        parser.add_argument(_option(name), metavar=f.type.__name__.upper(), help=_help(f),
                            default=argparse.SUPPRESS)
    return parser


def _help(f: Field[Any]) -> str:
    """Return what --help says of a setting: its meaning, unit, range and default."""
    unit, (_, words) = f.metadata["unit"], f.metadata["rule"]
    default = str(f.default).lower() if f.type is bool else f.default or repr(f.default)
    parts = [words, f"default {default}{unit and ' ' + unit}"]
    star = "* " if f.metadata["may_change"] else ""
    return f"{star}{f.metadata['text']} ({'; '.join(p for p in parts if p)})".replace("%", "%%")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _unknown(name: str, where: str | Path) -> ConfigError:
    near = difflib.get_close_matches(name.replace("-", "_"), _FIELDS, n=1)
    hint = f": did you mean {near[0]}?" if near else "; --help lists all settings"
    return ConfigError(f"{where} has the unknown setting {name!r}{hint}")


def _from_text(name: str, text: str) -> Any:
    """Return what an argument of the command line stands for."""
    kind = _FIELDS[name].type
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise ConfigError(f"{_option(name)} is {KINDS[kind]}, got {text!r}") from None


def read_toml(path: str | Path, errors: str = "strict") -> dict[str, Any]:
    """Return the settings in a file; `errors` is that of `open`.

    Raises
    ------
    ConfigError
        If it cannot be read, is no TOML, or has a setting that does not exist.
    """
    try:
        settings = tomllib.loads(Path(path).read_text(encoding="utf-8", errors=errors))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigError(f"{path} is not a TOML file: {error}") from None
    for name in settings:
        if name not in _FIELDS:
            raise _unknown(name, path)
    return settings


def parse(argv: Sequence[str]) -> dict[str, Any]:
    """Return the settings that a command line and its ``--config`` file give, and no others.

    Examples
    --------
    >>> parse(["--n-steps", "2000", "--tensorboard", "false"])
    {'n_steps': 2000, 'tensorboard': False}

    Raises
    ------
    ConfigError
        For a name that does not exist, or a value that is none.
    """
    argv = [_option(a[2:].split("=")[0]) + a[len(a.split("=")[0]):] if a.startswith("--") else a
            for a in argv]  # --n_steps=10 means --n-steps=10
    known, rest = _parser().parse_known_args(argv)
    if rest:
        name = rest[0]
        raise (_unknown(name[2:].split("=")[0], "the command line") if name.startswith("--")
               else ConfigError(f"{name!r} stands alone: write --name value"))
    texts = vars(known)
    file = texts.pop("config")
    return (read_toml(file) if file else {}) | {k: _from_text(k, v) for k, v in texts.items()}


def complete(given: dict[str, Any]) -> TrainConfig:
    """Return all settings; on resume those that are not given are taken from the run's folder.

    Examples
    --------
    >>> complete({"lr": 0.01}).lr, complete({"n_steps": 20}).n_warmup
    (0.01, 2)

    Raises
    ------
    ConfigError
        If a setting cannot work, or there is no run to be resumed and nothing is said of a new
        one: then another model than the one that was meant would begin.
    """
    stored = inherited(given)
    settings = stored | given
    n_steps = settings.get("n_steps", TrainConfig.n_steps)
    if type(n_steps) is int and n_steps > 0:
        settings.setdefault("n_warmup", min(TrainConfig.n_warmup, n_steps // 10))
    config = TrainConfig(**settings)
    decides = any(not _FIELDS[name].metadata["may_change"] for name in given)
    begun = stored or decides or checkpoint.listed(config.out)
    if config.resume != "no" and not begun:
        raise ConfigError(f"{config.out} holds no run to go on with: start it as you did before, "
                          "without --resume")
    return config


def inherited(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the run to be resumed was started with, or nothing."""
    stored = Path(given.get("out", TrainConfig.out), "resume.toml")
    resumes = given.get("resume", "no") != "no" and stored.is_file()
    # The path of the text is written as it is, which may be no UTF-8.
    return read_toml(stored, errors="surrogateescape") if resumes else {}
