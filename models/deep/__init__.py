"""Deep networks: starts, layer Gram matrices, and the recursions of their limits."""
