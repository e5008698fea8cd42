"""The HTML of an explorer: complete without scripts, safe, and apart from its neighbours."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.explorer import MIME_TYPE, explore
from lessons.widgets.explorers.html import to_html
from lessons.widgets.explorers.record import pack
from lessons.widgets.registry import REGISTRY
from lessons.widgets.sphinx import Renderer

NASTY = 'Is a < b & "c" > \'d\'? </script><b>'


def make(name="test", title="How steep?", **changes):
    def frame(left, right):
        left.set(xlim=(0, 1), ylim=(0, 1), xlabel=NASTY)
        left.plot([0, 1], "o-", color="C0")

    def draw(left, right, slope, kind):
        left.plot([0, slope], "o-", color="C0")
        right.text(0.5, 0.5, NASTY)
        return f"Slope {slope:g}, {kind}: {NASTY}"

    settings = {
        "alt": f"A line and a text. {NASTY}",
        "slope": slider([0.0, 0.5, 1.0], label="slope <&>", unit="m/s²", default=0.5, play=True),
        "kind": choice(["a<b", "c&d"], label="kind"),
    } | changes
    return explore(draw, frame, name=name, title=title, panels=2, **settings)


class Page(HTMLParser):
    """Lists every start tag with its attributes, and the text inside each kind of tag."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag, **wanted):
        return [a for t, a in self.tags if t == tag and wanted.items() <= a.items()]

    def text(self, tag):
        return "".join(data for inside, data in self.texts if inside == tag)


@pytest.fixture(scope="module")
def explorer():
    return make(title=NASTY)


@pytest.fixture(scope="module")
def html(explorer):
    return to_html(pack(explorer.record()))


def test_every_text_is_escaped_and_every_tag_closed(html):
    page = Page(html)
    assert page.open == []
    assert not page.all("b") and len(page.all("script")) == 1
    assert page.text("figcaption") == NASTY
    assert page.text("output") == f"Slope 0.5, a<b: {NASTY}"
    assert [a["aria-label"] for a in page.all("div", role="img")] == [f"A line and a text. {NASTY}"]
    assert "slope <&>" in page.text("label") and page.text("option") == "a<bc&d"


def test_the_default_state_stands_without_scripts(html, explorer):
    default = explorer.state()
    assert all(f'<g class="moving">{panel}</g>' in html for panel in default.panels)
    page = Page(html)
    assert len(page.all("svg", **{"aria-hidden": "true"})) == 2
    (field,) = page.all("input", type="range")
    assert (field["min"], field["max"], field["step"], field["value"]) == ("0", "2", "1", "1")
    assert field["data-default"] == "1" and field["aria-valuetext"] == "0.5 m/s²"
    assert field["data-texts"].split("\n") == ["0 m/s²", "0.5 m/s²", "1 m/s²"]
    assert [a["value"] for a in page.all("option") if "selected" in a] == ["0"]


def test_every_control_has_a_label_and_nothing_is_remembered(html):
    page = Page(html)
    fields = page.all("input") + page.all("select")
    assert {a["for"] for a in page.all("label")} == {a["id"] for a in fields}
    assert len(fields) == 2 and all(a["autocomplete"] == "off" for a in fields)


def test_only_a_control_that_is_time_has_play(html):
    page = Page(html)
    assert len(page.all("button", **{"class": "explorer-play"})) == 1
    assert page.all("button", **{"aria-label": "Play slope <&>"})
    assert all(a["type"] == "button" for a in page.all("button"))


def test_the_payload_is_gzipped_json_of_every_state(html, explorer):
    page = Page(html)
    (script,) = page.all("script")
    assert script == {"type": "application/gzip+base64"}
    record = json.loads(gzip.decompress(base64.b64decode(page.text("script"))))
    assert len(record["states"]) == explorer.n_states == 6


def test_no_id_twice_in_one_explorer_or_in_two(html):
    texts = [html, to_html(pack(make(name="other").record()))]
    ids = [a["id"] for text in texts for _, a in Page(text).tags if "id" in a]
    assert len(ids) > 10 and len(ids) == len(set(ids))
    used = {u for text in texts for u in re.findall(r'(?:href="#|url\(#)([^")]+)', text)}
    assert used <= set(ids)


def test_nothing_is_loaded_from_anywhere(html):
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)
    assert "http" not in re.sub(r"<script.*?</script>", "", html)


def test_the_renderer_takes_the_books_own_types_only(html, explorer):
    payload = pack(explorer.record())

    def handle(mime_type, content, inline=False):
        data = SimpleNamespace(mime_type=mime_type, content=content)
        return Renderer.handle_mime(None, data, inline)

    (node,) = handle(MIME_TYPE, payload)
    assert node["format"] == "html" and node.astext() == html
    assert handle("text/plain", "text") is None
    assert handle(MIME_TYPE, payload, inline=True) is None
    assert [mime for _, mime, _ in Renderer.mime_priority_overrides] == [
        widget.mime_type for widget in REGISTRY]
