"""The GPT against torch's own transformer layers, its sampling against brute force."""

import math
from dataclasses import replace

import pytest
import torch

from lessons.gpt import model as gpt, sampling

SMALL = gpt.Config(vocab_size=50, n_positions=16, n_layers=3, n_heads=4, d_model=32)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep to one thread: for such small matrices several would mostly wait for each other."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def small_gpt(seed=0, **changes):
    """Return a small model whose weights and biases are all far from 0 and from each other."""
    torch.manual_seed(seed)
    model = gpt.GPT(replace(SMALL, **changes))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p), alpha=0.2)
    return model


def some_tokens(B=2, T=16, seed=1, V=50):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Reference(torch.nn.Module):
    """The same function made of torch's encoder layers, with the weights of a `gpt.GPT`."""

    def __init__(self, model):
        super().__init__()
        c = model.config
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(
                c.d_model, c.n_heads, 4 * c.d_model, dropout=0.0, batch_first=True, norm_first=True,
                activation=lambda u: torch.nn.functional.gelu(u, approximate="tanh"),
            )
            for _ in range(c.n_layers)
        )
        self.model = [model]  # in a list, so that it is no part of this one
        for theirs, ours in zip(self.layers, model.blocks, strict=True):
            theirs.load_state_dict({
                "self_attn.in_proj_weight": ours.attention.qkv.weight,
                "self_attn.in_proj_bias": ours.attention.qkv.bias,
                "self_attn.out_proj.weight": ours.attention.out.weight,
                "self_attn.out_proj.bias": ours.attention.out.bias,
                "linear1.weight": ours.mlp.up.weight, "linear1.bias": ours.mlp.up.bias,
                "linear2.weight": ours.mlp.down.weight, "linear2.bias": ours.mlp.down.bias,
                "norm1.weight": ours.norm1.weight, "norm1.bias": ours.norm1.bias,
                "norm2.weight": ours.norm2.weight, "norm2.bias": ours.norm2.bias,
            })

    def inputs(self, tokens):
        """Return what each layer reads, and last what the last one writes."""
        model, T = self.model[0], tokens.shape[1]
        table = model.token_embedding.weight
        x = torch.stack([table[row] for row in tokens]) + model.position_embedding.weight[:T]
        mask = torch.full((T, T), -math.inf, dtype=x.dtype).triu(1)
        outputs = [x]
        for layer in self.layers:
            outputs.append(layer(outputs[-1], src_mask=mask))
        return outputs

    def forward(self, tokens):
        model, x = self.model[0], self.inputs(tokens)[-1]
        x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()
        return (x * model.norm.weight + model.norm.bias) @ model.token_embedding.weight.T


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_logits_and_gradients_are_those_of_torchs_layers(dtype, tolerance):
    model = small_gpt().to(dtype)
    reference, tokens = Reference(model).to(dtype), some_tokens()
    ours, theirs = model(tokens), reference(tokens)
    assert ours.dtype == dtype and ours.shape == (2, 16, 50)
    scale = theirs.abs().max()
    torch.testing.assert_close(ours / scale, theirs / scale, rtol=0, atol=tolerance)
    ours.square().mean().backward()
    theirs.square().mean().backward()  # its layers hold copies, the embeddings are shared
    for block, layer in zip(model.blocks, reference.layers, strict=True):
        for g, h in [(block.attention.qkv.weight.grad, layer.self_attn.in_proj_weight.grad),
                     (block.mlp.up.bias.grad, layer.linear1.bias.grad)]:
            torch.testing.assert_close(g / h.abs().max(), h / h.abs().max(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("sizes, n_parameters", [
    ({}, 124_439_808),
    ({"n_layers": 24, "n_heads": 16, "d_model": 1024}, 354_823_168),
    ({"n_layers": 36, "n_heads": 20, "d_model": 1280}, 774_030_080),
    ({"n_layers": 48, "n_heads": 25, "d_model": 1600}, 1_557_611_200),
])
def test_the_sizes_of_gpt2_count_as_published(sizes, n_parameters):
    with torch.device("meta"):
        model = gpt.GPT(gpt.Config(**sizes))
        assert gpt.n_parameters(model) == n_parameters
        assert model(torch.zeros(1, 1024, dtype=torch.int64)).shape == (1, 1024, 50257)


def test_the_first_weights_are_gpt2s():
    torch.manual_seed(0)
    model = gpt.GPT(gpt.Config(vocab_size=500, n_positions=64, n_layers=8, n_heads=4, d_model=128))
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all(), name
        elif "norm" in name:
            assert (p == 1).all(), name
        else:
            adds = name.endswith(("attention.out.weight", "mlp.down.weight"))
            assert p.std().item() == pytest.approx(0.005 if adds else 0.02, rel=0.05), name
            assert abs(p.mean().item()) < 0.001, name


def test_the_names_of_the_layers():
    names = {name.replace(".weight", "").replace(".bias", "").replace("blocks.0.", "")
             for name in gpt.GPT(replace(SMALL, n_layers=1)).state_dict()}
    assert names == {"token_embedding", "position_embedding", "norm", "norm1", "norm2",
                     "attention.qkv", "attention.out", "mlp.up", "mlp.down"}


@pytest.mark.parametrize("place", [1, 7, 15])
def test_a_later_token_changes_no_earlier_logit(place):
    model, tokens = small_gpt().double(), some_tokens()
    changed = tokens.clone()
    changed[:, place] = (changed[:, place] + 1) % 50
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :place], after[:, :place])
    assert (before[:, place:] != after[:, place:]).any(dim=-1).all()  # but each one from there on


@pytest.mark.parametrize("steps", [[16], [1] * 16, [5, 1, 7, 3], [1, 15]])
def test_the_cache_changes_no_logit(steps):
    model, tokens = small_gpt().double(), some_tokens()
    caches = model.new_caches()
    parts = [model(part, caches) for part in tokens.split(steps, dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), model(tokens), rtol=0, atol=1e-10)
    assert [cache.n_tokens for cache in caches] == [16] * 3
    with pytest.raises(ValueError, match="17 tokens are too many for 16 positions"):
        model(tokens[:, :1], caches)


@pytest.mark.parametrize("settings", [
    {"temperature": 0}, {}, {"temperature": 0.7, "top_k": 5}, {"top_p": 0.8},
])
@pytest.mark.parametrize("T, n_new", [(1, 15), (4, 30), (16, 3), (20, 5), (3, 0)])
def test_the_cache_changes_no_token_also_past_the_last_position(T, n_new, settings):
    model, tokens = small_gpt().double(), some_tokens(T=T)
    texts = [sampling.generate(model, tokens, n_new, generator=generator(), use_cache=use,
                               **settings) for use in (True, False)]
    assert torch.equal(*texts)
    assert texts[0].shape == (2, T + n_new) and torch.equal(texts[0][:, :T], tokens)


def test_the_cache_is_used(monkeypatch):
    model, read = small_gpt(), []
    embed = gpt.GPT.embed
    monkeypatch.setattr(gpt.GPT, "embed", lambda self, tokens, n_past=0:
                        read.append(tokens.shape[1]) or embed(self, tokens, n_past))
    sampling.generate(model, some_tokens(T=4), 14, temperature=0)
    assert read == [4] + [1] * 12 + [16]
    read.clear()
    sampling.generate(model, some_tokens(T=4), 14, temperature=0, use_cache=False)
    assert read == [*range(4, 17), 16]


def test_temperature_0_takes_the_likeliest_token():
    model, tokens = small_gpt(), some_tokens(T=3)
    for _ in range(10):
        likeliest = model(tokens)[:, -1].argmax(-1, keepdim=True)
        tokens = torch.cat([tokens, likeliest], dim=1)
    assert torch.equal(sampling.generate(model, tokens[:, :3], 10, temperature=0), tokens)


def test_from_a_long_text_only_the_end_counts():
    model, text = small_gpt(), some_tokens(T=30)
    continued = sampling.generate(model, text, 4, temperature=0)
    from_end = sampling.generate(model, text[:, -16:], 4, temperature=0)
    assert torch.equal(from_end, continued[:, -20:])


def brute_force(logits, temperature, top_k, top_p):
    """Filter one row of logits with plain Python."""
    exps = [math.exp(z / temperature) for z in logits]
    likeliest = sorted(range(len(exps)), key=lambda i: (-exps[i], i))
    kept = likeliest if top_k is None else likeliest[:top_k]
    total, nucleus, mass = sum(exps[i] for i in kept), [], 0.0
    for i in kept:
        if top_p is not None and mass >= top_p:
            break
        nucleus.append(i)
        mass += exps[i] / total
    total = sum(exps[i] for i in nucleus)
    return [exps[i] / total if i in nucleus else 0.0 for i in range(len(exps))]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [None, 1, 4, 11, 40])
@pytest.mark.parametrize("top_p", [None, 1e-9, 0.3, 0.9, 1.0])
def test_probabilities_are_those_of_brute_force(temperature, top_k, top_p):
    logits = torch.randn(6, 11, generator=generator(), dtype=torch.float64)
    logits[0, 3:6] = logits[0, 2]  # equals: the first ones stay
    got = sampling.probabilities(logits, temperature, top_k, top_p)
    wanted = [brute_force(row, temperature, top_k, top_p) for row in logits.tolist()]
    torch.testing.assert_close(got, torch.tensor(wanted, dtype=torch.float64), rtol=0, atol=1e-12)


def test_probabilities_survive_extremes():
    logits = torch.tensor([[1e4, 0.0, -math.inf], [3.0, 3.0, -1e4]])
    assert sampling.probabilities(logits, 1e-36).tolist() == [[1, 0, 0], [0.5, 0.5, 0]]
    assert sampling.probabilities(logits, 0).tolist() == [[1, 0, 0], [1, 0, 0]]
    torch.testing.assert_close(sampling.probabilities(logits[1:], 1e30), torch.full((1, 3), 1 / 3))


def test_top_p_1_keeps_every_token_however_sums_are_rounded():
    logits = 3 * torch.randn(8, 20_000, generator=generator())
    p = sampling.probabilities(logits)
    assert ((p.sort(descending=True).values.cumsum(-1) - p.amin(-1, keepdim=True)) >= 1).any()
    assert torch.equal(sampling.probabilities(logits, top_p=1.0), p)


def test_tokens_are_drawn_with_the_models_probabilities():
    model, start = small_gpt(vocab_size=5), some_tokens(B=1, T=3, V=5)
    n = 4000
    drawn = sampling.generate(model, start.expand(n, -1), 1, temperature=3, generator=generator())
    shares = torch.bincount(drawn[:, -1], minlength=5) / n
    p = sampling.probabilities(model(start)[:, -1], temperature=3)[0]
    assert p.max() < 0.9
    error = (p * (1 - p) / n).sqrt()
    assert ((shares - p).abs() < 4 * error + 1e-9).all()


def test_only_the_generator_decides():
    model, start = small_gpt(), some_tokens(T=2)
    first, again, other = (sampling.generate(model, start, 12, generator=generator(seed))
                           for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("settings, message", [
    ({"temperature": -0.1}, "temperature"), ({"temperature": math.inf}, "temperature"),
    ({"temperature": math.nan}, "temperature"), ({"top_p": 0}, "top_p"), ({"top_p": 1.1}, "top_p"),
    ({"top_p": -1}, "top_p"), ({"top_p": math.nan}, "top_p"), ({"top_k": 0}, "top_k"),
    ({"top_k": -3}, "top_k"), ({"top_k": math.nan}, "top_k"),
])
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        sampling.generate(small_gpt(), some_tokens(), 1, **settings)
    with pytest.raises(ValueError, match=message):
        sampling.probabilities(torch.zeros(1, 4), **settings)


@pytest.mark.parametrize("changes, message", [
    ({"d_model": 30}, "n_heads=4 must divide d_model=30"), ({"n_layers": 0}, "n_layers is a whole"),
    ({"vocab_size": 1.5}, "vocab_size is a whole"), ({"n_heads": -1}, "n_heads is a whole"),
    ({"n_positions": "9"}, "n_positions is a whole"), ({"dropout": 1.0}, "dropout is a share"),
    ({"dropout": -0.1}, "dropout is a share"),
])
def test_sizes_that_make_no_model_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)


@pytest.mark.parametrize("tokens, message", [
    (torch.zeros(1, 17, dtype=torch.int64), "17 tokens are too many for 16 positions"),
    (torch.tensor([[3, 50]]), "go from 0 to 49, got 3 to 50"),
    (torch.tensor([[-1, 4]]), "got -1 to 4"),
    (torch.zeros(4, dtype=torch.int64), r"shape \(B, T\), T from 1 on, got \(4,\)"),
    (torch.zeros(1, 0, dtype=torch.int64), r"got \(1, 0\)"),
])
def test_tokens_that_the_model_cannot_read_are_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        small_gpt()(tokens)
    with pytest.raises(ValueError, match=message):
        gpt.attention_weights(small_gpt(), tokens)
    if tokens.shape[-1] <= 16:  # a longer text is cut
        with pytest.raises(ValueError, match=message):
            sampling.generate(small_gpt(), tokens, 1)


def test_attention_weights_are_those_of_torchs_layers():
    model, tokens = small_gpt().double(), some_tokens(T=9)
    weights = gpt.attention_weights(model, tokens)
    reference = Reference(model).double()
    mask = torch.full((9, 9), -math.inf, dtype=torch.float64).triu(1)
    layers = zip(reference.layers, reference.inputs(tokens), strict=False)
    wanted = torch.stack([
        layer.self_attn(*[layer.norm1(x)] * 3, attn_mask=mask, average_attn_weights=False)[1]
        for layer, x in layers
    ])
    assert weights.shape == (3, 2, 4, 9, 9)
    torch.testing.assert_close(weights, wanted, rtol=0, atol=1e-10)


def test_loss_is_the_mean_surprise_and_begins_at_chance():
    torch.manual_seed(0)
    model, tokens = gpt.GPT(replace(SMALL, vocab_size=1000)), some_tokens(8, V=1000)
    targets = some_tokens(8, seed=2, V=1000)
    p = model(tokens).softmax(-1)
    by_hand = -sum(p[b, t, targets[b, t]].log() for b in range(8) for t in range(16)) / (8 * 16)
    value = gpt.loss(model, tokens, targets)
    torch.testing.assert_close(value, by_hand)
    assert value.item() == pytest.approx(math.log(1000), abs=0.1)


def test_gradients_reach_every_parameter():
    model = small_gpt(dropout=0.1)
    gpt.loss(model, some_tokens(), some_tokens(seed=2)).backward()
    for name, p in model.named_parameters():
        changed = (p.grad != 0).float().mean()
        # A bias of the keys adds the same to all scores of a query: softmax takes it out again.
        rows = p.grad[32:64] if name.endswith("qkv.bias") else None
        assert changed > 0.3, name
        assert rows is None or rows.abs().max() < 1e-5 * p.grad.abs().max(), name


def test_one_batch_is_soon_known_by_heart():
    torch.manual_seed(0)
    model = gpt.GPT(SMALL)
    text = some_tokens(4, 17)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(80):
        optimiser.zero_grad()
        value = gpt.loss(model, text[:, :-1], text[:, 1:])
        value.backward()
        optimiser.step()
    assert value < 0.05
    assert torch.equal(sampling.generate(model, text[:, :4], 12, temperature=0), text[:, :16])


def test_dropout_acts_in_training_only_and_comes_back():
    model, tokens = small_gpt(dropout=0.5), some_tokens()
    assert not torch.equal(model(tokens), model(tokens))
    torch.testing.assert_close(gpt.attention_weights(model, tokens).sum(-1),
                               torch.ones(3, 2, 4, 16))
    assert torch.equal(gpt.attention_weights(model, tokens), gpt.attention_weights(model, tokens))
    assert torch.equal(*[sampling.generate(model, tokens, 3, temperature=0) for _ in range(2)])
    assert model.training and model.blocks[0].attention.training
    with pytest.raises(ValueError), gpt.evaluating(model):
        raise ValueError
    assert model.training
    model.eval()
    assert torch.equal(model(tokens), model(tokens))
    sampling.generate(model, tokens, 1)
    assert not model.training


def test_each_dropout_acts():
    tokens, plain = some_tokens(), small_gpt()
    wanted = plain(tokens)
    for name in ("dropout", "blocks.1.attention.dropout", "blocks.1.mlp.dropout"):
        model = small_gpt()
        model.get_submodule(name).p = 0.5
        assert not torch.equal(model(tokens), wanted), name


def test_attention_drops_weights_and_outputs(monkeypatch):
    shares, attend = [], torch.nn.functional.scaled_dot_product_attention

    def undropped(q, k, v, mask, dropout, is_causal):
        shares.append(dropout)
        return attend(q, k, v, mask, 0.0, is_causal)

    monkeypatch.setattr(gpt.F, "scaled_dot_product_attention", undropped)
    layer = small_gpt(dropout=0.5).blocks[0].attention
    x = torch.randn(4, 8, 32, generator=generator())
    trained, evaluated = layer(x), layer.eval()(x)
    dropped = trained == 0
    assert shares == [0.5, 0.0]
    assert 0.4 < dropped.float().mean() < 0.6 and (evaluated != 0).all()
    torch.testing.assert_close(trained[~dropped], 2 * evaluated[~dropped])


def test_writing_leaves_no_graph_and_tokens_that_can_be_trained_on():
    model = small_gpt()
    text = sampling.generate(model, some_tokens(T=1), 8)
    assert not text.requires_grad and not text.is_inference()
    gpt.loss(model, text[:, :-1], text[:, 1:]).backward()
