"""Pages of the worklist."""
