"""The loss-curve clinic: programs with one fault each, and their recorded curves."""
