"""The parts of a GPT that can be exchanged: each by what it promises."""

import pytest
import torch
from torch.nn import functional as F

from lessons.data import table
from lessons.gpt import model as gpt
from lessons.gpt.checks import check_causal
from lessons.gpt.model import Cache, Config
from lessons.gpt.variants import assembled, rounding
from lessons.gpt.variants.assembled import GPT, Parts, PostNorm, TwoAhead, initialise
from lessons.gpt.variants.attention import (
    Attention,
    Latent,
    Normalised,
    Retention,
    Rotary,
    rotate,
)
from lessons.gpt.variants.layers import Experts, RMSNorm, SquaredReLU, SwiGLU

CONFIG = Config(vocab_size=256, n_positions=16, n_layers=2, n_heads=4, d_model=32)


def tokens(*shape):
    return torch.randint(256, shape, generator=torch.Generator().manual_seed(1))


def seeded(build, *arguments, **named):
    torch.manual_seed(0)
    return build(*arguments, **named)


def test_the_default_parts_are_chapter_10s_model():
    ours, theirs = seeded(GPT, CONFIG), seeded(gpt.GPT, CONFIG)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    ours.load_state_dict(theirs.state_dict())
    assert torch.allclose(ours(tokens(2, 9)), theirs(tokens(2, 9)), atol=1e-6)


def test_the_other_order_draws_other_weights_of_the_same_size():
    one, other = seeded(GPT, CONFIG), seeded(GPT, CONFIG)
    torch.manual_seed(0)
    initialise(other, backwards=True)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        if a.numel() > 500:
            assert not torch.equal(a, b) and b.std().item() == pytest.approx(
                a.std().item(), rel=0.1
            )


@pytest.mark.parametrize(
    "parts",
    [
        Parts(),
        Parts(norm=RMSNorm),
        Parts(block=PostNorm),
        Parts(attention=Normalised),
        Parts(attention=Rotary, positions=False),
        Parts(mlp=SwiGLU),
        Parts(mlp=SquaredReLU),
        Parts(attention=lambda c: Attention(c, 1)),
        Parts(attention=lambda c: Latent(c, 6)),
        Parts(attention=(Retention, Rotary), positions=False),
        Parts(mlp=Experts),
    ],
)
def test_every_part_is_causal_and_learns(parts):
    model = seeded(GPT, CONFIG, parts)
    check_causal(model, 12)
    loss = gpt.loss(model, tokens(2, 12), tokens(2, 12).flip(1))
    loss.backward()
    assert loss.item() == pytest.approx(5.5, abs=0.2)
    assert sum(p.grad is not None and bool(p.grad.any()) for p in model.parameters()) > 10


@pytest.mark.parametrize(
    "parts",
    [
        Parts(),
        Parts(attention=Rotary, positions=False),
        Parts(attention=Normalised),
        Parts(attention=lambda c: Attention(c, 2)),
        Parts(attention=lambda c: Latent(c, 6)),
    ],
)
def test_with_a_cache_the_guesses_are_the_same(parts):
    model = seeded(GPT, CONFIG, parts).eval()
    text, caches = tokens(1, 10), model.new_caches()
    with torch.no_grad():
        whole = model(text)
        parts = [model(text[:, a:b], caches) for a, b in ((0, 4), (4, 5), (5, 10))]
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)


def test_scores_of_turned_vectors_depend_on_the_distance_alone():
    q, k = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    at = [[(rotate(q, i) @ rotate(k, j).T).item() for j in range(9)] for i in range(9)]
    for i in range(8):
        assert at[i + 1][4] == pytest.approx(at[i][3], abs=1e-6)
    assert at[5][1] != pytest.approx(at[5][2], abs=1e-3)
    assert torch.allclose(rotate(q, 1000).norm(), q.norm())
    with pytest.raises(ValueError, match="even width, got 3"):
        rotate(torch.ones(2, 3))


def test_a_model_with_learned_positions_cannot_read_on_and_a_rotary_one_can():
    with pytest.raises(ValueError, match="too many for 16 positions"):
        seeded(GPT, CONFIG)(tokens(1, 17))
    assert (
        seeded(GPT, CONFIG, Parts(attention=Rotary, positions=False))(tokens(1, 40)).shape[1] == 40
    )


def cache_bytes(attention, n_tokens):
    """Return what a layer really keeps, in bytes of 16 bits a number."""
    cache = Cache()
    with torch.no_grad():
        attention(torch.randn(1, n_tokens, CONFIG.d_model), cache)
    return 2 * (cache.keys.numel() + cache.values.numel())


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_shared_keys_take_the_bytes_of_the_formula(n_kv_heads):
    assert cache_bytes(Attention(CONFIG, n_kv_heads), 7) == 7 * 2 * n_kv_heads * 8 * 2
    assert cache_bytes(Latent(CONFIG, 6), 7) == 7 * 6 * 2


def test_shared_heads_that_are_copies_give_what_one_head_for_each_gives():
    full, shared = seeded(Attention, CONFIG), seeded(Attention, CONFIG, 1)
    q = full.qkv.weight[:32]
    k, v = shared.qkv.weight[32:].split(8)
    with torch.no_grad():
        full.qkv.weight.copy_(torch.cat([q, k.repeat(4, 1), v.repeat(4, 1)]))
        full.qkv.bias.zero_()
        shared.qkv.weight[:32].copy_(q)
        shared.qkv.bias.zero_()
        shared.out.load_state_dict(full.out.state_dict())
        x = torch.randn(1, 5, 32)
        assert torch.allclose(full(x), shared(x), atol=1e-6)
    for bad in (3, 0, 8):
        with pytest.raises(ValueError, match=f"n_kv_heads={bad} must divide"):
            Attention(CONFIG, bad)


def test_published_caches():
    bytes_of = {
        row["name"]: 2
        * row["n_layers"]
        * (row["n_latent"] or 2 * row["n_kv_heads"] * row["head_width"])
        for row in table("caches")
    }
    assert bytes_of == {
        "GPT-3 175B": 4_718_592,
        "Llama-2-7B": 524_288,
        "Llama-3-8B": 131_072,
        "Llama-3.1-405B": 516_096,
        "DeepSeek-V3": 70_272,
    }


def test_retention_read_token_by_token_gives_the_same():
    layer, x = seeded(Retention, CONFIG), torch.randn(2, 11, 32)
    assert torch.allclose(layer(x), layer.states(x), atol=1e-5)
    with pytest.raises(ValueError, match="write without a cache"):
        layer(x, Cache())


def test_queries_and_keys_of_one_length():
    layer = Normalised(CONFIG)
    q, k, _ = layer.heads(100 * torch.randn(1, 5, 32), 0)
    for part in (q, k):
        assert torch.allclose(part.norm(dim=-1), torch.full((1, 4, 5), 8**0.5), rtol=1e-3)


def test_a_norm_by_hand_and_torchs():
    x = torch.randn(3, 32)
    assert torch.allclose(RMSNorm(32)(x), F.rms_norm(x, (32,), eps=1e-6), atol=1e-6)


def test_a_gated_mlp_has_as_many_weights_as_a_plain_one():
    plain, gated = (
        sum(p.numel() for p in build(Config(256, 16, 1, 1, 96)).parameters() if p.dim() == 2)
        for build in (gpt.MLP, SwiGLU)
    )
    assert gated == plain


def test_experts_get_every_token_once_and_the_lonely_become_attractive():
    layer = seeded(Experts, CONFIG, 4, 0.1).train()
    x = torch.randn(3, 20, 32)
    y = layer(x)
    assert sum(layer.loads[0]) == 60 and y.shape == x.shape
    load = torch.tensor(layer.loads[0])
    assert torch.equal(layer.attraction.sign(), (15 - load).sign().float())
    p = layer.router(x).softmax(-1)
    i = int(p[1, 7].argmax())
    assert torch.allclose(y[1, 7], layer.experts[i](x[1, 7]) * p[1, 7, i], atol=1e-5)
    layer.eval()(x)
    assert len(layer.loads) == 1


def test_balance_evens_the_loads_out_and_its_absence_does_not():
    spread = {}
    for balance in (0.0, 0.02):
        layer, x = seeded(Experts, CONFIG, 4, balance).train(), torch.randn(1, 400, 32) + 0.7
        for _ in range(60):
            layer(x)
        spread[balance] = max(layer.loads[-1]) / 100
    assert spread[0.0] > spread[0.02] and spread[0.02] < 1.3


def test_the_second_head_guesses_the_token_after_the_next():
    model = seeded(TwoAhead, CONFIG)
    text, targets = tokens(2, 9), tokens(2, 9)
    h, E = model.hidden(text), model.token_embedding.weight
    second = F.cross_entropy(
        (model.second(h[:, :-1]) @ E.T).flatten(0, 1), targets[:, 1:].flatten()
    )
    both = assembled.loss_two_ahead(model, text, targets)
    assert both.item() == pytest.approx(gpt.loss(model, text, targets).item() + 0.3 * second.item())
    with pytest.raises(ValueError, match="second head"):
        assembled.loss_two_ahead(GPT(CONFIG), text, targets)


def test_one_kind_of_attention_for_each_block():
    with pytest.raises(ValueError, match="3 kinds of attention for 2 blocks"):
        GPT(CONFIG, Parts(attention=(Attention,) * 3))


def test_numbers_of_8_and_4_bits():
    x = torch.randn(4, 64, generator=torch.Generator().manual_seed(0)) * 1e-5
    assert not rounding.fp8(x).any()  # too small to be said without a scale
    for how, most in ((rounding.fp8_scaled, 0.04), (rounding.fp4_blocks, 0.2)):
        error = (how(x) - x).norm() / x.norm()
        assert 0.001 < error < most
    assert len(rounding.fp4_blocks(x)[0, :16].abs().unique()) <= 8
    assert torch.equal(rounding.fp4_blocks(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_a_scale_for_the_whole_tensor_would_let_later_tokens_through():
    def one_scale(x):
        scale = 448 / x.abs().amax().clamp(min=1e-30)
        return rounding.fp8(x * scale) / scale

    with pytest.raises(ValueError, match="tokens that come later"):
        check_causal(rounding.round_products(seeded(GPT, CONFIG), one_scale), 12)
    check_causal(rounding.round_products(seeded(GPT, CONFIG), rounding.fp8_scaled), 12)


def test_rounded_products_have_rounded_gradients():
    layer = rounding.round_products(
        torch.nn.Sequential(torch.nn.Linear(8, 4)), rounding.fp8_scaled
    )[0]
    x = torch.randn(5, 8, requires_grad=True)
    layer(x).backward(g := torch.randn(5, 4))
    how = rounding.fp8_scaled
    assert torch.allclose(x.grad, how(g) @ how(layer.weight))
    assert torch.allclose(layer.weight.grad, how(g).T @ how(x), atol=1e-6)
