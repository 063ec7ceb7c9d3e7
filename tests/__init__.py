"""Tests mirror the tree; journeys go through a real queue."""
