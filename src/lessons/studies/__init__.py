"""Controlled experiments, each a folder with its programs and the record of its runs."""
