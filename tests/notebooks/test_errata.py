"""The errata of the article: all are there, and each place and source that they name exists."""

import re
from functools import cache
from pathlib import Path

import pytest
from docutils.nodes import make_id

from lessons.data import table

ROOT = Path(__file__).resolve().parents[2]
IDS = [*(f"A{n}" for n in range(1, 18)), *(f"B{n}" for n in range(1, 77))]
KNOWN = {
    "kind": {"number", "name", "formula", "code", "citation", "reasoning", "out of date"},
    "found_by": {"run", "shapes", "depends", "nudge", "ends", "double", "again", "compare",
                 "count", "dates", "source"},
    "verdict": {"wrong", "missing", "not found", "incomplete", "vague", "right"},
    "sure": {"checked", "recalled", "unsure"},
}
ROWS = table("errata")


@cache
def anchors(page):
    """Return the anchors of a page's headings as the website has them, None without such a page."""
    path = ROOT / f"text/{page}.md"
    if not path.is_file():
        return None
    prose = re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))
    return {make_id(title) for title in re.findall(r"(?m)^#{1,3} (.+)$", prose)}


@cache
def keys():
    return set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "book/references.bib").read_text(
        encoding="utf-8"), re.MULTILINE))


def faults(rows):
    """Return what is wrong with the errata, in lines of text that name the row."""
    ids = [row["id"] for row in rows]
    found = [f"{name}: {ids.count(name)} rows" for name in IDS if ids.count(name) != 1]
    found += [f"{name}: no such entry" for name in ids if name not in IDS]
    for row in rows:
        name = row["id"]
        found += [f"{name}: no {column}" for column in ("says", "true", "section")
                  if not str(row[column] or "").strip()]
        found += [f"{name}: unknown {column} {row[column]!r}" for column, known in KNOWN.items()
                  if row[column] not in known]
        if not re.fullmatch(r"title|§\d+(\.\d+)*(, §\d+(\.\d+)*)*", str(row["section"])):
            found.append(f"{name}: section {row['section']!r} is not written as §4.3, §5.1")
        page, _, place = (row["shown"] or "").partition("#")
        if page and anchors(page) is None:
            found.append(f"{name}: no page text/{page}.md")
        elif page and place not in anchors(page):
            found.append(f"{name}: text/{page}.md has no heading #{place}")
        if row["source"] and row["source"] not in keys():
            found.append(f"{name}: references.bib has no {row['source']!r}")
        if not row["shown"] and not row["source"]:
            found.append(f"{name}: neither shown nor sourced")
    return found


def test_all_errata_are_there_and_what_they_name_exists():
    assert len(ROWS) == 93
    assert faults(ROWS) == []


@pytest.mark.parametrize(("change", "said"), [
    ({"true": None}, "B8: no true"),
    ({"says": " "}, "B8: no says"),
    ({"kind": "typo"}, "B8: unknown kind 'typo'"),
    ({"found_by": "luck"}, "B8: unknown found_by 'luck'"),
    ({"section": 4.3}, "B8: section 4.3 is not written as §4.3, §5.1"),
    ({"shown": "99-none#run-it"}, "B8: no page text/99-none.md"),
    ({"shown": "errata#nowhere"}, "B8: text/errata.md has no heading #nowhere"),
    ({"source": "nobody1900nothing"}, "B8: references.bib has no 'nobody1900nothing'"),
    ({"shown": None, "source": None}, "B8: neither shown nor sourced"),
])
def test_a_bad_row_is_named(change, said):
    rows = [row | change if row["id"] == "B8" else row for row in ROWS]
    assert faults(rows) == [said]


@pytest.mark.parametrize(("rows", "said"), [
    ([row for row in ROWS if row["id"] != "A3"], ["A3: 0 rows"]),
    ([*ROWS, ROWS[2]], ["A3: 2 rows"]),
    ([*ROWS, ROWS[0] | {"id": "B77"}], ["B77: no such entry"]),
])
def test_a_row_too_few_or_too_many_is_named(rows, said):
    assert faults(rows) == said


def test_the_page_cites_every_source_of_the_table():
    text = (ROOT / "text/errata.md").read_text(encoding="utf-8")
    cited = set(",".join(re.findall(r"\{cite:[pt]\}`([^`]+)`", text)).split(","))
    assert {row["source"] for row in ROWS if row["source"]} <= cited


def test_the_page_knows_each_way_of_finding_and_uses_it():
    text = (ROOT / "text/errata.md").read_text(encoding="utf-8")
    listed = re.search(r"^WAYS = \{.*?^\}", text, re.MULTILINE | re.DOTALL)[0]
    assert {way for way in KNOWN["found_by"] if f'"{way}": ' in listed} == KNOWN["found_by"]
    assert {row["found_by"] for row in ROWS} == KNOWN["found_by"]
