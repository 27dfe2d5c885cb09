"""Losses whose landscape is asked about: linear and logistic networks, systems of equations."""
