"""Byte-pair encoding against the library `tokenizers`, against brute force, and round trips."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest
import tokenizers
from hypothesis import given, settings, strategies as st

from lessons.data import corpus
from lessons.gpt.pairs import PairCounts
from lessons.gpt.tokenizer import (
    LONG,
    BytePairTokenizer,
    merge,
    pieces,
    to_bytes,
    train_bpe,
)

TEXT = corpus.topics()
OURS = train_bpe(TEXT, 1024)
ODD = [
    "", " ", "\n\n\n", "  x", "x  ", "a\r\n\tb", "___", "x_1 = 10_000", "naïve café", "ﬁ ½ ² Ⅷ",
    "🙂", "👩‍👩‍👧‍👦 family", "语言模型用词元训练。", "日本語 テキスト", "한국어", "नमस्ते",
    "e\u0301", "\0\x7f\x85", "\u2028\u00a0\u3000", "\ufeff", "\U0010ffff",
    "a" * 1000, "the the the", "-" * 77,
]


def byte_letters():
    """Return the letter by which `tokenizers` writes each byte; GPT-2 began with that."""
    readable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in readable]
    return {b: chr(b) for b in readable} | {b: chr(256 + i) for i, b in enumerate(others)}


def library_copy(ours):
    """Return a tokenizer of the library with our merges; it takes a text as one piece."""
    letters = byte_letters()
    names = ["".join(letters[b] for b in token) for token in ours.vocab]
    assert len(set(names)) == len(names)
    merges = [(names[left], names[right]) for left, right in ours.merges]
    model = tokenizers.models.BPE({name: i for i, name in enumerate(names)}, merges)
    theirs = tokenizers.Tokenizer(model)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    theirs.decoder = tokenizers.decoders.ByteLevel()
    return theirs


THEIRS = library_copy(OURS)
GREEDY = train_bpe("ab aab abab bbb __ 11 aaaa\n\n\n ab", 270)  # learns all there is
GREEDY_THEIRS = library_copy(GREEDY)


def by_library(text):
    """Encode with the library, piece by piece."""
    return [i for piece in pieces(text) for i in THEIRS.encode(piece).ids]


def test_the_corpus_becomes_the_same_tokens_as_in_the_library():
    assert OURS.encode(TEXT) == by_library(TEXT)


def test_the_pieces_of_the_corpus_are_the_librarys_too():
    pattern = tokenizers.Regex(r" ?\p{L}+| ?\p{Nd}+| ?[^\s\p{L}\p{Nd}]+|\s+(?!\S)|\s+")
    split = tokenizers.pre_tokenizers.Split(pattern, behavior="isolated")
    assert [piece for piece, _ in split.pre_tokenize_str(TEXT)] == pieces(TEXT)


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_odd_strings_become_the_same_tokens_as_in_the_library(text):
    ids = OURS.encode(text)
    assert ids == by_library(text)
    assert OURS.decode(ids) == THEIRS.decode(ids, skip_special_tokens=False) == text


any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(any_text)
@settings(max_examples=300, deadline=None)
def test_every_string_comes_back_and_is_encoded_as_in_the_library(text):
    assert "".join(pieces(text)) == text
    ids = OURS.encode(text)
    assert OURS.decode(ids) == text
    assert ids == by_library(text)


@given(st.text("ab _1\n", max_size=200))
@settings(max_examples=200, deadline=None)
def test_repetitive_strings_too(text):
    ids = GREEDY.encode(text)
    assert GREEDY.decode(ids) == text
    assert ids == [i for piece in pieces(text) for i in GREEDY_THEIRS.encode(piece).ids]


def test_no_token_crosses_pieces_and_bytes_are_kept():
    ids = OURS.encode("the (the) theé")
    assert [OURS.vocab[i] for i in ids][0] == b"the"
    assert b"".join(OURS.vocab[i] for i in ids) == "the (the) theé".encode()


@pytest.mark.parametrize("text, place", [("ab\ud800cd", r"\\ud800"), ("\udfff", r"\\udfff")])
def test_a_lone_surrogate_is_refused(text, place):
    with pytest.raises(ValueError, match=rf"lone surrogate, '{place}'"):
        OURS.encode(text)
    with pytest.raises(ValueError, match="lone surrogate"):
        train_bpe(text, 256)


def test_broken_utf8_is_shown_as_such():
    smile = to_bytes("🙂")
    assert OURS.decode(smile) == "🙂"
    assert OURS.decode(smile[:2] + [65]) == "\ufffdA"


@pytest.mark.parametrize("bad", [-1, 1024])
def test_decoding_refuses_unknown_tokens(bad):
    with pytest.raises(ValueError, match=f"from 0 to 1023, got {bad}"):
        OURS.decode([65, bad])


def slow_training(text, vocab_size):
    """Count every pair of the whole text anew for each merge."""
    words, merges = [to_bytes(piece) for piece in pieces(text)], []
    for new in range(256, vocab_size):
        counts = Counter(pair for word in words for pair in pairwise(word))
        top = max(counts.values())
        merges.append(min(pair for pair, n in counts.items() if n == top))
        words = [merge(word, merges[-1], new) for word in words]
    return merges


def test_training_takes_the_most_frequent_pair_each_time():
    text = TEXT[:6000]
    assert train_bpe(text, 356).merges == slow_training(text, 356)


@given(st.text("abc ", min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_training_counts_overlapping_pairs_as_it_should(text):
    n_pairs = sum(len(piece) > 1 for piece in set(pieces(text)))
    vocab_size = 257 if n_pairs else 256
    assert train_bpe(text, vocab_size).merges == slow_training(text, vocab_size)


UNBROKEN = {
    "DNA": "".join(random.Random(0).choices("ACGT", k=3000)),
    "one letter": "a" * 2049,
    "few signs": "".join(random.Random(1).choices("-=", weights=[5, 1], k=2000)),
    "Chinese": "".join(chr(0x4E00 + i * i % 97) for i in range(900)),
}


@pytest.mark.parametrize("text", UNBROKEN.values(), ids=UNBROKEN)
def test_a_text_without_spaces_is_learned_and_encoded_as_by_the_naive_way(text, monkeypatch):
    vocab_size = 256 + (10 if len(set(text)) == 1 else 80)
    assert len(pieces(text)) == 1
    ours = train_bpe(text, vocab_size)
    assert ours.merges == slow_training(text, vocab_size)
    fast = [ours.encode(text[:n]) for n in (LONG, LONG + 1, LONG + 2, 500, len(text))]
    monkeypatch.setattr("lessons.gpt.tokenizer.LONG", len(text) * 4)
    assert fast == [ours.encode(text[:n]) for n in (LONG, LONG + 1, LONG + 2, 500, len(text))]


@given(st.text("ab ", max_size=200).map(lambda t: t + "ab"))
@settings(max_examples=100, deadline=None)
def test_every_merge_of_repetitive_texts_is_the_naive_one(text):
    vocab_size = 257
    while True:
        try:
            ours = train_bpe(text, vocab_size + 1)
        except ValueError:
            break
        vocab_size += 1
    ours = train_bpe(text, vocab_size)
    assert ours.merges == slow_training(text, vocab_size)
    ids = PairCounts([to_bytes(text)], [1])
    for new, pair in enumerate(ours.merges, 256):
        ids.join(pair, new)
    expected = to_bytes(text)
    for new, pair in enumerate(ours.merges, 256):
        expected = merge(expected, pair, new)
    assert ids.words() == [expected]


@pytest.mark.parametrize("n", [1000, 4000])
def test_the_cost_grows_with_the_text_and_not_with_length_times_merges(n, monkeypatch):
    visits, real = [], PairCounts.join
    monkeypatch.setattr(PairCounts, "join", lambda self, pair, new: (
        visits.append(len(self.places[pair])), real(self, pair, new))[1])
    ours = train_bpe("".join(random.Random(0).choices("ACGT", k=n)), 256 + 200)
    assert n / 2 < sum(visits) < 3 * n  # a join adds two places at most, and takes a token away
    assert len(visits) == 200 and len(ours.merges) == 200


def test_progress_sees_every_token_to_learn():
    seen = []
    train_bpe("low lower lowest", 260, progress=lambda tokens: map(
        lambda i: seen.append(i) or i, tokens))
    assert seen == [256, 257, 258, 259]


def test_the_librarys_trainer_learns_as_much():
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=1024, show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = THEIRS.pre_tokenizer
    theirs.train_from_iterator(pieces(TEXT), trainer)
    n_theirs = sum(len(theirs.encode(piece).ids) for piece in pieces(TEXT))
    assert len(OURS.encode(TEXT)) == pytest.approx(n_theirs, rel=0.001)  # equals differ in order


def test_training_does_not_depend_on_the_order_of_words_or_on_luck():
    again = train_bpe(TEXT, 1024)
    assert again.merges == OURS.merges and again.vocab_size == 1024
    words = TEXT.split()
    random.Random(0).shuffle(words)
    assert train_bpe(" ".join(sorted(words)), 400).merges == train_bpe(" ".join(words), 400).merges


def test_a_larger_vocabulary_begins_with_the_smaller_one():
    assert train_bpe(TEXT, 300).merges == OURS.merges[:44]


@pytest.mark.parametrize("size", [255, 0, -1])
def test_a_vocabulary_without_all_bytes_is_refused(size):
    with pytest.raises(ValueError, match="at least 256"):
        train_bpe(TEXT, size)


@pytest.mark.parametrize("text, n_tokens", [("", 256), ("a b", 257), ("aaaa", 258)])
def test_a_text_without_enough_pairs_is_refused(text, n_tokens):
    with pytest.raises(ValueError, match=f"vocab_size={n_tokens} at most"):
        train_bpe(text, 300)
    assert train_bpe(text, n_tokens).vocab_size == n_tokens


def test_a_tokenizer_survives_json():
    again = BytePairTokenizer.from_dict(json.loads(json.dumps(OURS.to_dict())))
    assert again.merges == OURS.merges and again.encode(TEXT[:999]) == OURS.encode(TEXT[:999])
    with pytest.raises(ValueError, match="has the key 'merges', got \\['vocab'\\]"):
        BytePairTokenizer.from_dict({"vocab": []})


@pytest.mark.parametrize("merges, message", [
    ([(104, 256)], "merge \\(104, 256\\) makes token 256"), ([(-1, 5)], "from 0 to 255"),
    ([(1, 2), (1, 2)], "twice"),
])
def test_merges_that_make_no_sense_are_refused(merges, message):
    with pytest.raises(ValueError, match=message):
        BytePairTokenizer(merges)
