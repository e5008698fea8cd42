"""What one accelerator does of its data sheet: recorded by ``experiments/accelerator.py``."""
