"""The GPT that our own engine trains: its gradients are PyTorch's."""

import numpy as np
import pytest
import torch

from lessons.engine import gpt as ours
from lessons.engine.optim import AdamW
from lessons.gpt import model as theirs

CONFIG = theirs.Config(vocab_size=30, n_positions=12, n_layers=3, n_heads=4, d_model=16)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep to one thread: for such small matrices several would mostly wait for each other."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture
def twins():
    """Return one GPT twice, with weights far from 0, and tokens with the next ones."""
    torch.manual_seed(0)
    torchs = theirs.GPT(CONFIG).double()
    with torch.no_grad():
        for p in torchs.parameters():
            p.add_(torch.randn_like(p), alpha=0.2)
    rows = torch.randint(30, (4, 13))
    return (ours.GPT({name: w.numpy() for name, w in torchs.state_dict().items()}, n_heads=4),
            torchs, rows[:, :-1], rows[:, 1:])


def test_loss_and_all_gradients_are_pytorchs(twins):
    mine, torchs, tokens, targets = twins
    a = ours.loss(mine, tokens.numpy(), targets.numpy())
    b = theirs.loss(torchs, tokens, targets)
    a.backward()
    b.backward()
    assert abs(a.item() - b.item()) < 1e-12
    names = dict(torchs.named_parameters())
    assert mine.p.keys() == names.keys()
    for name, p in names.items():
        assert p.grad.abs().max() > 1e-4, name
        np.testing.assert_allclose(mine.p[name].grad, p.grad.numpy(), rtol=0, atol=1e-8,
                                   err_msg=name)


def test_five_steps_end_where_pytorchs_do(twins):
    mine, torchs, tokens, targets = twins
    settings = {"lr": 0.01, "weight_decay": 0.1}
    one = AdamW(mine.parameters(), **settings)
    other = torch.optim.AdamW(torchs.parameters(), **settings)
    for _ in range(5):
        one.zero_grad()
        other.zero_grad()
        ours.loss(mine, tokens.numpy(), targets.numpy()).backward()
        theirs.loss(torchs, tokens, targets).backward()
        one.step()
        other.step()
    for name, p in torchs.named_parameters():
        np.testing.assert_allclose(mine.p[name].data, p.detach().numpy(), rtol=0, atol=1e-8)


def test_the_first_weights_are_named_and_shaped_as_in_pytorch(twins):
    drawn, state = ours.first_weights(30, 12, n_layers=3, d_model=16), twins[1].state_dict()
    assert {name: w.shape for name, w in drawn.items()} == {
        name: tuple(w.shape) for name, w in state.items()}
    assert all(w.dtype == np.float32 for w in drawn.values())


@pytest.mark.parametrize("d_model, std", [(768, 0.02), (48, 0.08)])
def test_the_first_weights_are_as_large_as_gpt_2s_for_their_width(d_model, std):
    for name, w in ours.first_weights(200, 40, n_layers=1, d_model=d_model).items():
        adds = name.endswith(("out.weight", "down.weight"))
        fixed = {"bias": 0, "norm.weight": 1, "norm1.weight": 1, "norm2.weight": 1}
        if name.endswith(tuple(fixed)):
            assert (w == next(x for end, x in fixed.items() if name.endswith(end))).all()
        else:
            assert w.std() == pytest.approx(std / 2**0.5 if adds else std, rel=0.1)
            assert abs(w.mean()) < 0.1 * std


def test_it_does_not_look_ahead():
    model = ours.GPT(ours.first_weights(30, 8, 2, 16), n_heads=2)
    one, other = np.arange(8)[None], np.array([[0, 1, 2, 3, 9, 9, 9, 9]])
    a, b = model(one).data, model(other).data
    np.testing.assert_array_equal(a[:, :4], b[:, :4])
    assert abs(a[:, 4:] - b[:, 4:]).max() > 1e-4


def test_the_weights_it_was_made_from_do_not_change():
    weights = ours.first_weights(30, 8, 1, 16)
    before = {name: w.copy() for name, w in weights.items()}
    model = ours.GPT(weights, n_heads=2)
    optimiser = AdamW(model.parameters(), lr=0.1)
    ours.loss(model, [[1, 2]], [[2, 3]]).backward()
    optimiser.step()
    assert all((weights[name] == w).all() for name, w in before.items())
    assert any((model.weights()[name] != w).any() for name, w in before.items())


@pytest.mark.parametrize("tokens, said", [
    ([1, 2], "shape"), ([[]], "T from 1 to 8"), ([[0] * 9], "T from 1 to 8"), ([[30]], "got 30"),
])
def test_bad_tokens_are_refused(tokens, said):
    with pytest.raises(ValueError, match=said):
        ours.GPT(ours.first_weights(30, 8, 1, 16), n_heads=2)(tokens)


def test_heads_must_share_the_width():
    with pytest.raises(ValueError, match="must divide"):
        ours.GPT(ours.first_weights(30, 8, 1, 16), n_heads=3)
