"""Estimates: how long work would take on the reader's machine."""
