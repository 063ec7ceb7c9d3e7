"""Impact: what holds a thing, all the way up to books and films, and what it would cost if that thing changed."""
