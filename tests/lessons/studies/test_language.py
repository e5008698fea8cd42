"""The programs of the study: splits, the invented language, the translator, finding, reading."""

from itertools import product

import numpy as np
import pytest
import torch

from experiments import language
from lessons.data.texts import docstrings, passages
from lessons.gpt.model import GPT, Config, initialise
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.studies.language import (
    finding,
    invented,
    kinds,
    networks,
    questions,
    reading,
    runs,
    skipgram,
    translator,
)


def test_no_names_are_left_in_what_is_shown_without_names():
    for one in docstrings()[::50]:
        every, fewer, prose = (kinds.words_of(one.text, shown) for shown in kinds.SHOWN)
        assert len(every) >= len(fewer) >= len(prose)
        assert not kinds.NAMES & {*fewer, *prose}


def test_prose_ends_at_titles_and_code():
    for end in ("Parameters\n----------\nx : int", "Args:\n    x", ">>> f(1)", ".. note:: it"):
        assert kinds.words_of(f"Add it.\n\n{end}", "prose alone") == ["add", "it"]
    assert kinds.words_of("", "prose alone") == []
    for bad in ("names", None):
        with pytest.raises(ValueError, match="what is shown"):
            kinds.words_of("a", bad)
    with pytest.raises(ValueError, match="give a text"):
        kinds.words_of(None)


def test_groups_stay_on_one_side_if_they_are_to_and_not_otherwise():
    group = np.array([one.group for one in docstrings()])
    for seed in (0, 1):
        parts = kinds.split(seed)
        sides = [set(group[side]) for side in (parts.train, parts.valid, parts.test)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        assert len({*parts.train, *parts.valid, *parts.test}) == 4500
    apart = kinds.split(0, together=False)
    assert set(group[apart.train]) & set(group[apart.test])
    small = kinds.split(0, n_train=100)
    assert (small.train == kinds.split(0).train[:100]).all()
    assert (small.test == kinds.split(0).test).all()


@pytest.mark.parametrize("n", [0, 9, 3001])
def test_too_few_or_too_many_to_learn_from(n):
    with pytest.raises(ValueError, match="10 to 3,000"):
        kinds.split(0, n_train=n)


def test_words_of_test_texts_do_not_decide_what_is_counted():
    _, words = kinds.counted([["a"], ["a"], ["b"], ["b"]], np.array([0, 1]))
    assert words == ["a"]
    with pytest.raises(ValueError, match="give more of them"):
        kinds.counted([["a"], ["b"]], np.array([0, 1]))


def test_the_network_learns_a_word_that_decides_and_leaves_the_generator_alone():
    counts, y = np.eye(5, dtype=np.float32).repeat(8, 0), np.arange(5).repeat(8)
    before = torch.random.get_rng_state()
    net = networks.network(counts, y, 0.03, 0.0, hidden=32, n_steps=200)
    assert torch.equal(before, torch.random.get_rng_state())
    assert (net(networks.scaled(counts)).argmax(1).numpy() == y).all()
    with pytest.raises(ValueError, match="lr is above 0"):
        networks.network(counts, y, 0.0, 0.0)


def test_a_translation_worked_by_hand():
    pair = invented.translate(["a", "big", "red", "boat", "loses", "the", "wise", "king"])
    assert " ".join(pair.target) == "ye ser buni suni dor fero chiru"
    assert pair.aligned == (0, 3, 1, 2, 7, 6, 4)
    assert " ".join(invented.word_by_word(pair.source)) == "ye buno suno ser chiru fero dor"


@pytest.mark.parametrize("text", ["", "the cat", "the cat sees sees the dog", "cat sees the dog",
                                  "the cat sees the", "the cat sees the dog quickly",
                                  "the old sees the dog"])
def test_what_is_no_sentence_is_told(text):
    with pytest.raises(ValueError, match="one verb|not an article"):
        invented.translate(text.split())


def test_sentences_are_new_and_of_the_length_asked_for():
    first = invented.corpus(0, [5, 6], 200)
    seen = {pair.source for pair in first}
    other = invented.corpus(1, [5, 6], 200, seen)
    assert len(seen) == 200 and not seen & {pair.source for pair in other}
    assert {len(source) for source in seen} == {5, 6}
    for bad in (4, 14):
        with pytest.raises(ValueError, match="5 to 13"):
            invented.sentence(np.random.default_rng(0), bad)
    known = set(sorted(sentences_of_five())[300:])
    with pytest.raises(ValueError, match="only 300 .* of 301: ask for fewer"):
        invented.corpus(0, [5], 301, known)


def sentences_of_five():
    """Return every sentence without an adjective."""
    ways = product(invented.ARTICLES, invented.NOUNS)
    return {(*a, verb, *b) for a, b in product(ways, repeat=2) for verb in invented.VERBS}


def test_padding_changes_nothing_and_gets_no_weight():
    net = translator.Translator().eval()
    short, long = (invented.translate(s.split()) for s in (
        "a king finds the fish", "the old cold dark cat sees a red moon"))
    alone, _ = translator.translations(net, [short], most=6)
    both, weights = translator.translations(net, [short, long], most=6)
    assert alone[0] == both[0]
    assert weights[0, :, 5:].abs().max() == 0
    assert weights.sum(-1) == pytest.approx(1)


def test_a_translator_learns_some_sentences_by_heart_and_follows_their_words():
    pairs = invented.corpus(0, [5, 6], 12)
    before = torch.random.get_rng_state()
    net = translator.train(pairs, True, 0.01, 150)
    assert torch.equal(before, torch.random.get_rng_state())
    assert translator.right(translator.translations(net, pairs)[0], pairs) > 0.9
    even = translator.translations(net, pairs, even=True)
    assert even[1][0, 0, : len(pairs[0].source)].std() < 1e-6
    assert translator.right(translator.translations(net, pairs)[0], pairs) > 0.9, "weights are back"


def test_alignment_of_a_model_that_looks_where_it_should():
    pair = invented.translate(["a", "king", "finds", "the", "fish"])

    class Sure(translator.Translator):
        def forward(self, source, before):
            weights = torch.zeros(1, before.shape[1], source.shape[1])
            for t, place in enumerate(pair.aligned):
                weights[0, t, place] = 1
            return weights, weights

    found = translator.aligned(Sure(), [pair])
    assert found["on it"] == 1 and found["beside it"] == 0
    assert found["by chance"] == pytest.approx(0.2) and found["same place"] == 0.5


def test_rows_of_nothing_are_told():
    for rows in ([], [[]]):
        with pytest.raises(ValueError, match="one row or more"):
            translator.padded(rows)


def test_each_question_has_its_passage_and_the_first_wording_shares_more():
    asked = questions.questions()
    assert len(asked) == 36 and len({q.passage for q in asked}) == 36
    rarity = finding.BM25(finding.index()).rarity
    for q in asked:
        own, other = (sum(rarity.get(w, 0) for w in set(finding.words_of(text))
                          & set(finding.index()[q.passage])) for text in q.asked)
        assert own > other
    with pytest.raises(ValueError, match="0 passages begin"):
        questions.questions(passages()[:3])


def test_vectors_find_by_other_words():
    E = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    find = finding.ByVectors(["dog", "wolf", "tax"], E, [["wolf", "x"], ["tax"], ["y"]], power=0)
    assert find.scores(["dog"]).argmax() == 0 and find.scores(["unknown"]).tolist() == [0, 0, 0]
    each = find.parts(["dog", "tax"])
    assert each.sum(axis=0) == pytest.approx(find.scores(["dog", "tax"]))
    with pytest.raises(ValueError, match="as many vectors"):
        finding.ByVectors(["dog"], E, [["wolf"]])
    with pytest.raises(ValueError, match="same passages"):
        finding.fused(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="give a text"):
        finding.words_of(3)


def test_skip_gram_puts_words_that_are_used_alike_together():
    texts = [[a, b] for a in ("cat", "dog") for b in ("eats", "sleeps")] * 40
    texts += [[a, b] for a in ("tax", "law") for b in ("rises", "falls")] * 40
    words = ["cat", "dog", "tax", "law", "eats", "sleeps", "rises", "falls"]
    E = skipgram.train(texts, words, 1, 4, n_pairs=400_000, lr=0.02)
    assert E[0] @ E[1] > E[0] @ E[2] and np.linalg.norm(E, axis=1) == pytest.approx(1)
    for bad in (dict(window=0, d=2), dict(window=1, d=0)):
        with pytest.raises(ValueError, match="1 or more"):
            skipgram.train(texts, words, **bad)
    with pytest.raises(ValueError, match="none of these words"):
        skipgram.train(texts, ["x"], 1, 2)


@pytest.fixture
def reader():
    torch.manual_seed(0)
    model = GPT(Config(vocab_size=256, n_positions=64, n_layers=1, n_heads=2, d_model=16))
    initialise(model)
    return reading.Reader(model.eval(), BytePairTokenizer([]), room=30)


def test_bits_are_those_of_the_model_alone(reader):
    one = reader.bits("", "why?", ["so"])
    ids = torch.tensor([reader.tokenizer.encode("why?\n\nso")])
    logp = reader.model(ids)[0].log_softmax(-1)
    nats = -(logp[5, ids[0, 6]] + logp[6, ids[0, 7]]).item()
    assert one[0] == pytest.approx(nats / np.log(2) / 2, rel=1e-5)
    many = reader.bits("", "why?", ["so", "because it is"])
    assert many[0] == pytest.approx(one[0], rel=1e-5)


def test_an_excerpt_begins_at_the_sentence_that_shares_most_and_fits(reader):
    text = "Cats sleep a lot here. The red dog barks at noon. Nothing more."
    assert reader.excerpt(text, "Who barks?", {"barks": 3.0}).startswith("The red dog")
    assert len(reader.excerpt(text, "Who?", {})) <= 30
    assert reader.excerpt("", "Who?", {}) == ""


def test_what_cannot_be_read_is_told(reader):
    for answers in ([], [""], ["so", ""]):
        with pytest.raises(ValueError, match="none of them empty"):
            reader.bits("", "why?", answers)
    with pytest.raises(ValueError, match="does not fit"):
        reader.bits("", "why?", ["x" * 70])
    with pytest.raises(ValueError, match="room for a text"):
        reading.Reader(reader.model, reader.tokenizer, room=64)


def test_shuffled_texts_keep_what_they_should():
    texts = [["a", "b", "c"], ["d", "e"]]
    within = language.mixed(texts, "shuffled within")
    assert [sorted(t) for t in within] == texts
    everywhere = language.mixed(texts, "shuffled all")
    assert [len(t) for t in everywhere] == [3, 2]
    assert sorted(sum(everywhere, [])) == sorted(sum(texts, []))
    assert language.mixed(texts, "as written") is texts


def test_the_record_holds_what_the_chapter_reads():
    record = runs.record()
    assert record["made"]["command"] == "python -m experiments.language"
    for shown in kinds.SHOWN:
        for row in record["libraries"][shown].values():
            assert len(row["Bayes"]) == len(row["network"]) == 5
    assert record["retrieval"]["chosen"] == [list(s) for s in language.CHOSEN]
    assert len(record["reading"]["bits"][0]["right"]) == 36


def test_the_check_compares_ranks(monkeypatch):
    assert language.ranks(1.2, 0.75) == next(
        r for s, r in runs.record()["retrieval"]["ranks"]["BM25"] if s == [1.2, 0.75])


def test_an_unknown_argument_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        language.main(["quick"])
    assert "unrecognized arguments: quick" in capsys.readouterr().err
