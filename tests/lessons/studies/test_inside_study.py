"""The task of the probes, the streams they read, and what the record holds."""

import numpy as np
import torch

from experiments import inside
from lessons.gpt.checks import check_causal
from lessons.gpt.text import topics
from lessons.inside import attention
from lessons.studies.inside import counts, features, states, weights
from lessons.studies.record import load


def test_a_paragraph_ends_a_quotation():
    text = b'say "a\n\nb" c "d"'
    marks = states.inside_marks(text)
    assert bytes(np.frombuffer(text, np.uint8)[marks]) == b'a\n c '


def test_probed_tokens_are_balanced_and_of_other_windows():
    part = states.places(0)
    for w, t, y in part.values():
        assert y.double().mean() == 0.5 and int(t.min()) >= states.FIRST
        rows = states.windows(topics().train[:250_000])
        assert (rows[w, t] != ord('"')).all()
    assert not set(part["train"][0].tolist()) & set(part["test"][0].tolist())


def test_who_counts_in_all_windows_sees_those_of_the_probe_and_none_of_the_test():
    at, inside, text = counts.teaching(0)
    parts = states.places(0)
    stands = {name: (w * states.LENGTH + t).tolist() for name, (w, t, _) in parts.items()}
    assert set(stands["train"]) <= set(at) and not set(stands["test"]) & set(at)
    labels = dict(zip(at, inside.tolist(), strict=True))
    assert [labels[i] for i in stands["train"]] == parts["train"][2].bool().tolist()
    assert all(text[i] != ord('"') for i in at)


def test_both_sides_weigh_as_much_and_the_longest_group_that_was_seen_speaks():
    inside = np.array([True, False, False, False])
    votes = counts.votes(b"abaa", [0, 1, 2, 3], inside, 1)
    assert abs(sum(votes.values())) < 1e-12 and votes[b"a"] > 0 > votes[b"b"]
    tables = [{b"a": 0.5, b"b": -0.5}, {b"ab": 0.1}]
    assert [counts.says(tables, text, 1) for text in (b"ab", b"bb", b"xx")] == [True, False, False]


def test_the_last_layer_gives_the_logits_and_last_bytes_end_at_the_token():
    model, _ = states.trained(0, "fresh")
    rows = states.windows(topics().valid)[:2]
    last = states.layers(model, rows)[-1]
    logits = torch.nn.functional.linear(model.norm(last), model.token_embedding.weight)
    torch.testing.assert_close(logits, model(rows))
    w, t = torch.tensor([5]), torch.tensor([40])
    whole = bytes(topics().train[:250_000].tolist())
    assert states.last_bytes(w, t) == [whole[5 * 96 + 38: 5 * 96 + 41]]


def test_attention_that_cannot_choose_is_even_and_causal():
    torch.manual_seed(0)
    model = states.even_small().eval()
    check_causal(model, 96)
    tokens = states.windows(topics().valid)[:1, :20]
    torch.testing.assert_close(model(tokens), attention.logits(model, tokens, attention.even),
                               rtol=1e-3, atol=1e-3)


def test_contexts_end_where_the_feature_is_strongest():
    strength = torch.zeros(300)
    strength[[7, 3]] = torch.tensor([2.0, 1.0])
    at = torch.arange(100, 400)
    text = bytes(topics().train[: 400].tolist()).decode("ascii", "replace")
    first, second = features.contexts(strength, at)[:2]
    assert (first, second) == (text[107 - 21: 108], text[103 - 21: 104])


def test_correlations_that_are_not_defined_are_left_out():
    assert weights.mean_of([0.5, float("nan"), 0.1]) == 0.3


def test_the_record_holds_every_kind_and_seed():
    record = load("inside")
    assert set(record["features"]) == set(features.KINDS) == set(record["shown"])
    assert all(len(runs) == len(record["seeds"]) for name in ("features", "probes", "nats")
               for runs in record[name].values())
    assert all(len(shown) == features.N_SHOWN for shown in record["shown"].values())
    assert len(record["counting all"]) == len(record["seeds"])
    assert all(all_["3"] > some["3"] and all_["8"] > all_["3"] for some, all_ in
               zip(record["counting"], record["counting all"], strict=True))
    assert inside.CHOOSING not in record["seeds"]


def test_the_check_finds_what_differs(monkeypatch):
    monkeypatch.setattr(inside, "probed", lambda *a: {"task": [9.0] * 4})
    monkeypatch.setattr(inside, "measured", lambda *a: {"explained": 9.0, "byte": 9.0})
    assert len(inside.check()) == 6
