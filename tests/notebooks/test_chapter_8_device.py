"""Chapter 8 runs where the device is not the processor: tried with a stand-in device.

Tensors on torch's device "meta" have a shape and no numbers, and an operation that mixes them
with tensors of the processor is refused, as on a GPU. So every cell that trains or evaluates can be
executed "on another device" on any computer; only what reads a number back is replaced.
"""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from tools.notebooks.cells import code_cells, parse

TEXT = Path(__file__).resolve().parents[2] / "text/08-first-network.md"
NOT_RUN = {"explorer", "guess", "quiz", "stub", "solution"}
USES = r"\b(parts|Digits|evaluate|train_epoch|new_run|go_on|by_step|loss_after|save|keep_best)\b"
ON_THE_PROCESSOR = ("def forgetful", "forgetful(", "def broken", "broken(", "he_start",
                    "learn_by_heart", "fifty_batches", "our_losses", "def parted", "parted(")


def cells():
    """Return the sources of the cells that train, evaluate, save or load, in order."""
    found = []
    for cell in code_cells(parse(TEXT.read_text(encoding="utf-8")).cells):
        source, tags = cell.source, set(cell.metadata.get("tags", []))
        if tags & NOT_RUN or "recorded_run" in source:
            continue
        imports = source.startswith("import ")
        if imports or (re.search(USES, source) and not any(w in source for w in ON_THE_PROCESSOR)):
            found.append(shorter(source))
    return found


def shorter(source):
    """Return the same cell with one epoch wherever there are more, and one size of batches."""
    source = re.sub(r"n_epochs=\d+", "n_epochs=1", source)
    source = re.sub(r"(go_on\(.*, )\d+(\W.*)", r"\g<1>1\2", source)
    return re.sub(r"\[8, [\d, ]+, 1048\]", "[256]", source)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def stand_in(monkeypatch_module):
    """Let the device give numbers and a generator; return the states that were set there."""
    monkeypatch = monkeypatch_module
    item, equal, states = torch.Tensor.item, torch.equal, []

    def ours(tensor):
        return tensor.device.type == "meta"

    monkeypatch.setattr(torch.Tensor, "item", lambda t: 0.5 if ours(t) else item(t))
    monkeypatch.setattr(torch, "equal", lambda a, b: True if ours(a) else equal(a, b))
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [torch.tensor([7])])
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", states.append)
    kind, n_threads = torch.get_default_dtype(), torch.get_num_threads()
    yield states
    torch.set_default_dtype(kind)
    torch.set_num_threads(n_threads)


def run_all(sources):
    """Execute cells in one name space, on the stand-in device."""
    space = {}
    for source in sources:
        exec(compile(source, "a cell", "exec"), space)
        if "device" in space:
            space["device"] = torch.device("meta")
    return space


@pytest.fixture(scope="module")
def executed(stand_in):
    """Return the name space after all cells."""
    return run_all(cells())


def test_the_stand_in_refuses_to_mix_devices():
    with pytest.raises(RuntimeError, match="device"):
        nn.Linear(2, 3)(torch.ones(1, 2, device="meta"))
    with pytest.raises(RuntimeError, match="device"):
        nn.Linear(2, 3, device="meta")(torch.ones(1, 2))


def test_every_cell_that_trains_runs_on_another_device(executed):
    space = executed
    for name in ("evaluate", "by_step", "loss_after", "load", "keep_best"):
        assert name in space, name
    models = [space["run"]["model"], *(model for _, model in space["kept_runs"])]
    assert {p.device.type for model in models for p in model.parameters()} == {"meta"}


def test_a_model_left_on_the_processor_is_found(stand_in):
    sources = cells()
    (place,) = [i for i, source in enumerate(sources) if "def by_step" in source]
    sources[place] = sources[place].replace("Digits().to(device)", "Digits()")
    with pytest.raises(RuntimeError, match="device"):
        run_all(sources[: place + 1])


def test_a_checkpoint_brings_the_devices_generator_back(executed, stand_in):
    n_forgotten = len(["", "optimiser", "order", "dropout"])
    assert len(stand_in) == n_forgotten - 1  # not where it is to be forgotten
    assert all(torch.equal(state, torch.tensor([7])) for states in stand_in for state in states)
