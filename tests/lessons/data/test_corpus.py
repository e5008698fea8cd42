"""The corpus is stored, whole and licensed; its split keeps what is measured apart."""

import hashlib
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from lessons.data import corpus

ROOT = Path(__file__).parents[3]
TEXT = corpus.topics()


def test_the_corpus_never_changes():
    # Recorded numbers of several chapters depend on every character of it.
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert digest == "2a95af4ac93f5b719944030ce3769070ddf827d847cba42192afa8da989e5dc4"
    assert len(corpus.TITLE.split(TEXT)) == 79


def test_the_package_carries_the_corpus_and_its_licence():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = config["tool"]["setuptools"]["package-data"]["lessons.data"]
    folder = resources.files("lessons.data")
    listed = {path.name for pattern in patterns for path in Path(str(folder)).glob(pattern)}
    assert {"corpus_topics.txt.gz", "corpus_topics.LICENSE.txt"} <= listed
    licence = (folder / "corpus_topics.LICENSE.txt").read_text(encoding="utf-8")
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in licence
    assert "Python Software Foundation; All Rights Reserved" in " ".join(licence.split())


def paragraphs(text):
    return {p for p in text.split("\n\n") if "\n" in p}


@pytest.mark.parametrize("seed", range(5))
def test_what_is_validated_was_never_seen(seed):
    train, valid = corpus.split(TEXT, rng=np.random.default_rng(seed))
    topics, kept = corpus.TITLE.split(TEXT), corpus.TITLE.split(valid)
    assert paragraphs(train).isdisjoint(paragraphs(valid))
    assert set(kept) <= set(topics)  # whole topics
    assert kept == sorted(kept, key=topics.index)
    assert 0.09 * len(TEXT) < len(valid) <= 0.1 * len(TEXT)
    assert len(train) + len(valid) > 0.9 * len(TEXT)


def test_nothing_else_is_lost():
    train, valid = corpus.split(TEXT)
    assert paragraphs(train) | paragraphs(valid) == paragraphs(TEXT)


def test_validation_comes_from_all_over_the_text():
    chosen = set(corpus.TITLE.split(corpus.split(TEXT)[1]))
    places = [i for i, topic in enumerate(corpus.TITLE.split(TEXT)) if topic in chosen]
    assert places[0] < 20 and places[-1] > 60


def test_the_split_is_the_same_each_time_unless_a_generator_says_otherwise():
    assert corpus.split(TEXT) == corpus.split(TEXT)
    other = corpus.split(TEXT, rng=np.random.default_rng(1))
    assert other == corpus.split(TEXT, rng=np.random.default_rng(1)) != corpus.split(TEXT)


def test_a_text_without_titles_is_split_at_blank_lines():
    text = "\n\n".join(f"Paragraph {i}\nof some book." for i in range(50))
    train, valid = corpus.split(text, valid_share=0.3)
    assert paragraphs(train) | paragraphs(valid) == paragraphs(text)
    assert 0.25 * len(text) < len(valid) <= 0.3 * len(text)


@pytest.mark.parametrize("share", [0, 1, -0.1, 2, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="above 0 and below 1"):
        corpus.split(TEXT, valid_share=share)


@pytest.mark.parametrize("text", ["", "one line", "one paragraph\nof two lines"])
def test_a_text_of_one_piece_is_refused(text):
    with pytest.raises(ValueError, match="give a longer text"):
        corpus.split(text)
