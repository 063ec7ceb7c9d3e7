"""A show at work: opens its stores and carries units through the stages panel, final, page and book."""
