"""The GPT on numpy: it reads, looks and chooses as the one in PyTorch, and works without it."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
import torch

from lessons.gpt import choosing, model as theirs, on_numpy, sampling

CONFIG = theirs.Config(vocab_size=50, n_positions=16, n_layers=4, n_heads=4, d_model=32)


@pytest.fixture(scope="module")
def twins():
    """Return one GPT twice, with weights far from 0."""
    torch.manual_seed(0)
    torchs = theirs.GPT(CONFIG)
    with torch.no_grad():
        for p in torchs.parameters():
            p.add_(torch.randn_like(p), alpha=0.1)
    state = {name: w.numpy() for name, w in torchs.state_dict().items()}
    return on_numpy.GPT(state, n_heads=4), torchs


def some_tokens(B=2, T=16, seed=1):
    return torch.randint(50, (B, T), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
@pytest.mark.parametrize("T", [1, 2, 16])
def test_logits_are_pytorchs(twins, T):
    ours, torchs = twins
    tokens = some_tokens(T=T)
    logits = ours(tokens.numpy())
    assert logits.dtype == np.float32 and logits.shape == (2, T, 50)
    assert abs(logits).max() > 1
    np.testing.assert_allclose(logits, torchs(tokens).numpy(), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("cuts", [[0, 16], [0, 1, 2, 16], [0, 5, 9, 16], list(range(17))])
def test_with_a_cache_they_are_the_same(twins, cuts):
    ours, torchs = twins
    tokens, cache = some_tokens(), {}
    parts = [ours(tokens[:, a:b].numpy(), cache)
             for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), torchs(tokens).numpy(), rtol=0,
                               atol=1e-5)
    assert cache[3][0].shape == (2, 4, 16, 8)


@torch.no_grad()
def test_attention_by_layer_and_head_is_pytorchs(twins):
    ours, torchs = twins
    tokens, attention, later = some_tokens(), [], []
    ours(tokens.numpy(), attention=attention)
    expected = theirs.attention_weights(torchs, tokens).numpy()
    np.testing.assert_allclose(np.stack(attention), expected, rtol=0, atol=1e-5)
    cache = {}
    ours(tokens[:, :9].numpy(), cache)
    ours(tokens[:, 9:].numpy(), cache, later)  # the last rows: of 7 new tokens over all 16
    np.testing.assert_allclose(np.stack(later), expected[..., 9:, :], rtol=0, atol=1e-5)


def test_it_takes_at_most_a_hundred_lines():
    lines, docs = inspect.getsource(on_numpy).splitlines(), 0
    for thing in (on_numpy, on_numpy.GPT, on_numpy.GPT.__call__, on_numpy.softmax, on_numpy.gelu):
        docs += len(thing.__doc__.splitlines())
    assert len(lines) - docs <= 100


@pytest.mark.parametrize("tokens, said", [
    ([1, 2], "of the shape"), ([[]], "of the shape"), ([[0.5]], "whole numbers"),
    ([[50]], "from 0 to 49, got 50"), ([[-1]], "from 0 to 49"), ([[0] * 17], "17 tokens are too"),
])
def test_bad_tokens_are_refused(twins, tokens, said):
    with pytest.raises(ValueError, match=said):
        twins[0](tokens)


def test_a_cache_that_is_full_is_said(twins):
    cache = {}
    twins[0]([[0] * 16], cache)
    with pytest.raises(ValueError, match="17 tokens are too many for 16"):
        twins[0]([[0]], cache)


def test_heads_must_share_the_width(twins):
    with pytest.raises(ValueError, match="must divide"):
        on_numpy.GPT(twins[0].weights, n_heads=5)


@pytest.mark.parametrize("top_p", [None, 1e-9, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("top_k", [None, 1, 3, 99])
@pytest.mark.parametrize("temperature", [0, 1e-320, 0.2, 1.0, 1.7, 1e300])
def test_probabilities_are_those_of_the_other_module(temperature, top_k, top_p):
    logits = 3 * np.random.default_rng(0).standard_normal((5, 12))
    logits[0, :6] = logits[0, 6:]  # ties
    logits[1] = 0
    logits[2, 3] = -np.inf
    kept = logits.copy()
    ours = choosing.probabilities(logits, temperature, top_k, top_p)
    expected = sampling.probabilities(torch.tensor(logits), temperature, top_k, top_p).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(logits, kept)


@pytest.mark.parametrize("how", [
    {"temperature": -1}, {"temperature": np.inf}, {"temperature": np.nan}, {"top_k": 0},
    {"top_p": 0}, {"top_p": 1.5},
])
def test_both_refuse_the_same_settings(how):
    with pytest.raises(ValueError, match="temperature is a number from 0 on"):
        choosing.probabilities(np.zeros((1, 4)), **how)
    with pytest.raises(ValueError):
        sampling.probabilities(torch.zeros(1, 4), **how)


def test_the_likeliest_tokens_are_those_that_pytorch_writes_past_the_last_position(twins):
    ours, torchs = twins
    begin = some_tokens(B=1, T=5)
    expected = sampling.generate(torchs, begin, 30, temperature=0)[0, 5:]
    written = choosing.write(ours, begin[0].tolist(), 30, np.random.default_rng(0), temperature=0)
    assert list(written) == expected.tolist()


def test_what_is_drawn_follows_the_probabilities(twins):
    ours, rng = twins[0], np.random.default_rng(0)
    p = choosing.probabilities(ours([[7, 8]])[:, -1].astype(float), 0.8, top_k=5)[0]
    drawn = [next(choosing.write(ours, [7, 8], 1, rng, 0.8, top_k=5)) for _ in range(400)]
    np.testing.assert_allclose(np.bincount(drawn, minlength=50) / 400, p, atol=0.1)


WITHOUT = """
import sys
for name in ("torch", "scipy", "sklearn", "matplotlib", "IPython", "ipywidgets"):
    sys.modules[name] = None  # importing it fails
from lessons.train.tiny import TinyRun
from lessons.gpt import choosing, on_numpy
from lessons.gpt.tokenizer import BytePairTokenizer
run = TinyRun("to be or not to be\\n" * 40, length=8, d_model=8)
run.step()
print(len("".join(run.write("to be", 5))))
"""


def test_it_works_where_there_is_only_numpy():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert done.stdout == "5\n", done.stderr
