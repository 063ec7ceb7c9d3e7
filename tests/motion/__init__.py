"""Timeline, effects and encoding of shots."""
