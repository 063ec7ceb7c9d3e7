"""Measures the shipped weights against their goals; see house/REPORT.md."""
