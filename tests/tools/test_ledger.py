"""The ledger is complete: no figure beside a citation and no column of a table without a row."""

import json
import shutil

import pytest
from pybtex.database import Entry

from lessons.ledger.rows import COLUMNS, SURE, exceptions, rows
from tools.ledger import __main__ as command, checks
from tools.ledger.checks import (
    faults,
    module_faults,
    module_numbers,
    page_faults,
    table_faults,
    unprinted,
)
from tools.ledger.sources import source_faults

LEDGER, OTHERS = rows(), exceptions()


def test_pages_tables_modules_and_sources_agree_with_the_ledger():
    assert list(faults(LEDGER, OTHERS)) == []


def test_the_file_is_as_the_tool_writes_it():
    assert command.write(LEDGER) == command.LEDGER.read_text(encoding="utf-8")
    assert list(LEDGER[0]) == list(COLUMNS)


def test_every_word_for_how_sure_is_used():
    assert {row["sure"] for row in LEDGER} == set(SURE)


def test_what_is_from_memory_or_disputed_in_a_table_is_marked_there():
    marked = {row["where"] for row in LEDGER if row["sure"] == "row by row"}
    assert marked == {"table accelerators", "table caches", "table changes", "table datasets",
                      "table links", "table models", "table tools"}


# ---------- each fault is named

TEXT = """---
title: x
---

# Page

The cost grew by 2.4 a year {cite:p}`a2024`, Llama 3 405B had 8 GPUs (in 2021).

An H100 has `x[3]` and $y = 4$ and {doc}`07-hardware` {cite:t}`b2024`. It is 3 of ours.

```{code-cell}
7 {cite:p}`a2024`
```
"""
ROW = {"where": "page", "value": "by 2.4 a year", "claim": "Growth.", "source": "a2024",
       "locator": "", "address": "arXiv:2405.21015", "checked": "2026-11-27", "sure": "read"}
OTHER = {"page": "page", "words": "had 8 GPUs", "reason": "made up"}
ENTRIES = {"a2024": Entry("misc", [("eprint", "2405.21015")]), "b2024": Entry("misc", [])}


def test_a_page_with_its_rows_has_no_fault():
    assert list(page_faults("page", TEXT, [ROW], [OTHER])) == []


@pytest.mark.parametrize("text, row, other, said", [
    (TEXT, {"where": "elsewhere"}, {}, "page: no row for '2.4' in: The cost grew by 2.4 a year"),
    (TEXT, {}, {"page": "elsewhere"}, "page: no row for '8' in: "),
    (TEXT.replace("2.4", "2.5"), {}, {}, "page: the text has no 'by 2.4 a year' any more"),
    (TEXT.replace("2.4 a year", "2.4 a year, and 9 more,"), {}, {}, "page: no row for '9'"),
    (TEXT, {"source": "b2024"}, {}, "page: 'by 2.4 a year' does not stand beside its source"),
    (TEXT.replace("{cite:p}`a2024`,", "{cite:p}`b2024`,"), {}, {}, "does not stand beside"),
    (TEXT, {}, {"words": "had 9 GPUs"}, "page: an exception for 'had 9 GPUs'"),
])
def test_what_drifts_between_a_page_and_the_ledger_is_named(text, row, other, said):
    assert said in "\n".join(page_faults("page", text, [ROW | row], [OTHER | other]))


@pytest.mark.parametrize("change, said", [
    ({}, ""),
    ({"source": ""}, "no source"), ({"claim": " "}, "no claim"), ({"value": ""}, "no value"),
    ({"source": "c2024", "address": ""}, "references.bib has no 'c2024'"),
    ({"source": "b2024", "address": ""}, "'' is no DOI, arXiv number, ISBN or https address"),
    ({"address": "arXiv:2405.21016"}, "in references.bib 'arXiv:2405.21015'"),
    ({"address": "arXiv:2413.1"}, "'arXiv:2413.1' is no DOI"),
    ({"sure": "quite"}, "how sure is 'quite'; choose from read, second hand"),
    ({"checked": "yesterday"}, "checked 'yesterday', not a day"),
])
def test_a_row_without_source_or_with_a_broken_one_is_named(change, said):
    found = "\n".join(source_faults([ROW | change], ENTRIES))
    assert said in found and (found == "") == (said == "")


def test_two_rows_for_one_value_are_named():
    assert "two rows" in "".join(source_faults([ROW, ROW], ENTRIES))


@pytest.mark.parametrize("table, old, new, said", [
    ("links", "one_way_gb_s", "one_way_gbit_s", "says where the column 'one_way_gb_s' is from"),
    ("links", '"Bekman, Machine Learning Engineering (2026), chapter on networks"', "",
     "line 2: a figure under 'one_way_gb_s' and no source"),
    ("links", ",verified", ",", "line 2: a figure under 'one_way_gb_s' and no mark"),
])
def test_a_figure_of_a_table_without_a_row_a_source_or_a_mark_is_named(
        tmp_path, table, old, new, said):
    file = tmp_path / f"{table}.csv"
    text = (checks.TABLES / file.name).read_text(encoding="utf-8")
    mine = [row for row in LEDGER if row["where"] == f"table {table}"]
    file.write_text(text, encoding="utf-8")
    assert list(table_faults(tmp_path, mine, [])) == []
    assert old in text or old == mine[0]["value"]
    if old == mine[0]["value"]:
        mine = []
    file.write_text(text.replace(old, new, 1) if mine else text, encoding="utf-8")
    assert said in "\n".join(table_faults(tmp_path, mine, []))


def test_a_new_table_and_a_row_for_nothing_are_named(tmp_path):
    shutil.copy(checks.TABLES / "links.csv", tmp_path / "new.csv")
    assert "table new: no row" in "".join(table_faults(tmp_path, [], []))
    gone = {**ROW, "where": "table old", "value": "x"}
    assert "table old: a row or an exception for 'x'" in "".join(
        table_faults(tmp_path, [gone], []))


def test_a_published_number_of_a_module_that_changes_is_named():
    numbers = module_numbers()
    assert list(module_faults(LEDGER, numbers)) == []
    other = {key.replace("1082990", "1082991"): module for key, module in numbers.items()}
    said = list(module_faults(LEDGER, other))
    assert len(said) == 2 and "no row for 'AFTER / BLOOM / chip_hours = 1082991'" in said[0]


def test_an_exception_that_says_a_cell_prints_it_is_looked_up(tmp_path):
    other = OTHER | {"reason": "printed by a cell"}
    for printed, faulty in (("8 GPUs", False), ("18, 8.5 and 80", True)):
        nb = {"cells": [{"outputs": [{"text": [printed]}]}]}
        (tmp_path / "page.ipynb").write_text(json.dumps(nb))
        assert bool(list(unprinted([other], tmp_path))) == faulty


def test_an_unknown_page_and_an_exception_without_reason_are_named(monkeypatch, tmp_path):
    (tmp_path / "page.md").write_text(TEXT)
    monkeypatch.setattr(checks, "TEXT", tmp_path)
    said = "\n".join(faults([ROW, ROW | {"where": "99-lost"}], [OTHER | {"reason": ""}]))
    assert "'99-lost': no such page in text/" in said
    assert "page: an exception for 'had 8 GPUs' without a reason" in said


def test_what_is_missing_is_drafted(monkeypatch, tmp_path):
    (tmp_path / "page.md").write_text(TEXT)
    monkeypatch.setattr(command, "TEXT", tmp_path)
    (row,) = command.drafts([], [])
    assert row["where"] == "page" and row["source"] == "a2024" and "2.4 a year" in row["value"]


