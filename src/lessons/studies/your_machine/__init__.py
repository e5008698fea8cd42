"""Four operations on one machine: what the chapter on hardware predicts and measures."""
