"""What the machine said, and the jobs that make it say so."""
