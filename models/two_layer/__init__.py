"""The two-layer ReLU network and its smooth relatives: starts, kernels, balls, corners."""
