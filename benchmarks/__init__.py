"""Measurements against other tools, with recorded results."""
