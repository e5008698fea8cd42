"""Arithmetic before a run: what it costs."""
