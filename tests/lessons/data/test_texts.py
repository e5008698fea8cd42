"""The snapshots: whole, as their hashes say, under their licences, and small."""

from importlib import resources

import pytest

from experiments import texts as script
from lessons.data import texts


@pytest.mark.parametrize("name", ["docstrings", "passages"])
def test_a_snapshot_is_what_its_hash_says(name):
    kept = texts.snapshot(name)
    assert texts.hash_of(kept["rows"]) == texts.about(name)["sha256"]


def test_both_are_smaller_than_a_megabyte_and_a_half_and_licensed():
    folder = resources.files("lessons.data")
    sizes = [len((folder / f"{n}.json.gz").read_bytes()) for n in ("docstrings", "passages")]
    assert sum(sizes) < 1.5e6
    said = (folder / "docstrings.LICENSE.txt").read_text(encoding="utf-8")
    for library, version in texts.about("docstrings")["versions"].items():
        assert f"{library} {version.partition('+')[0]}" in said.replace("\n", " ")


def test_each_library_has_as_many_and_no_text_stands_twice():
    rows = texts.docstrings()
    for library in texts.LIBRARIES:
        assert sum(one.library == library for one in rows) == script.N_EACH
        mine = [one.text for one in rows if one.library == library]
        assert len(set(mine)) == len(mine)
    assert all(len(one.text) <= script.LONGEST for one in rows)
    assert all(rows[one.group].group == one.group for one in rows), "the number of its leader"


def test_an_unknown_snapshot_is_told():
    with pytest.raises(ValueError, match="docstrings and passages"):
        texts.about("poems")


def test_near_copies_come_into_one_group():
    long = " ".join(f"word{chr(97 + i)}" for i in range(20))
    other = " ".join(f"else{chr(97 + i)}" for i in range(20))
    assert script.groups([(long,), (other,), (long + " more words here",)]) == [0, 1, 0]
    assert script.groups([("", ""), ("",)]) == [0, 1]


def test_marks_of_the_format_are_taken_off():
    text = "See {doc}`09-improving` and the {term}`losses <loss>`, *so* {cite:p}`x2020y`."
    assert script.plain(text) == "See chapter 09-improving and the losses, so."
    assert script.shortened("a" * 600) == ""
    assert script.shortened("One. " + "b" * 600) == "One."


def test_a_docstring_is_cut_between_words(tmp_path):
    assert script.cut("one two three", 9) == "one two" and script.cut("short", 9) == "short"
    file = tmp_path / "a.py"
    file.write_text(f'def f():\n    """{"word " * 60}"""\n\ndef _g():\n    """{"word " * 60}"""\n')
    assert [name for name, _ in script.of_file(file, "a")] == ["a.f"]
    file.write_text("def f(:")
    assert script.of_file(file, "a") == []


def test_what_differs_is_said():
    old = [["a", "numpy", "numpy.a", 0], ["b", "numpy", "numpy.b", 1]]
    assert script.differences("docstrings", old, old) == []
    (said,) = script.differences("docstrings", old, [["c", "numpy", "numpy.a", 0], old[1]])
    assert said.startswith("docstrings: 1 of 2 are new or changed, 1 gone; for example numpy.a")
    assert script.differences("docstrings", old, [[*old[0][:3], 5], old[1]]) == []  # a number only
    (said,) = script.differences("docstrings", old, [[*old[0][:3], 1], old[1]])
    assert said.endswith("only groups or order differ")


def test_an_unknown_argument_is_refused(capsys):
    assert script.main(["poems"]) == 2 and "give docstrings" in capsys.readouterr().err
