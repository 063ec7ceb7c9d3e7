"""Fonts that ship with genga, for pages and films alike."""
