"""Catalogues: lists that a reader narrows down by choices and by a word."""
