"""Scorers, one file each; studio/judge/catalogue.py names them."""
