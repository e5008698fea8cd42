"""Repeat every measurement: ``python -m benchmarks``."""

from benchmarks import engine_vs_torch

engine_vs_torch.main()
