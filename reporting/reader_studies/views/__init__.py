"""Pages under /reader-studies/."""
