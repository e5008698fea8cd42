"""The theme's style sheet loses what matches nothing, and nothing else."""

import pytest

from tools.website import trim

WORDS = {"a", "c", "fa-sun"}


@pytest.mark.parametrize("css, left", [
    (".a{top:0}", ".a{top:0}"),
    (".b{top:0}", ""),
    (".b,.a .c{top:0}", ".a .c{top:0}"),
    (".a.b{top:0}.a>.b{top:0}", ""),
    ("p,[class*=b]{top:0}", "p,[class*=b]{top:0}"),
    (".a:not(.b),:is(.b,.d){top:0}", ".a:not(.b),:is(.b,.d){top:0}"),
    (".bs-tooltip-auto{top:0}", ".bs-tooltip-auto{top:0}"),
    ("@media print{.b{top:0}.a{top:1px}}", "@media print{.a{top:1px}}"),
    ("@media print{.b{top:0}}", ""),
    ("@media print{@supports(top:0){.a,.b{top:0}}}", "@media print{@supports(top:0){.a{top:0}}}"),
    ("@font-face{font-family:b}@keyframes b{from{top:0}}",
     "@font-face{font-family:b}@keyframes b{from{top:0}}"),
    ('@charset "UTF-8";/* whose */.fa-moon:before{content:"\\f186"}',
     '@charset "UTF-8";/* whose */'),
    ('.fa-sun:before{content:"\\f185"}', '.fa-sun:before{content:"\uf185"}'),  # the same
    (".a{background:url(x.svg);color:var(--b)!important}",
     ".a{background:url(x.svg);color:var(--b)!important}"),
])
def test_rules_that_match_nothing_go(css, left):
    assert trim.trimmed(css, WORDS) == left


def test_classes_are_those_of_pages_scripts_and_python(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text('<p class="one two-2">threexx</p>', encoding="utf-8")
    (tmp_path / "_static/a.js").write_text('e.classList.add("four")', encoding="utf-8")
    (tmp_path / "_static/fontawesome.js").write_text('"fivexx"', encoding="utf-8")
    (tmp_path / "_static/python").mkdir()  # there after the first build
    (tmp_path / "_static/python/worker.js").write_text('"sixxx"', encoding="utf-8")
    words = trim.named(tmp_path)
    assert {"one", "two-2", "four", "explorer"} <= words and not {
        "threexx", "fivexx", "sixxx"} & words
