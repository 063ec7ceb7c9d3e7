"""What is kept: artifacts named by sha256, and the ledger of what happened."""
