"""Estimates: time from operations, what is shown in a kernel and on a page, mistakes."""

import json
import math

import pytest

from lessons.machines import card as machine_card, hardware
from lessons.planning import cost
from lessons.widgets.estimates.counting import how, seconds
from lessons.widgets.estimates.html import known_machines, to_html
from lessons.widgets.estimates.table import MIME_TYPE, estimate
from lessons.words import duration
from tests.lessons.widgets.pages import Reader

SERVER = hardware.recorded_machine()
ROWS = {"GPT-3": 3.14e23, "one token": (2e6, 1e6), "a < b": (0, 1e9)}


def made(**settings):
    return estimate(**({"rows": ROWS, "name": "made", "machine": SERVER} | settings))


@pytest.mark.parametrize("time, text", [
    (0, "0 µs"), (3.21e-7, "0.32 µs"), (4.2e-4, "420 µs"), (0.0123, "12 ms"), (1, "1 s"),
    (119, "120 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 hours"), (172_799, "48 hours"),
    (172_800, "2 days"), (366 * 86400, "370 days"), (731 * 86400, "2 years"),
    (3.2e11, "10,000 years"), (1e14, "3.2 million years"), (1e18, "32 billion years"),
])
def test_a_time_in_the_unit_that_a_reader_would_choose(time, text):
    assert duration(time) == text


@pytest.mark.parametrize("time", [-1, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(time):
    with pytest.raises(ValueError, match="a time is a number of seconds"):
        duration(time)


def test_the_slower_of_arithmetic_and_memory_decides():
    chip = hardware.Machine("chip", 1e12, 1e9, bytes_per_number=2)
    assert seconds(chip, 1e12, share=0.5) == 2
    assert seconds(chip, 1e12, numbers=1e9, share=0.5) == 2
    assert seconds(chip, 1e12, numbers=2e9, share=0.5) == 4


def test_a_published_run_takes_about_the_chip_hours_that_were_published():
    # Llama 3.1 405B: 3.8e25 operations in 30.84 million H100-hours.
    h100 = hardware.accelerators()["H100 SXM 80GB"]
    hours = seconds(h100, 3.8e25) / 3600
    assert hours == pytest.approx(cost.chip_hours(3.8e25, h100.flops_per_s, 0.4))
    assert hours == pytest.approx(30.84e6, rel=0.2)


def test_a_kernel_shows_the_readers_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    monkeypatch.setenv("LESSONS_MACHINE", str(tmp_path / "machine.json"))
    mine = hardware.Machine(machine_card.processor_name(), 1e12, 1e11, 4)
    (tmp_path / "machine.json").write_text(json.dumps(vars(mine)))
    monkeypatch.setattr(machine_card, "accelerator", lambda: None)
    machine_card.my_machine.cache_clear()
    shown = made(machine=None)._repr_mimebundle_()
    machine_card.my_machine.cache_clear()
    assert set(shown) == {"text/html", "text/plain"}
    for text in shown.values():
        assert "25,000 years" in text and "40 ms" in text
        assert "1,000 GFLOP/s in 32 bit, 100 GB/s" in text
    assert "a &lt; b" in shown["text/html"]


def test_what_is_recorded_is_the_work_not_the_time(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    shown = made(machine=None)._repr_mimebundle_()
    assert shown[MIME_TYPE]["rows"][0] == ["GPT-3", 3.14e23, 0]
    assert "140,000 years" in shown["text/plain"] and how(SERVER, 0.4) in shown["text/plain"]


def test_the_page_offers_every_known_machine_and_labels_its_fields():
    page = Reader(to_html(made(title="Is it <b>long</b>?").payload))
    options = [a["value"] for tag, a in page.tags if tag == "option"]
    assert options == [m.name for m in known_machines()] + ["own"]
    labelled = {a["for"] for tag, a in page.tags if tag == "label"}
    assert labelled == {a["id"] for tag, a in page.tags if tag in ("select", "input")}
    assert "Is it <b>long</b>?" in page.texts and "a < b" in page.texts
    assert [t for t in made().times() if t in page.texts] == made().times()


@pytest.mark.parametrize("settings, words", [
    ({"name": "GPT 3"}, "small letters"), ({"rows": {}}, "one row or more"),
    ({"share": 0}, "share is a part"), ({"share": 40}, "share is a part"),
    ({"rows": {"x": -1}}, "'x': give operations"), ({"rows": {"x": math.nan}}, "and finite"),
    ({"rows": {"x": 0}}, "'x'"), ({"rows": {"x": (1, 2, 3)}}, "or .operations, numbers read"),
])
def test_an_authors_mistake_is_named(settings, words):
    with pytest.raises(ValueError, match=f"estimate {settings.get('name', 'made')!r}: .*{words}"):
        made(**settings)
