"""Capacity: how many devices a demand needs, what it costs, and when to grow, from the ledger's own durations and yield."""
