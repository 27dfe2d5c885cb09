"""Exact instances: fractions and integers in, tensors out, and what all recipes have in common."""
