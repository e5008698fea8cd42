"""The card of the reader's machine: measured once, kept, read back, and never in the way."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.machines import card as machine_card, hardware


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Keep the card of this test in a folder of its own, and make measuring short."""
    path = tmp_path / "data" / "machine.json"
    monkeypatch.setenv("LESSONS_MACHINE", str(path))
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    monkeypatch.setattr(machine_card, "DEVICES", {None: (64, "float32")})
    monkeypatch.setattr(machine_card, "accelerator", lambda: None)
    machine_card.my_machine.cache_clear()
    yield path
    machine_card.my_machine.cache_clear()


def test_the_machine_is_measured_once_and_then_read(card, monkeypatch):
    first = machine_card.my_machine()
    assert first.name == machine_card.processor_name() and first.source.startswith("measured 20")
    assert json.loads(card.read_text()) == dataclasses.asdict(first)

    def refuse(*arguments):
        raise AssertionError("measured a second time")

    monkeypatch.setattr(machine_card, "measured_machine", refuse)
    machine_card.my_machine.cache_clear()
    assert machine_card.my_machine() == first


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", '{"name": "x"}', '{"name": 1, "flops_per_s": "a", "bytes_per_s": 2}',
    '{"name": "another machine", "flops_per_s": 1e9, "bytes_per_s": 1e9}',
    '{"name": "NAME", "flops_per_s": -1, "bytes_per_s": 1e9}',
    '{"name": "NAME", "flops_per_s": 1e9, "bytes_per_s": 1e9, "bytes_per_number": 3}',
    '{"name": "NAME", "flops_per_s": 1e9, "bytes_per_s": 1e9, "unknown": 3}',
])
def test_a_damaged_or_foreign_card_is_measured_again(card, text):
    card.parent.mkdir()
    card.write_text(text.replace("NAME", machine_card.processor_name()))
    assert machine_card.my_machine().flops_per_s != 1e9
    assert json.loads(card.read_text())["name"] == machine_card.processor_name()


def test_a_folder_that_cannot_be_written_stops_nothing(card):
    card.parent.write_text("a file where the folder should be")
    machine = machine_card.my_machine()
    assert "not kept (" in machine.source and machine.flops_per_s > 0
    assert card.parent.read_text() == "a file where the folder should be"


def test_the_book_is_built_with_the_recorded_machine(card, monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    assert machine_card.my_machine() == hardware.recorded_machine()
    assert not card.exists()


def test_the_card_has_a_place_of_its_own_and_the_command_shows_it(card, monkeypatch, capsys):
    machine_card.main(["--measure"])
    name, line, source, _ = capsys.readouterr().out.splitlines()
    assert name == machine_card.processor_name() and str(card) in source
    assert line == machine_card.rates(machine_card.my_machine())
    before = card.read_text()
    machine_card.main([])
    assert capsys.readouterr().out.splitlines()[1] == line and card.read_text() == before
    monkeypatch.delenv("LESSONS_MACHINE")
    usual = machine_card.card_path()
    assert usual.is_absolute() and usual.parts[-2:] == ("training-large-models", "machine.json")


def test_the_command_runs(card):
    done = subprocess.run([sys.executable, "-m", "lessons.machines.card"], capture_output=True,
                          text=True, check=True, cwd=Path(__file__).parent)
    assert "GFLOP/s in " in done.stdout and str(card) in done.stdout


def test_an_unknown_option_is_refused(card, capsys):
    with pytest.raises(SystemExit):
        machine_card.main(["--measured"])
    assert not card.exists()


@pytest.mark.parametrize("flops, n_bytes, size, line", [
    (1.307e15, 5.3e12, 2, "1,307,000 GFLOP/s in 16 bit, 5,300 GB/s"),
    (147.4e9, 9.066e9, 4, "147 GFLOP/s in 32 bit, 9.07 GB/s"),
    (0.5e9, 0.0123e9, 8, "0.5 GFLOP/s in 64 bit, 0.0123 GB/s"),
    (999.96e9, 100e9, 4, "1,000 GFLOP/s in 32 bit, 100 GB/s"),
])
def test_rates_are_written_in_plain_numbers(flops, n_bytes, size, line):
    assert machine_card.rates(hardware.Machine("m", flops, n_bytes, size)) == line


def test_torch_is_asked_for_a_device_only_if_it_is_there(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert hardware.accelerator() == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert hardware.accelerator() == "mps"
    monkeypatch.setattr(hardware.importlib.util, "find_spec", lambda name: None)
    assert hardware.accelerator() is None
