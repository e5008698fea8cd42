"""What experiments share: parts that are kept, the commit, the command."""

import json
import math

import pytest
import torch

from experiments import keep
from experiments.keep import command, commit_of, kept, kept_all


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


def test_many_rows_are_called_in_processes_and_kept(tmp_path):
    rows = [(9.0,), (4.0,), (9.0,)]
    done = kept_all(tmp_path, [], 0, math.sqrt, rows, jobs=2)
    assert {row: result for row, (result, _) in done.items()} == {(9.0,): 3.0, (4.0,): 2.0}
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert kept_all(tmp_path, [], 0, math.sqrt, rows, jobs=1) == done


def test_one_row_that_fails_loses_no_other(tmp_path):
    with pytest.raises(ValueError, match="domain"):
        kept_all(tmp_path, [], 0, math.sqrt, [(-1.0,), (4.0,)], jobs=2)
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_the_record_says_which_torch_made_its_parts(tmp_path, record):
    kept(tmp_path / "parts", [], 0, math.sqrt, 4.0)
    other = {"result": 3, "processor_s": 1, "torch": "2.0"}
    (tmp_path / "parts" / "other.json").write_text(json.dumps(other))
    assert command([], "x", lambda: ({}, 1), list, "one", parts=tmp_path / "parts") == 0
    assert json.loads(record.read_text(encoding="utf-8"))["made"]["torch"] == (
        f"2.0, {torch.__version__}")


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


def test_a_parallel_study_is_told_its_jobs(record, capsys):
    assert command(["--jobs", "3"], "x", lambda jobs: ({"jobs": jobs}, 1), list, "one",
                   parallel=True) == 0
    assert json.loads(record.read_text(encoding="utf-8"))["jobs"] == 3
    for wrong in (["--jobs", "0"], ["--chek"]):
        with pytest.raises(SystemExit):
            command(wrong, "x", lambda jobs: ({}, 1), list, "one", parallel=True)
    with pytest.raises(SystemExit):
        command(["--jobs", "3"], "x", lambda: ({}, 1), list, "one")
    assert "--jobs is 1 or more, got 0" in capsys.readouterr().err
