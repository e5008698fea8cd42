"""Another function in the place of numpy's product of matrices."""

import ctypes

import numpy as np
import pytest

from lessons.live.product import replace

LOOP = ctypes.CFUNCTYPE(None, *[ctypes.POINTER(ctypes.c_ssize_t)] * 3, ctypes.c_void_p)


def test_products_call_it_and_others_do_not():
    dims = []

    @LOOP
    def noted(args, sizes, steps, data):
        dims.append(sizes[:4])
        ctypes.c_double.from_address(args[2]).value = 42.0

    a = np.ones((2, 1, 3))
    before = replace("float64", ctypes.cast(noted, ctypes.c_void_p).value)
    try:
        found = [(a @ a.mT)[0, 0, 0], (a.mT[0] @ a[0])[0, 0], np.matmul(a[0], np.ones(3))[0]]
        others = [(a.astype(kind) @ a.mT.astype(kind))[0, 0, 0] for kind in ("f4", "i8", "c16")]
    finally:
        again = replace("float64", before)
    assert found == [42.0] * 3 and others == [3] * 3
    assert dims == [[2, 1, 3, 1], [1, 3, 1, 3], [1, 1, 3, 1]]
    assert again == ctypes.cast(noted, ctypes.c_void_p).value
    assert (a @ a.mT)[0, 0, 0] == 3


def test_a_type_that_numpy_does_not_multiply():
    with pytest.raises(LookupError, match="numpy multiplies no matrices of <U1"):
        replace("<U1", 1)
