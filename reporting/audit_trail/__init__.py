"""What happened: who, what, when. Append-only."""
