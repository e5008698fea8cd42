"""What experiments share: parts that are kept, the commit, the command."""

import json

import pytest

from experiments import keep
from experiments.keep import command, commit_of, kept


def test_what_is_done_is_kept_until_the_code_changes(tmp_path):
    code, calls = tmp_path / "code.py", []
    code.write_text("one")

    def work(number):
        calls.append(number)
        return number + 1

    assert [kept(tmp_path / "done", [code], 0, work, n)[0] for n in (1, 2, 1)] == [2, 3, 2]
    assert calls == [1, 2]
    kept(tmp_path / "done", [code], 1, work, 1)
    code.write_text("two")
    kept(tmp_path / "done", [code], 1, work, 1)
    assert calls == [1, 2, 1, 1]


def test_the_commit_is_named():
    assert len(commit_of(__file__).partition(",")[0]) == 12


@pytest.fixture
def record(monkeypatch, tmp_path):
    monkeypatch.setattr(keep, "path_of", lambda study: tmp_path / "record.json")
    monkeypatch.setattr(keep, "commit_of", lambda *paths: "0123456789ab")
    return tmp_path / "record.json"


def test_the_command_writes_result_and_making(record):
    assert command([], "speech", lambda: ({"found": 3}, 7.4), list, "one", design="plain") == 0
    written = json.loads(record.read_text(encoding="utf-8"))
    made = written["made"]
    assert written["found"] == 3 and made["processor_s"] == 7 and made["design"] == "plain"
    assert made["command"] == "python -m experiments.speech" and made["commit"] == "0123456789ab"


def test_the_command_tells_what_differs_and_writes_nothing(record, capsys):
    def never():
        raise AssertionError("nothing is run anew")

    assert command(["--check"], "speech", never, lambda: ["a differs"], "one") == 1
    assert "a differs" in capsys.readouterr().out
    assert command(["--check"], "speech", never, list, "one answer") == 0
    assert "agrees with the record, to one answer or better" in capsys.readouterr().out
    assert not record.exists()
