"""Pages under /connections/."""
