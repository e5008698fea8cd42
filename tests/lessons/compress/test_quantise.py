"""Short numbers: worked values, bounds, torchao's where the scheme is the same, bad input."""

import warnings

import pytest
import torch
from torch import nn

from lessons.compress.quantise import (
    SCHEMES,
    int8_product,
    pack4,
    quantise,
    quantised_copy,
    unpack4,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torchao's own, of its first compilation too
    from torchao.quantization import Int8WeightOnlyConfig, IntxWeightOnlyConfig, quantize_
    from torchao.quantization.granularity import PerGroup
    from torchao.quantization.quant_primitives import (
        MappingType,
        choose_qparams_affine,
        dequantize_affine,
        quantize_affine,
    )

PERS = ["tensor", "row", 16]


@pytest.fixture
def w():
    w = torch.randn(24, 64, generator=torch.Generator().manual_seed(0))
    w[3, 5], w[7] = 9.0, w[7] + 2
    return w


def theirs(w, bits, per, mapping, low, high, zero):
    """Return torchao's codes, scales and numbers for one of our groupings."""
    block = {"tensor": w.shape, "row": (1, w.shape[1])}.get(per, (1, per))
    kinds = {"target_dtype": torch.int8 if low < 0 else torch.uint8}
    scale, point = choose_qparams_affine(w, mapping, block, quant_min=low, quant_max=high,
                                         eps=1e-12, scale_dtype=torch.float32,
                                         zero_point_dtype=zero, **kinds)
    codes = quantize_affine(w, block, scale, point, kinds["target_dtype"], low, high)
    back = dequantize_affine(codes, block, scale, point, kinds["target_dtype"], low, high)
    return codes, scale, back


@pytest.mark.parametrize("per", PERS)
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_codes_and_numbers_are_torchaos(w, bits, per, scheme):
    top = 2 ** (bits - 1) - 1
    low, high = {"narrow": (-top, top), "full": (-top - 1, top),
                 "shifted": (0, 2**bits - 1)}[scheme]
    mapping = MappingType.ASYMMETRIC if scheme == "shifted" else MappingType.SYMMETRIC
    codes, scale, back = theirs(w, bits, per, mapping, low, high, torch.int32)
    ours = quantise(w, bits, per, scheme)
    assert torch.allclose(ours.scale.flatten(), scale.flatten(), rtol=1e-6)
    assert torch.equal(ours.codes.view(w.shape).int(), codes.int())
    assert torch.allclose(ours.dequantise(), back, rtol=1e-6, atol=1e-7)


def test_the_librarys_own_settings_are_the_scheme_full(w):
    for config, ours in ((Int8WeightOnlyConfig(), quantise(w, 8, "row", "full")),
                         (IntxWeightOnlyConfig(weight_dtype=torch.int4, granularity=PerGroup(32)),
                          quantise(w, 4, 32, "full"))):
        model = nn.Sequential(nn.Linear(64, 24))
        model[0].weight.data.copy_(w)
        quantize_(model, config)
        found = model[0].weight.dequantize()
        assert torch.allclose(found, ours.dequantise(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("per", PERS)
@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_number_moves_further_than_half_a_step(w, bits, per, scheme):
    q = quantise(w, bits, per, scheme)
    # "full" cuts the largest by up to half a step, and a shift is rounded itself
    steps = 0.5 if scheme == "narrow" else 1.0
    gap = (q.dequantise() - w).abs().reshape(q.codes.shape)
    assert (gap <= steps * q.scale + 1e-6).all()
    assert q.codes.unique().numel() <= 2**bits


def test_zero_stays_zero_and_rows_of_zeros_do_no_harm():
    for scheme in SCHEMES:
        w = torch.tensor([[0.0, 0.0], [0.0, 3.0]])
        assert torch.equal(quantise(w, 4, "row", scheme).dequantise()[0], torch.zeros(2))
        assert quantise(w, 4, "row", scheme).dequantise()[1, 0] == 0


def test_finer_groups_err_less(w):
    errors = [(quantise(w, 4, per).dequantise() - w).norm() for per in PERS]
    assert errors[0] > 1.2 * errors[1] > 1.2 * errors[2]


def test_bytes_are_counted():
    w = torch.ones(8, 32)
    assert quantise(w, 8, "row").n_bytes == 256 + 8 * 2
    assert quantise(w, 4, 16).n_bytes == 128 + 16 * 2
    shifted = torch.linspace(-1, 2, 256).view(8, 32)
    assert quantise(shifted, 4, "tensor", "shifted").n_bytes == 128 + 2 + 0.5


def test_packing_goes_there_and_back():
    codes = torch.arange(-8, 8, dtype=torch.int8).view(2, 8)
    assert pack4(codes).dtype == torch.uint8 and pack4(codes).shape == (2, 4)
    assert torch.equal(unpack4(pack4(codes)), codes)


def test_the_product_of_whole_numbers_is_that_of_what_they_mean(w):
    x = torch.randn(5, 64, generator=torch.Generator().manual_seed(1))
    meant = quantise(x).dequantise() @ quantise(w).dequantise().T
    assert torch.allclose(int8_product(x, w), meant, rtol=1e-4, atol=1e-4)
    exact = torch._int_mm(quantise(torch.cat([x] * 4)).codes, quantise(w).codes.T)[:5]
    assert torch.equal(exact, quantise(x).codes.int() @ quantise(w).codes.int().T)


def test_a_copy_leaves_the_model_alone():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2))
    before = model[0].weight.clone()
    short, n_bytes = quantised_copy(model, 2)
    assert torch.equal(model[0].weight, before) and not torch.equal(short[0].weight, before)
    assert n_bytes == (32 + 8) * 2 / 8 + 6 * 2 + 6 * 2
    assert (quantise(before, 2).dequantise() == short[0].weight).all()


@pytest.mark.parametrize(("given", "says"), [
    ({"bits": 1}, "from 2 to 8, got 1"), ({"bits": 4.0}, "from 2 to 8"),
    ({"per": 5}, "divides the 64 numbers"), ({"per": 0}, "divides"), ({"per": "column"}, "column"),
    ({"scheme": "log"}, "got 'log'"),
])
def test_bad_settings_are_refused(w, given, says):
    with pytest.raises(ValueError, match=says):
        quantise(w, **given)


def test_bad_weights_are_refused():
    with pytest.raises(ValueError, match="1 not finite"):
        quantise(torch.tensor([[1.0, float("nan")]]))
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        quantise(torch.ones(3))
    with pytest.raises(ValueError, match="3 is odd"):
        pack4(torch.ones(3, dtype=torch.int8))
    with pytest.raises(ValueError, match="got -9 to 7"):
        pack4(torch.tensor([-9, 7]))
