"""The sources: each is cited somewhere, each citation has one, and the lists of reading agree."""

import re
from collections import Counter
from pathlib import Path

import pytest
from pybtex.database import parse_file
from pybtex.richtext import Text

from lessons.data import table
from tools.readers.plain import authors, cited_in

ROOT = Path(__file__).resolve().parents[2]
TOPICS = ("foundations", "optimisation", "architectures", "scaling", "data", "alignment", "systems",
          "compression", "looking inside", "safety and cost", "experiments")
VALUES = {"topic": TOPICS, "kind": ("book", "course", "guide", "paper"),
          "level": ("first", "then", "deep"), "language": ("English", "Chinese"),
          "free": ("yes", "no")}
VERDICTS = ("right", "wrong details", "not found", "not checkable")


@pytest.fixture(scope="module")
def entries():
    return dict(parse_file(ROOT / "book/references.bib").entries)


def citations(root=ROOT):
    """Return the keys that texts and tables cite, each with where it stands first."""
    texts = [*sorted((root / "text").glob("*.md")), *sorted((root / "book").glob("*.md"))]
    found = {}
    for path in texts:
        for key in cited_in([path.read_text(encoding="utf-8")]):
            found.setdefault(key, f"{path.parent.name}/{path.name}")
    for row in table("reading"):
        found.setdefault(row["key"], "reading.csv")
    for row in table("citations"):
        for key in (row["keys"] or "").split():
            found.setdefault(key, "citations.csv")
    return found


def apart(cited, entries):
    """Yield a line for each citation without an entry and each entry without a citation."""
    for key, where in sorted(cited.items()):
        if key not in entries:
            yield f"{where} cites {key}, which references.bib does not have"
    for key in entries:
        if key not in cited:
            yield f"references.bib has {key}, which is cited nowhere: cite it or take it out"


def addresses(entry):
    """Return where a source can be read, the free address first."""
    fields = entry.fields
    found = [f"https://arxiv.org/abs/{fields['eprint']}"] if "eprint" in fields else []
    found += [fields["url"]] if "url" in fields else []
    return [*found, f"https://doi.org/{fields['doi']}"] if "doi" in fields else found


def wrong(row, entries, pages):
    """Yield a line for each thing that is wrong with a row of the list of reading."""
    entry = entries.get(row["key"])
    if entry is None:
        yield f"{row['key']}: no such entry in references.bib"
        return
    for column, known in VALUES.items():
        if row[column] not in known:
            yield f"{row['key']}: {column} {row[column]!r}, must be one of {', '.join(known)}"
    if row["chapter"] not in pages:
        yield f"{row['key']}: no chapter {row['chapter']!r}"
    if len((row["why"] or "").split()) < 8:
        yield f"{row['key']}: say in 8 words or more what a reader gets from it"
    year = f"{row['year']:.0f}" if row["year"] else ""
    said = {"authors": row["authors"], "title": row["title"], "year": year}
    true = {"authors": authors(entry), "title": str(Text.from_latex(entry.fields["title"])),
            "year": entry.fields.get("year", "")}
    for column, value in true.items():
        if said[column] != value:
            yield f"{row['key']}: {column} {said[column]!r}, but {value!r} in references.bib"
    if row["address"] not in addresses(entry):
        yield f"{row['key']}: the address {row['address']} is not in references.bib"
    elif row["free"] == "yes" and row["address"].startswith("https://doi.org/"):
        yield f"{row['key']}: free, but its address is that of a publisher's record"


PAGES = {path.stem for path in (ROOT / "text").glob("[0-9]*.md")}


def test_every_source_is_cited_and_every_citation_has_a_source(entries):
    assert list(apart(citations(), entries)) == []


def test_a_source_nobody_cites_and_a_citation_without_source_are_named(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text/01-a.md").write_text("As {cite:p}`one2001, two2002` and {cite:t}`new2026`.")
    cited = {key: where for key, where in citations(tmp_path).items() if where.startswith("text")}
    assert list(apart(cited, ["one2001", "two2002", "old1999"])) == [
        "text/01-a.md cites new2026, which references.bib does not have",
        "references.bib has old1999, which is cited nowhere: cite it or take it out",
    ]


def test_every_row_of_the_list_of_reading_is_right(entries):
    assert [line for row in table("reading") for line in wrong(row, entries, PAGES)] == []


@pytest.mark.parametrize("change, said", [
    ({"key": "nobody2020"}, "nobody2020: no such entry"),
    ({"topic": "magic"}, "topic 'magic', must be one of foundations"),
    ({"level": "last"}, "level 'last', must be one of first"),
    ({"free": None}, "free None"),
    ({"chapter": "99-lost"}, "no chapter '99-lost'"),
    ({"why": "Good, and you should read it."}, "say in 8 words or more"),
    ({"why": None}, "say in 8 words or more"),
    ({"year": 1999.0}, "year '1999', but '2017'"),
    ({"authors": "Smith"}, "authors 'Smith', but 'Vaswani et al.'"),
    ({"title": "Attention"}, "title 'Attention', but 'Attention Is All You Need'"),
    ({"address": "https://example.org"}, "the address https://example.org is not in"),
])
def test_what_is_wrong_with_a_row_is_named(change, said, entries):
    (row,) = (row for row in table("reading") if row["key"] == "vaswani2017attention")
    (line,) = wrong(row | change, entries, PAGES)
    assert said in line and line.startswith(change.get("key", row["key"]))


def test_a_free_work_is_not_sold_at_its_address(entries):
    (row,) = (row for row in table("reading") if row["key"] == "rumelhart1986learning")
    (line,) = wrong(row | {"free": "yes"}, entries, PAGES)
    assert "that of a publisher's record" in line


def test_no_entry_stands_twice_and_no_reason_is_given_twice():
    rows = table("reading")
    for column in ("key", "why", "title"):
        twice = [value for value, n in Counter(row[column] for row in rows).items() if n > 1]
        assert twice == [], column


def test_each_topic_has_papers_enough_and_not_too_many_and_stands_together():
    rows = table("reading")
    assert list(dict.fromkeys(row["topic"] for row in rows)) == list(TOPICS)
    n_papers = Counter(row["topic"] for row in rows if row["kind"] == "paper")
    assert all(3 <= n_papers[topic] <= 8 for topic in TOPICS), n_papers
    assert {row["kind"] for row in rows if row["language"] == "Chinese"} == {"book", "course"}


def test_the_books_of_both_languages_are_there():
    keys = {row["key"] for row in table("reading") if row["kind"] in ("book", "course")}
    assert {"goodfellow2016deep", "qiu2020nndl", "zhou2016machine", "stanford2026cs336"} <= keys


CITATIONS = table("citations")


def test_fifteen_citations_can_be_checked_and_three_are_right():
    n = Counter(row["verdict"] for row in CITATIONS)
    assert dict(n) == {"right": 3, "wrong details": 6, "not found": 6, "not checkable": 2}
    assert [row["name"] for row in CITATIONS] == [f"R{i}" for i in range(1, 18)]


@pytest.mark.parametrize("row", CITATIONS, ids=lambda row: row["name"])
def test_each_citation_says_what_is_right_and_how_it_was_found(row, entries):
    assert row["verdict"] in VERDICTS
    assert all(len(row[column].split()) >= 3 for column in ("says", "right", "found"))
    keys = (row["keys"] or "").split()
    assert set(keys) <= set(entries)
    # For R12 nothing was found, and R16 names too little to look for.
    assert keys or row["name"] in ("R12", "R16")
    assert row["address"] in ([None] if not keys else (addresses(entries[keys[0]]) or [None]))
    numbers = re.findall(r"doi:(\S+?)\.?(?=\s|$)|arXiv:([\d.]+\d)", row["right"])
    known = " ".join(a for key in keys for a in addresses(entries[key]))
    assert all((doi or arxiv) in known for doi, arxiv in numbers), numbers
