"""Networks too wide to be held: streamed, folded, and trained exactly."""
