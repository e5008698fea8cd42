"""One small GPT made smaller in several ways: recorded by ``experiments/compression.py``."""
