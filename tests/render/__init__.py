"""Engines, farm, cache and ladder."""
