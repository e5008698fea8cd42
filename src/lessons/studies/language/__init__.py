"""Texts classified, words as vectors, an invented language translated, passages found and read."""
