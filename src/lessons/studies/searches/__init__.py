"""A table of 1,215 settings of a small network: searches replay on it, and test sets wear out."""
