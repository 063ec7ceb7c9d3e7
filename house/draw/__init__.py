"""Draws anime figures from tags, deterministically from a seed: what the house model is trained on and measured with."""
