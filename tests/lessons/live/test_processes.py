"""Where no process can be started, `multiprocessing` can be imported all the same."""

import importlib.util
import multiprocessing.synchronize
import sys

import pytest

from lessons.live.processes import MISSING, stand_in


def test_what_starts_no_process_finds_its_import_and_a_lock_says_where_there_are_processes(
        monkeypatch):
    monkeypatch.delitem(sys.modules, MISSING)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    stand_in()
    stand_in()  # each session does it
    importlib.reload(multiprocessing.synchronize)
    with pytest.raises(OSError, match="one process: run this in Binder"):
        multiprocessing.synchronize._multiprocessing.SemLock(0, 1, 1, "", True)
    monkeypatch.undo()
    importlib.reload(multiprocessing.synchronize)


def test_where_there_are_processes_nothing_changes():
    before = sys.modules[MISSING]
    stand_in()
    assert sys.modules[MISSING] is before
