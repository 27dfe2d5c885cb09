"""Activations as data: values, derivatives, constants, and their Gaussian means."""
