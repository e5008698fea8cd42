"""The products of matrices that a page's numpy uses: ``product.wat``, assembled for each type."""

from __future__ import annotations

from pathlib import Path

import wasmtime

TEXT = Path(__file__).with_suffix(".wat")
#: What stands for the words in capitals; multiples of SIZE, which the text cannot compute, first.
WORDS = {
    "float64": {"FLOAT": "f64", "VECTOR": "f64x2", "SPLAT": "v128.load64_splat", "WIDTH": "4",
                "2*SIZE": "16", "3*SIZE": "24", "4*SIZE": "32", "SIZE": "8"},
    "float32": {"FLOAT": "f32", "VECTOR": "f32x4", "SPLAT": "v128.load32_splat", "WIDTH": "8",
                "2*SIZE": "8", "3*SIZE": "12", "4*SIZE": "16", "SIZE": "4"},
}


def program(dtype: str) -> bytes:
    """Return the WebAssembly module that multiplies matrices of a type, "float64" or "float32".

    Its function ``loop`` is what numpy calls for each product, with 32-bit addresses; it works in
    the memory ``numpy.memory`` that it is given.
    """
    text = TEXT.read_text(encoding="utf-8")
    for word, meaning in WORDS[dtype].items():
        text = text.replace(word, meaning)
    return bytes(wasmtime.wat2wasm(text))


def programs() -> dict[str, bytes]:
    """Return all of them by the names of their files, as the worker of a page asks for them."""
    return {f"product-{dtype}.wasm": program(dtype) for dtype in WORDS}
