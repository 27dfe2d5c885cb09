"""Maps of one parameter vector: derivatives, curvature, and what rounding does to them."""
