"""The road to the queue: what a plan hands over, the daemon that works it off, and how a run is followed."""
