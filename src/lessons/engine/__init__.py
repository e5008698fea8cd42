"""From scratch on numpy: automatic differentiation, layers, losses, optimisers. Never torch."""
