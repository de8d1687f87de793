"""Every word that the reading page's script may have to say."""

from __future__ import annotations

from django.utils.translation import gettext as _


def page_strings() -> dict[str, str]:
    return {
        "saved": _("Saved, not submitted"),
        "saving": _("Saving…"),
        "waiting": _("No connection: kept here and sent again."),
        "expired": _("Logged out: log in again in another tab; nothing is lost."),
        "conflict": _("This case was changed in another window. Load this page again."),
        "stopped": _("This case can no longer be read. Load this page again."),
        "refused": _("This value was not taken."),
        "rated": _("{n} of {of} rated"),
        "click": _("Click on the place in an image."),
        "marked": _("marked"),
        "nowhere": _("nowhere"),
    }
