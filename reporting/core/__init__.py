"""Things every app needs and that need no app."""
