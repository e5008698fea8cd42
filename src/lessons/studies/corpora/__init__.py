"""What the text does to a model: copies, leaks, filters, mixtures, repetition, its own output."""
