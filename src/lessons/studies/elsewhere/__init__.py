"""Four fields, each with a model, a linear baseline, and a test that flatters."""
