"""The worklist: one row per study with everything a list is filtered and ordered by."""
