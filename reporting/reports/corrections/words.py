"""What marks say, in the language of the request."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.reports.correction_models import MarkKind, MarkOrigin, MarkState
from reporting.reports.corrections.rules import RULES
from reporting.reports.viewer.words import STRUCTURES


def mark_words() -> dict[str, Any]:
    """Every code of a mark → how it is shown; what the page says of marks."""
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
        "structure": {structure.value: str(name) for structure, name in STRUCTURES.items()},
        "none": _("no disc"),
        "by_place": _("by place"),
        "which_level": _("No level is known here: choose one."),
        "other_plane": _("This mark belongs on an image of another plane."),
        "no_outline": _("The machine outlined nothing like this here."),
        "unsaved": _("not saved yet, is tried again"),
        "saved": _("All marks are saved."),
        "saving": _("Saving marks…"),
        "waiting": _("No connection: marks are kept on this page and tried again."),
        "expired": _("Logged out: marks are kept on this page until you log in again."),
        "refused": _("not saved"),
        "old_levels": _("drawn with other level names"),
        "accept": _("Accept"),
        "reject": _("Reject"),
        "reopen": _("Decide again"),
        "retract": _("Take back"),
        "amend": _("Put elsewhere"),
        "reword": _("Say something else"),
        "keep": _("Put in its place"),
        "choose": {"level": _("Level"), "side": _("Side"), "says": _("What it says")},
        "no_level": _("no level"),
        "no_side": _("no side"),
        "again": _("Send again"),
        "why": _("Why it is wrong"),
    }


def mark_rules() -> dict[str, Any]:
    """What the page offers for each kind."""
    return {
        kind.value: {
            "structures": [structure.value for structure in rules.structures],
            "levels": rules.levels,
            "says": rules.says,
            "needs_level": rules.needs_level,
            "planes": [plane.value for plane in rules.planes],
            "diameter": rules.diameter_px,
        }
        for kind, rules in RULES.items()
    }
