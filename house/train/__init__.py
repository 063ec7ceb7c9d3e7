"""Trains each part of the house model; every training goes on where it stopped."""
