"""Guesses that are checked: the distribution stays as it is, exactly and by counting."""

import itertools

import pytest
import torch
from scipy.stats import chisquare

from lessons.compress import guesses, speculate

P = torch.tensor([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.4, 0.1],
                  [0.7, 0.1, 0.1, 0.1]], dtype=torch.float64)
Q = torch.tensor([[0.2, 0.5, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25],
                  [0.1, 0.1, 0.1, 0.7]], dtype=torch.float64)


def target(tokens):
    """Give the guesses of a model that looks at the last token only."""
    return P[tokens]


def draft(tokens):
    """Give those of another one."""
    return Q[tokens]


def chances(n):
    """Return the probabilities of all texts of n tokens after token 0."""
    out = []
    for some in itertools.product(range(4), repeat=n):
        chance, last = 1.0, 0
        for x in some:
            chance, last = chance * P[last, x].item(), x
        out.append(chance)
    return out


def counted(n, n_texts, write, seed=0):
    """Count texts of n tokens."""
    generator, counts = torch.Generator().manual_seed(seed), [0] * 4**n
    for _ in range(n_texts):
        tokens = write(generator)
        counts[sum(x * 4 ** (n - 1 - i) for i, x in enumerate(tokens.tolist()))] += 1
    return counts


@pytest.mark.parametrize("n_guesses", [0, 1, 3])
def test_texts_of_three_tokens_are_distributed_as_the_targets(n_guesses):
    start = torch.tensor([0])

    def write(generator):
        return speculate.write(target, draft, start, 3, n_guesses, generator).tokens[1:]

    counts = counted(3, 3000, write)
    expected = [3000 * c for c in chances(3)]
    assert chisquare(counts, expected).pvalue > 0.001


def test_the_same_test_refuses_a_wrong_rule():
    """After a refusal the wrong rule draws from p, not from what is left of it."""
    def write(generator):
        tokens = []
        for _ in range(3):
            p, q = P[tokens[-1] if tokens else 0], Q[tokens[-1] if tokens else 0]
            x = torch.multinomial(q, 1, generator=generator).item()
            if torch.rand((), generator=generator) * q[x] >= p[x]:
                x = torch.multinomial(p, 1, generator=generator).item()
            tokens.append(x)
        return torch.tensor(tokens)

    assert chisquare(counted(3, 3000, write), [3000 * c for c in chances(3)]).pvalue < 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_added_up_over_all_that_can_happen_it_is_p(seed):
    p, q = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(seed)).double()
    p, q = (x**4 / (x**4).sum(-1, keepdim=True) for x in (p, q))
    assert torch.allclose(speculate.distribution(p, q), p, atol=1e-12)
    assert torch.equal(speculate.acceptance(p, q), speculate.acceptance(q, p))


def test_what_cannot_be_drawn_and_what_is_certain():
    p, q = torch.tensor([0.0, 1.0]).double(), torch.tensor([1.0, 0.0]).double()
    assert speculate.acceptance(p, q) == 0
    assert torch.equal(speculate.distribution(p, q), p)
    new, kept = speculate.verify(torch.stack([p, p]), q[None], torch.tensor([0]))
    assert (new.tolist(), kept) == ([1], 0)
    assert torch.equal(speculate.residual(p, p), p)


def test_a_draft_that_is_the_target_is_never_refused():
    done = speculate.write(target, target, torch.tensor([0]), 40, 3,
                           torch.Generator().manual_seed(0))
    assert all(kept == 3 and n == 4 for kept, n in done.passes)
    assert len(done.tokens) == 41


def test_tokens_for_each_pass_are_the_formulas():
    p, q = (x.expand(4, 4) for x in (P[0], Q[0]))  # the same chance everywhere
    done = speculate.write(lambda t: p[t], lambda t: q[t], torch.tensor([0]), 6000, 3,
                           torch.Generator().manual_seed(0))
    alpha = speculate.acceptance(P[0], Q[0]).item()
    mean = sum(n for _, n in done.passes) / len(done.passes)
    assert mean == pytest.approx(guesses.expected_tokens(alpha, 3), rel=0.03)


@pytest.mark.parametrize(("alpha", "g", "tokens"), [
    (0.8, 1, 1.8), (0.8, 5, 3.689), (0.9, 5, 4.686), (1.0, 4, 5.0), (0.0, 4, 1.0),
])
def test_published_values(alpha, g, tokens):
    assert guesses.expected_tokens(alpha, g) == pytest.approx(tokens, abs=1e-3)


def test_a_dear_draft_makes_it_slower():
    assert guesses.speed_up(0.5, 4, 0.5) < 1 < guesses.speed_up(0.5, 4, 0.01)


def test_bad_input_is_refused():
    p = P[0]
    with pytest.raises(ValueError, match="are these logits"):
        speculate.residual(p * 3, p)
    with pytest.raises(ValueError, match="0 or more, got -0.5"):
        speculate.acceptance(torch.tensor([1.5, -0.5]), torch.tensor([0.5, 0.5]))
    with pytest.raises(ValueError, match="0 or more, got nan"):
        speculate.acceptance(torch.tensor([float("nan"), 1.0]), torch.tensor([0.5, 0.5]))
    with pytest.raises(ValueError, match="one vocabulary"):
        speculate.residual(p, torch.tensor([0.5, 0.5]).double())
    with pytest.raises(ValueError, match="2 guesses need 3 rows"):
        speculate.verify(P[:2], Q[:2], torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="cannot have drawn token 1"):
        speculate.verify(P[:2], torch.tensor([[1.0, 0, 0, 0]]).double(), torch.tensor([1]))
    with pytest.raises(ValueError, match="chance from 0 to 1"):
        guesses.expected_tokens(1.2, 3)
    with pytest.raises(ValueError, match="not negative"):
        guesses.speed_up(0.5, 3, -1)
    with pytest.raises(ValueError, match="0 guesses or more"):
        speculate.write(target, draft, torch.tensor([0]), 3, -1)
