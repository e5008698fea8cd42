"""Data that needs no download: sets for training, text, and tables of facts with sources."""

from lessons.data.sets import batches, digits, line, spirals
from lessons.data.tables import table

__all__ = ["batches", "digits", "line", "spirals", "table"]
