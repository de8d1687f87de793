"""Every word that the scripts beside the images may have to say, and the ways a series can be nudged."""

from __future__ import annotations

from django.utils.translation import gettext as _


def image_words() -> dict[str, str]:
    return {
        "no_webgl": _(
            "This browser draws without WebGL: plain pictures of the key slices instead of the viewer. "
            "No marks can be drawn here."
        ),
        "no_bundle": _(
            "The viewer was not installed (make setup): plain pictures of the key slices instead. "
            "No marks can be drawn here."
        ),
        "viewer_failed": _(
            "The viewer could not start: plain pictures of the key slices instead. No marks can be drawn here."
        ),
        "no_series": _("No such series in this study"),
        "series_gone": _("This series has been deleted from the study."),
        "logged_out": _("Logged out: log in again in another tab, then scroll."),
        "image_failed": _("This image could not be loaded."),
        "no_place": _("place in the patient unknown"),
        "missing": _("{n} slices missing"),
        "uncertain": _("level uncertain"),
        "distance": _("Distance"),
        "angle": _("Angle"),
        "degrees": "°",
        "not_aligned": _("“{from}” and “{to}” have different frames of reference: no common lines until aligned."),
        "aligned": _("“{from}” was moved onto “{to}” by {by}: {offset}."),
        "aligned_elsewhere": _("Somebody else aligned these series meanwhile. Load the page again."),
        "not_stored": _("The position could not be stored."),
    }


def nudge_directions() -> list[tuple[str, str]]:
    """One millimetre each way: LPS offset and its name."""
    return [
        ("-1,0,0", _("1 mm right")),
        ("1,0,0", _("1 mm left")),
        ("0,-1,0", _("1 mm front")),
        ("0,1,0", _("1 mm back")),
        ("0,0,1", _("1 mm up")),
        ("0,0,-1", _("1 mm down")),
    ]
