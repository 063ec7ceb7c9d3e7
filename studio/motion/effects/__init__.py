"""What happens to a shot's frames after they are drawn: one file per family, applied in the order they were declared."""
