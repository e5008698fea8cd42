"""The linter finds each kind of fault, and nothing in a card that has none."""

import pytest

from lessons.care import cards

GOOD = """## Model
A reader of digits, version 1, MIT licence.
## Intended use
Teaching, in this book.
## Not for
Reading cheques or post.
## Training data
800 digits of the UCI set, drawn at random.
## Test data
697 others of the same set.
## Results
Right in 93.1% ± 1.0 of 697 images.
## Results by group
Ones: 95% ± 3, n = 70.
Eights: 88% ± 4, n = 68.
## Risks
With epsilon = 3 and delta = 1e-4, Poisson sampling; writers are not known.
"""


def test_a_good_card_has_no_fault():
    assert cards.lint(GOOD) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("## Risks\n", "## Dangers\n", "Risks: the section is missing"),
    ("Teaching, in this book.", "TODO", "Intended use: nothing is said yet"),
    ("Reading cheques or post.", "...", "Not for: nothing is said yet"),
    ("A reader", "A fully private reader", "'fully private' is a promise"),
    ("93.1% ± 1.0", "most", "Results: holds no measured number"),
    (" of 697 images", "", "Results: of how many examples"),
    (" ± 1.0", "", "Results: how sure"),
    (", n = 68", "", "how many are in this group? 'Eights"),
    ("Eights: 88% ± 4, n = 68.\n", "", "one group is no comparison"),
    (" and delta = 1e-4", "", "give epsilon and delta"),
    (", Poisson sampling", "", "say how batches were drawn"),
    ("697 others of the same set.", "800 digits of the UCI set, drawn at random.", "same words"),
])
def test_each_fault_is_found(old, new, said):
    assert old in GOOD
    faults = cards.lint(GOOD.replace(old, new))
    assert any(said in fault for fault in faults), faults


def test_a_heading_twice_is_an_error():
    with pytest.raises(ValueError, match="comes twice"):
        cards.lint(GOOD + "## Risks\nMore.")
