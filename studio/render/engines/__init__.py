"""Engines, one file each. `studio.render.catalogue` lists them."""
