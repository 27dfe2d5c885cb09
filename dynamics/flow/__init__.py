"""Gradient flow of the two-layer network, exact from event to event, and two in closed form."""
