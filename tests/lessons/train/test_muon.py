"""Muon: its singular values, its size of step, its groups."""

import pytest
import torch

from lessons.gpt.model import GPT, Config
from lessons.train.muon import muon, orthogonalise


@pytest.mark.parametrize("shape", [(128, 512), (512, 128)])
def test_singular_values_of_a_gaussian_matrix_end_near_one(shape):
    G = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    s = torch.linalg.svdvals(orthogonalise(G))
    assert s.min() >= 0.68 and s.max() <= 1.14
    assert orthogonalise(G).shape == G.shape


def test_directions_stay_and_only_their_sizes_change():
    G = torch.randn(8, 20, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    U, s, V = torch.linalg.svd(G, full_matrices=False)
    X = orthogonalise(G)
    middle = U.T @ X @ V.T
    assert torch.allclose(middle, middle.diagonal().diag(), atol=1e-9)
    tiny = orthogonalise(torch.diag(torch.tensor([1.0, 1e-4]))).diagonal()
    assert tiny[1] < 0.06  # five steps do not lift what is ten thousand times smaller
    assert orthogonalise(torch.zeros(2, 3)).abs().max() == 0
    with pytest.raises(ValueError, match="only a matrix"):
        orthogonalise(torch.ones(3))


def test_a_step_has_the_size_of_adams_and_other_parameters_get_adam():
    torch.manual_seed(0)
    model = GPT(Config(32, 8, 1, 2, 16))
    optimiser = muon(model, lr=0.01, weight_decay=0.0)
    before = {name: p.clone() for name, p in model.named_parameters()}
    tokens = torch.randint(32, (4, 8))
    model(tokens).logsumexp(-1).sum().backward()
    optimiser.step()
    sizes = {
        name: (p - before[name]).square().mean().sqrt().item() / 0.01
        for name, p in model.named_parameters()
    }
    assert 0.1 < sizes["blocks.0.mlp.up.weight"] < 0.3  # 0.2, and singular values of 0.7 to 1.2
    assert 0.5 < sizes["token_embedding.weight"] <= 1.01  # Adam's first step is the rate
    kinds = [group.get("orthogonal", False) for group in optimiser.param_groups]
    assert kinds == [True, False, False]
    assert sum(len(g["params"]) for g in optimiser.param_groups) == len(list(model.parameters()))


def test_a_model_without_blocks_is_refused():
    with pytest.raises(ValueError, match="no matrix in model.blocks"):
        muon(torch.nn.Linear(2, 2), lr=0.1)
