"""Which take is good: checks of a picture against its recipe and against its neighbours."""
