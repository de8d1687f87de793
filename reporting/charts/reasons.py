"""Why a figure or its interval is missing, in the reader's language. The statistics library says it in English."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

_REASONS = {
    "not estimable": _("not estimable"),
    "nothing to count": _("nothing to count"),
    "no rows": _("nothing to count"),
    "no positives": _("no positives"),
    "no negatives": _("no negatives"),
    "no positive calls": _("no positive calls"),
    "no negative calls": _("no negative calls"),
    "neither positives nor positive calls": _("neither positives nor positive calls"),
    "one class has no rows": _("one class has no rows"),
    "one class is missing": _("one class is missing"),
    "a class is missing": _("one class is missing"),
    "infinite: the rate below is 0": _("infinite: divided by a rate of 0"),
    "0 over 0": _("0 divided by 0"),
    "needs two rows": _("needs two rows"),
    "no spread, or fewer than three patients": _("no spread, or fewer than three patients"),
    "both readers used one and the same grade": _("both used one and the same value"),
    "everyone used one and the same grade": _("everyone used one and the same value"),
    "no discordant pair": _("nothing changed"),
    "not estimable: needs two patients that vary": _("not estimable: needs two patients that vary"),
    "the classes are separated completely: no interval": _("the classes are separated completely: no interval"),
    "interval cut at 0 or 1": _("interval cut at 0 or 1"),
    "interval cut at 0": _("interval cut at 0"),
    "interval not estimable: a cell is 0": _("no interval: a count is 0"),
    "no interval: one patient": _("no interval: one patient"),
    "no interval: patients do not vary": _("no interval: patients do not vary"),
    "no interval: fewer than 3 patients": _("no interval: fewer than 3 patients"),
    "no interval: fewer than two of a class": _("no interval: fewer than two of a class"),
    "no interval: every resample gives the same": _("no interval: patients do not vary"),
    "no interval: undefined in many resamples": _("no interval: undefined in many resamples"),
    "no interval: variance is not positive": _("no interval: its variance is not positive"),
    "no interval: its variance is not estimable or not positive": _(
        "no interval: its variance is not estimable or not positive"
    ),
    "no interval: one row": _("no interval: one row"),
    "no interval: no spread": _("no interval: no spread"),
    "no interval: no spread around the line": _("no interval: no spread"),
    "not estimable: one class, no spread, or the classes are separated": _(
        "not estimable: one class, no spread, or the classes are separated"
    ),
    "no interval: fewer than two patients with, or without": _("no interval: fewer than two patients with, or without"),
    "no interval: few patients with such calls": _("no interval: few patients with such calls"),
    "the slider begins here": _("the slider begins here"),
    "no baseline yet": _("no baseline yet"),
    "no places": _("nothing to count"),
    "no reports with machine values": _("no reports with machine values"),
    "no times are known": _("no times are known"),
    "needs two patients": _("needs two patients"),
    "not estimable: one category only": _("not estimable: both said only one thing"),
    "no switches, or nothing to judge them by": _("no switches, or nothing to judge them by"),
    "a denominator is 0, or a class is missing": _("a denominator is 0, or a class is missing"),
    "nothing taken off for chance": _("nothing taken off for chance"),
    "a class is missing, or nothing was read": _("a class is missing, or nothing was read"),
}


def reason_text(note: str) -> str:
    """The note in the active language; one that is not known stays as it is rather than hidden."""
    return "; ".join(str(_REASONS.get(part, part)) for part in note.split("; ") if part)
