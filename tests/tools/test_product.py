"""The products of matrices of a page's numpy: the programs themselves, run here."""

import numpy as np
import pytest
import wasmtime
from hypothesis import given, settings, strategies as st

from tools.pyodide.product import WORDS, program, programs

N_BYTES = 2 << 20
ARGUMENTS, ARRAYS = 150_000, 160_000  # where they are; the program's own memory is before


class Machine:
    """A program with a memory; what numpy does before and after a product is done here."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.store = wasmtime.Store()
        limits = wasmtime.Limits(N_BYTES // (1 << 16), None)
        self.memory = wasmtime.Memory(self.store, wasmtime.MemoryType(limits))
        module = wasmtime.Module(self.store.engine, program(dtype))
        self.exports = wasmtime.Instance(self.store, module, [self.memory]).exports(self.store)
        self.own = slice(64, 64 + self.exports["scratch_bytes"].value(self.store))
        self.exports["scratch"].set_value(self.store, self.own.start)
        self.rng = np.random.default_rng(0)
        self.clear()

    def clear(self):
        """Forget all arrays; no byte of the memory is left as zero."""
        self.bytes = np.frombuffer(self.memory.get_buffer_ptr(self.store), np.uint8)
        self.bytes[:] = 255  # as numbers: NaN
        self.free = ARRAYS

    def array(self, values, order=(0, 1, 2), steps=(1, 1, 1)):
        """Return an array in the memory with these values.

        Its axes lie there in an `order`, the last one closest, and of each only every step-th place
        is used, from the end to the front if the step is negative.
        """
        sizes = [values.shape[axis] * abs(steps[axis]) for axis in order]
        block = np.ndarray(sizes, self.dtype, self.bytes, self.free)
        self.free += block.nbytes + 8 * self.dtype.itemsize
        view = block.transpose(np.argsort(order))[tuple(slice(None, None, s) for s in steps)]
        view[...] = values
        return view

    def multiply(self, a, b, c):
        """Let the program put the products of matrices into c; check all other bytes."""
        here = self.bytes.__array_interface__["data"][0]
        words = [*(each.__array_interface__["data"][0] - here for each in (a, b, c)),
                 len(c), *a.shape[1:], b.shape[2], *(each.strides[0] for each in (a, b, c)),
                 *(step for each in (a, b, c) for step in each.strides[1:])]
        self.bytes[ARGUMENTS:ARGUMENTS + 64] = np.array(words, np.int32).view(np.uint8)
        before = self.bytes.copy()
        self.exports["loop"](self.store, ARGUMENTS, ARGUMENTS + 12, ARGUMENTS + 28, 0)
        after = self.bytes.copy()
        for every in (before, after):
            every[self.own] = 0
            np.ndarray(c.shape, c.dtype, every, words[2], c.strides)[...] = 0
        assert np.array_equal(before, after)
        return c

    def integers(self, *shape):
        """Return whole numbers, of which every product is exact."""
        return self.rng.integers(-8, 9, shape).astype(self.dtype)


@pytest.fixture(scope="module", params=sorted(WORDS))
def machine(request):
    return Machine(request.param)


@pytest.fixture
def cleared(machine):
    machine.clear()
    return machine


def summed(a, b):
    """Return the products of matrices by the definition."""
    with np.errstate(invalid="ignore"):
        return (a[:, :, :, None] * b[:, None, :, :]).sum(2)


SIZE = st.integers(0, 13)
LAYOUT = st.fixed_dictionaries({
    "order": st.permutations(range(3)),
    "steps": st.tuples(*[st.sampled_from([-2, -1, 1, 3])] * 3)})


@settings(deadline=None)
@given(count=st.integers(0, 3), m=SIZE, n=SIZE, p=SIZE, layouts=st.tuples(LAYOUT, LAYOUT, LAYOUT),
       repeated=st.tuples(st.booleans(), st.booleans()), special=st.booleans())
def test_all_shapes_and_layouts(machine, count, m, n, p, layouts, repeated, special):
    machine.clear()
    given_ = []
    for shape, layout, once in zip(((m, n), (n, p)), layouts, repeated, strict=False):
        values = machine.integers(1 if once else count, *shape)
        if special:
            values[machine.rng.random(values.shape) < 0.1] = np.nan
            values[machine.rng.random(values.shape) < 0.1] = -np.inf
        array = machine.array(values, **layout)
        given_.append(np.broadcast_to(array, (count, *shape)))
    c = machine.array(machine.integers(count, m, p), **layouts[2])
    expected = summed(*given_)
    np.testing.assert_array_equal(machine.multiply(*given_, c), expected)


@pytest.mark.parametrize("m, n, p", [
    (64, 64, 128), (64, 128, 10), (65, 257, 33), (129, 600, 9), (1, 300, 50), (70, 300, 1)])
@pytest.mark.parametrize("transposed", [False, True])
def test_sizes_beyond_what_is_packed_at_once(cleared, m, n, p, transposed):
    order = (0, 2, 1) if transposed else (0, 1, 2)
    a, b = cleared.integers(1, m, n), cleared.integers(1, n, p)
    c = cleared.array(cleared.integers(1, m, p), order)
    got = cleared.multiply(cleared.array(a, order), cleared.array(b, order), c)
    np.testing.assert_array_equal(got, a.astype(float) @ b.astype(float))


def test_rounding_is_that_of_sums_in_the_same_type(cleared):
    a, b = (cleared.rng.normal(size=shape) for shape in ((2, 70, 300), (2, 300, 20)))
    a, b, c = (cleared.array(each) for each in (a, b, np.zeros((2, 70, 20))))
    exact = a.astype(np.longdouble) @ b.astype(np.longdouble)
    most = 300 * np.finfo(c.dtype).eps * (np.abs(a).astype(float) @ np.abs(b).astype(float))
    error = np.abs(cleared.multiply(a, b, c) - exact)
    assert (error < most).all() and error.max() > 0


def test_a_memory_that_has_grown(cleared):
    cleared.memory.grow(cleared.store, 100)
    cleared.clear()
    cleared.free = N_BYTES + 1000 * cleared.dtype.itemsize  # what was not there before
    a, b = cleared.integers(1, 9, 20), cleared.integers(1, 20, 9)
    c = cleared.multiply(*map(cleared.array, (a, b, cleared.integers(1, 9, 9))))
    np.testing.assert_array_equal(c, a @ b)


def test_the_files_are_small_and_always_the_same():
    files = programs()
    assert sorted(files) == ["product-float32.wasm", "product-float64.wasm"]
    assert files == programs() and sum(map(len, files.values())) < 5000
