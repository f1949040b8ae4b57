"""A result becomes text: one format per file, pure functions."""
