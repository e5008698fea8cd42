"""Whom a model serves and whom it fails: rates by group, and model cards."""
