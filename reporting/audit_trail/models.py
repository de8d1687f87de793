"""The audit trail: one row per act, chained by a keyed digest, refused to UPDATE, DELETE and TRUNCATE by trigger."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """Who did what to which object, when, from where. No patient names or identifiers; object ids only."""

    sequence = models.BigIntegerField(primary_key=True)  # gap-free: a missing number is a removed row
    at = models.DateTimeField()
    act = models.CharField(max_length=64)
    # PROTECT: an account that acted cannot be deleted and take its history along.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_role = models.CharField(max_length=16, blank=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=16, default="success")
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=32, blank=True)
    remote_address = models.CharField(max_length=64, blank=True)
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
        ]
        constraints = [models.UniqueConstraint(fields=["previous_digest"], name="audit_chain_does_not_fork")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.act}"
