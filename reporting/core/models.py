"""The base of our tables."""

from __future__ import annotations

import uuid

from django.db import models


class TimestampedModel(models.Model):
    """UUID key, and when the row was made and last changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
