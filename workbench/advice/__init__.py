"""What the theorems ask of one's own data, width and step, and how their papers compare there."""
