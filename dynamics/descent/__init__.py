"""Gradient descent: of the two-layer network, and of classifiers, systems and any other map."""
