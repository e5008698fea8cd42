"""What a model gives away of the examples it was trained on, and noise that limits it."""
