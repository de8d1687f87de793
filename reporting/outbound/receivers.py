"""What every way of sending has in common: how it fails, how long it waits, and its secrets."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

CONNECT_S = 10
ANSWER_S = 60


class NotSent(Exception):
    """The receiver did not take it. ``code`` is stable; ``for_good``: trying again would not help."""

    def __init__(self, code: str, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code, self.for_good = code, for_good

    @property
    def is_of_the_place(self) -> bool:
        """Whether nothing else can be sent there just now either."""
        return self.code in ("no_connection", "tls_failed", "association_rejected")


class NothingToSend(Exception):
    """In this form there is nothing of the report: no masks, no key images. Nobody was asked."""


def token(name: str) -> str:
    """A destination's secret, from its file. Raises :class:`NotSent`."""
    try:
        return (Path(settings.DESTINATIONS_SECRETS_DIR) / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSent("token_missing") from error
