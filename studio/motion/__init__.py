"""A shot's frames become clips and films: timeline, effects, encoding, sound, subtitles, edit list."""
