"""A row that people say anew, each from the version that they saw: locked, compared, written, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from reporting.core.errors import StaleVersion

Row = TypeVar("Row", bound=models.Model)


def locked(row: Row, expected_version: int) -> Row:
    """The row as it is now, until the transaction ends. Raises :class:`StaleVersion`."""
    now: Any = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if now.version != expected_version:
        raise StaleVersion(_("Somebody else has changed this meanwhile. Load the page again."))
    found: Row = now
    return found


def say_anew(row: Any, after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Write ``after`` as the next version; what differs, as ``{"from": …, "to": …}`` by field."""
    before = {key: getattr(row, key) for key in after}
    for key, value in after.items():
        setattr(row, key, value)
    row.version += 1
    row.save(update_fields=[*after, "version", "updated_at"])
    return {key: {"from": before[key], "to": after[key]} for key in after if before[key] != after[key]}
