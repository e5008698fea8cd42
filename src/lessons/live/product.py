"""Puts another function in the place of the one with which numpy multiplies matrices.

In a page numpy comes without BLAS: the worker brings a faster product and has it used here.
"""

import ctypes

import numpy as np
from numpy._core import _multiarray_umath

REPLACE = 30  # the place of PyUFunc_ReplaceLoopBySignature in numpy's table of functions


def replace(dtype: str, address: int) -> int:
    """Let ``@`` and ``numpy.matmul`` call another function for one type of numbers.

    Parameters
    ----------
    dtype : str
        The type of both matrices and of their product, as "float64".
    address : int
        Of a function that takes what numpy's ``PyUFuncGenericFunction`` takes. It has to stay.

    Returns
    -------
    int
        The address of the function that numpy called so far.

    Raises
    ------
    LookupError
        If numpy has no function for this type.

    Examples
    --------
    >>> replace("<U1", 1)
    Traceback (most recent call last):
    LookupError: numpy multiplies no matrices of <U1

    References
    ----------
    https://numpy.org/doc/stable/reference/c-api/ufunc.html
    """
    kind = np.dtype(dtype).num
    so_far = ctypes.c_void_p()
    failed = _function()(np.matmul, address, (ctypes.c_int * 3)(kind, kind, kind),
                         ctypes.byref(so_far))
    if failed:
        raise LookupError(f"numpy multiplies no matrices of {dtype}")
    return so_far.value or 0


def _function() -> "ctypes._CFunctionType":
    """Return numpy's PyUFunc_ReplaceLoopBySignature, which has no door in Python."""
    inside = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi))
    table = ctypes.cast(inside(_multiarray_umath._UFUNC_API, None),
                        ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p,
                             ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_void_p))(
        table[REPLACE])
