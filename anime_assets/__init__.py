"""Dagster assets: one file per subject; `definitions` gathers them and decides nothing."""
