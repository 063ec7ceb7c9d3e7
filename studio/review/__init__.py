"""Review: people look at takes and accept or reject them, in a browser on this machine or in the terminal."""
