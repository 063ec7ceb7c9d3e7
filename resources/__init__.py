"""Dagster resources: configuration in, studio object out."""
