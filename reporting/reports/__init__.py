"""What the doctor says: drafts, findings, signed versions."""
