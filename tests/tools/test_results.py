"""What RESULTS.md says is what the records of the measurements say."""

import json

import pytest

from benchmarks import __main__ as command, results


def test_the_page_says_what_the_records_say():
    assert results.PAGE.read_text(encoding="utf-8") == results.text(), (
        "write it anew: python -m benchmarks results")


NAMES = [name for names in results.PARTS.values() for name in names]


@pytest.mark.parametrize("gone", NAMES)
def test_what_was_not_measured_is_said(tmp_path, monkeypatch, gone):
    for path in results.FOLDER.glob("*.json"):
        if path.stem != gone:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    assert f"- `{gone}`: not yet." in results.text()


def test_another_record_gives_another_page(tmp_path, monkeypatch):
    before = results.text()
    for path in results.FOLDER.glob("*.json"):
        found = json.loads(path.read_text(encoding="utf-8"))
        if path.stem == "engine_vs_torch":
            found["ratio"] = 987.6
        (tmp_path / path.name).write_text(json.dumps(found), encoding="utf-8")
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    assert results.text() != before and "| 987.6 |" in results.text()


def test_a_measurement_that_there_is_not_is_named():
    with pytest.raises(SystemExit, match="there is no measurement slider: choose among"):
        command.chosen(["slider"])
