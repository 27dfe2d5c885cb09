"""Implicit (equilibrium) networks: starts, gradients at the equilibrium, population kernels."""
