"""Scripts that record runs too long for a notebook: ``python -m experiments.<name>``."""
