"""Particles that move towards a law, and how far from it they are."""
