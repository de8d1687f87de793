"""Refusals that a user can understand. One shape for page, API, command and worker."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A request that the rules refuse. ``code`` is stable, ``http_status`` is what the web answers with.

    ``details`` may carry what the page needs to show (a list of problems, the current text); never patient identifiers.
    """

    code = "refused"
    http_status = 409

    def __init__(self, message: str, *, details: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotAllowed(DomainError):
    """The actor may see the object but not do this."""

    code = "not_allowed"
    http_status = 403


class WrongState(DomainError):
    """The object is not in a state from which this is possible."""

    code = "wrong_state"
    http_status = 409


class StaleVersion(DomainError):
    """The change was made against a version that is no longer the current one."""

    code = "stale_version"
    http_status = 412


class VersionRequired(DomainError):
    """A change must say which version it saw (If-Match)."""

    code = "version_required"
    http_status = 428


class Incomplete(DomainError):
    """Something is missing or contradicts itself; ``details`` lists every problem."""

    code = "incomplete"
    http_status = 422


class InvalidInput(DomainError):
    """A value is not acceptable; the message names it."""

    code = "invalid_input"
    http_status = 400


class StorageFull(DomainError):
    """There is not enough free space to store safely; nothing was stored."""

    code = "storage_full"
    http_status = 507
