"""Gradient descent and gradient flow of implicit networks."""
