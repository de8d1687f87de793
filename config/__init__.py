"""Composition root: the only package that knows all parts."""

from config.celery import app as celery_app  # so that every process sends its messages through this app

__all__ = ["celery_app"]
