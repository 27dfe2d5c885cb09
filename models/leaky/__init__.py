"""Leaky networks with one hidden layer, exactly and in floats."""
