"""Questions that need every room below: each package here answers one, in a process of its own."""
