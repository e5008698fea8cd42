"""What comes after pre-training: worked values, torch's own derivatives, enumeration, bad input."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch

from lessons.align import answers, preferences, rewards, tries
from lessons.gpt.model import GPT, Config


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(Config(vocab_size=8, n_positions=8, n_layers=1, n_heads=2, d_model=16)).double()


@pytest.mark.parametrize(("n", "c", "k", "worth"), [
    (5, 2, 1, 0.4), (5, 2, 2, 0.7), (5, 2, 3, 0.9), (5, 2, 4, 1.0), (10, 0, 10, 0.0),
    (10, 3, 5, 1 - 21 / 252), (200, 1, 100, 0.5),
])
def test_pass_at_k_has_its_worked_values(n, c, k, worth):
    assert tries.pass_at_k(n, c, k) == pytest.approx(worth, abs=1e-12)


def test_pass_at_k_is_right_on_average_and_the_plain_formula_is_not():
    n, k, p = 8, 4, 0.3
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    truth = 1 - (1 - p) ** k
    ours = sum(w * tries.pass_at_k(n, c, k) for c, w in enumerate(chances))
    plain = sum(w * (1 - (1 - c / n) ** k) for c, w in enumerate(chances))
    assert ours == pytest.approx(truth, abs=1e-12) and plain < truth - 0.01


def test_the_best_of_n_is_the_mean_over_all_choices():
    rng = np.random.default_rng(0)
    scores, values = rng.integers(0, 4, 7).astype(float), rng.normal(size=7)
    for n in (1, 2, 5, 7):
        means = []
        for some in map(list, itertools.combinations(range(7), n)):
            best = np.flatnonzero(scores[some] == scores[some].max())
            means.append(values[some][best].mean())
        # Equals share: a choice may hold some of them only, but all are alike on average.
        assert tries.best_of(scores, values, n) == pytest.approx(np.mean(means), abs=1e-12)


def test_the_best_of_n_by_truth_is_pass_at_k():
    right = np.array([1, 0, 0, 1, 0, 0, 0.0])
    assert tries.best_of(right, right, 3) == pytest.approx(tries.pass_at_k(7, 2, 3))


@pytest.mark.parametrize("beta", [0.05, 1.0])
def test_the_gradient_of_dpo_is_torchs(beta):
    generator = torch.Generator().manual_seed(1)
    logs = torch.randn(4, 6, generator=generator, dtype=torch.float64) * 3
    policy = logs[0].requires_grad_(), logs[1].clone().requires_grad_()
    loss = preferences.dpo_loss(policy, (logs[2], logs[3]), beta)
    found = torch.autograd.grad(loss, policy)
    for mine, theirs in zip(preferences.dpo_gradient(policy, (logs[2], logs[3]), beta), found,
                            strict=True):
        assert torch.allclose(mine, theirs, rtol=0, atol=1e-8)


def test_the_gradient_of_dpo_goes_through_a_model(model):
    tokens = torch.tensor([[1, 2, 3, 4, 0], [1, 2, 5, 0, 0]])
    masks = answers.answer_mask(tokens, 2, (0,))
    reference = copy.deepcopy(model)
    with torch.no_grad():
        known = answers.answer_log_probs(reference, tokens, masks)
    now = answers.answer_log_probs(model, tokens, masks)
    pair, ref = (now[:1], now[1:]), (known[:1], known[1:])
    params = list(model.parameters())
    whole = torch.autograd.grad(preferences.dpo_loss(pair, ref, 0.3), params, retain_graph=True)
    by_hand = torch.autograd.grad(now, params, torch.cat(preferences.dpo_gradient(pair, ref, 0.3)))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-8)
               for a, b in zip(whole, by_hand, strict=True))


def test_dpo_is_the_loss_of_a_reward_model(model):
    policy = torch.tensor([-1.0, -2.0]), torch.tensor([-3.0, -1.0])
    reference = torch.tensor([-2.0, -2.0]), torch.tensor([-2.0, -2.0])
    score = [0.2 * (p - r) for p, r in zip(policy, reference, strict=True)]
    assert preferences.dpo_loss(policy, reference, 0.2) == preferences.preference_loss(*score)
    with pytest.raises(ValueError, match="beta is above 0"):
        preferences.dpo_loss(policy, reference, 0.0)


def test_a_reward_model_reads_to_the_last_token_only(model):
    judge = preferences.RewardModel(model)
    torch.nn.init.ones_(judge.score.weight)
    judge = judge.double()
    one, other = torch.tensor([[1, 2, 3, 0]]), torch.tensor([[1, 2, 3, 7]])
    assert judge(one, torch.tensor([2])) == judge(other, torch.tensor([2]))
    assert judge(one, torch.tensor([3])) != judge(other, torch.tensor([3]))


def test_the_advantage_of_grpo_has_its_worked_values():
    got = rewards.advantages(torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]]), least=0)
    half = math.sqrt(3) / 2  # the deviation of four with n - 1 below
    assert got[0].tolist() == pytest.approx([half, -half, -half, half])
    agreed = rewards.advantages(torch.ones(1, 4))
    assert agreed.tolist() == [[0.0] * 4]


def test_a_constant_changes_nothing_with_a_group_and_something_without():
    r = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    for baseline in ("group", "group, divided"):
        assert torch.allclose(rewards.advantages(r, baseline), rewards.advantages(r + 1, baseline))
    assert not torch.equal(rewards.advantages(r, "none"), rewards.advantages(r + 1, "none"))


def test_the_gradient_of_the_policy_loss_is_that_of_the_expected_reward():
    logits = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64, requires_grad=True)
    worth = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    p = logits.softmax(0)
    (true,) = torch.autograd.grad(-(p * worth).sum(), logits, retain_graph=True)
    # Every answer once, weighted by its chance: the mean over draws, without drawing.
    weighted = rewards.policy_loss(p.log(), worth * p.detach() * 3)
    (mine,) = torch.autograd.grad(weighted, logits)
    assert torch.allclose(true, mine, atol=1e-12)


def test_straying_is_kl_on_average():
    p = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    q = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    each = [rewards.straying(a.view(1, 1).log(), b.view(1, 1).log(), torch.ones(1, 1)).item()
            for a, b in zip(p, q, strict=True)]
    assert min(each) > 0
    assert float((p * torch.tensor(each)).sum()) == pytest.approx(float((p * (p / q).log()).sum()))


@pytest.mark.parametrize("given", [float("nan"), float("inf"), None, "1", "good"])
def test_a_reward_that_is_not_a_number_is_told(given):
    with pytest.raises(ValueError, match=r"the reward of '5' to '2\+2=' is"):
        rewards.rewards_of(lambda q, a: given if a == "5" else 1.0, ["2+2="], [["4", "5"]])


@pytest.mark.parametrize(("bad", "said"), [
    ((torch.tensor([[1.0, float("nan")]]),), "1 that are not finite"),
    ((torch.ones(3),), "shape"),
    ((torch.ones(2, 1),), "draw two or more"),
    ((torch.ones(2, 2), "some"), "baselines are"),
])
def test_bad_rewards_are_told(bad, said):
    with pytest.raises(ValueError, match=said):
        rewards.advantages(*bad)


def test_the_mask_holds_the_answer_and_its_end():
    tokens = torch.tensor([[7, 0, 1, 2, 0, 0], [7, 7, 1, 2, 3, 4]])
    assert answers.answer_mask(tokens, 2, (0,)).int().tolist() == [[0, 1, 1, 1, 0],
                                                                   [0, 1, 1, 1, 1]]
    with pytest.raises(ValueError, match="question's 6 tokens"):
        answers.answer_mask(tokens, 6, (0,))


def test_the_loss_on_answers_does_not_see_the_question(model):
    tokens = torch.tensor([[1, 2, 3, 4, 0]])
    mask = answers.answer_mask(tokens, 2, (0,))
    logp = model(tokens[:, :-1]).log_softmax(-1)
    by_hand = -(logp[0, 1, 3] + logp[0, 2, 4] + logp[0, 3, 0]) / 3
    assert answers.answer_loss(model, tokens, mask).item() == pytest.approx(by_hand.item())
    with pytest.raises(ValueError, match="a mask of"):
        answers.answer_loss(model, tokens, mask[:, 1:])
    with pytest.raises(ValueError, match="nothing to learn"):
        answers.answer_loss(model, tokens, mask & False)


@pytest.mark.parametrize("call", [
    lambda: tries.pass_at_k(4, 5, 1), lambda: tries.pass_at_k(4, 1, 5),
    lambda: tries.best_of([1, 2], [1], 1), lambda: tries.best_of([1, 2], [1, 2], 3),
    lambda: tries.most_given([]),
])
def test_bad_tries_are_told(call):
    with pytest.raises(ValueError, match="n|answers"):
        call()
