"""What marks say, in the language of the request."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.reports.correction_models import MarkKind, MarkOrigin, MarkState


def mark_words() -> dict[str, dict[str, str]]:
    """Every code of a mark → how it is shown."""
    return {
        "kind": {value: str(label) for value, label in MarkKind.choices},
        "state": {value: str(label) for value, label in MarkState.choices},
        "origin": {value: str(label) for value, label in MarkOrigin.choices},
        "side": {"left": _("left"), "right": _("right")},
        "says": {
            "place": _("where it is"),
            "normal": _("normal"),
            "osteophyte": _("osteophyte"),
            "slip_anterior": _("slipped forwards"),
            "slip_posterior": _("slipped backwards"),
            "thickened": _("thickened"),
            "level": _("level only"),
            "central": _("central herniation"),
            "paracentral": _("paracentral herniation"),
            "foraminal": _("foraminal herniation"),
            "outline": _("outline"),
        },
    }
