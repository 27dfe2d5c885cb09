"""Gradient descent on all layers of deep networks."""
