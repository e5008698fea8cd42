"""Looking inside a trained network: which inputs, which directions, which features."""
