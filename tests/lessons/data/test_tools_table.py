"""The table of tools: each row has a version, a date and a source, and the pins agree."""

import datetime
import re
from pathlib import Path

import pytest

from lessons.data import table

ROOT = Path(__file__).resolve().parents[3]
TOOLS = {row["name"]: row for row in table("tools")}
KINDS = ["editor", "framework", "log", "profiler"]
ARTICLE = {"PyCharm", "Jupyter Notebook", "VS Code", "TensorBoard", "PyTorch Profiler",
           "Nsight Systems", "Nsight Compute", "TensorFlow", "PyTorch", "Keras"}


@pytest.mark.parametrize("row", TOOLS.values(), ids=TOOLS)
def test_a_tool_says_what_it_is_for_and_where_that_is_from(row):
    assert all(row[key] for key in row.keys() - {"article"})
    assert row["kind"] in KINDS and re.fullmatch(r"\d+(\.\d+)+", row["version"])
    assert datetime.date.fromisoformat(row["checked"]).year == 2026
    assert row["mark"].startswith("checked") and row["book"].split(":")[0].split(",")[0] in (
        "yes", "no")


def test_names_are_their_own_and_all_tools_of_the_article_are_there():
    assert len(TOOLS) == len(table("tools")) == 16
    assert {name for name, row in TOOLS.items() if row["article"]} == ARTICLE
    assert [row["kind"] for row in TOOLS.values()] == sorted(
        (row["kind"] for row in TOOLS.values()), key=KINDS.index)


@pytest.mark.parametrize("name", ["PyTorch", "TensorBoard"])
def test_the_version_that_the_book_uses_is_the_pinned_one(name):
    package = name.lower().removeprefix("py")
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert TOOLS[name]["book"] == f"yes, {re.search(rf'^{package}==(.+?)( |$)', pins, re.M)[1]}"
