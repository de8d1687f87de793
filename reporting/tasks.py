"""The light Celery tasks: their worker needs no torch."""
