"""Figures of particles and of sampled gradients."""
