"""The equation z = sigma(W z + b): problems, solvers, and what wide random ones tend to."""
