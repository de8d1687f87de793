"""The columns of the package's tables: their names in order, their units, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from reporting.reader_studies.rows import LongRow

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONG = LongRow._fields
BY_LEVEL = ("reader", "arm", "case", "level", "side")  # and two for each finding: ``by_level_columns``
ALLOCATION = ("reader", "session", "block", "position", "case", "arm")
RJAFROC_KEY = ("what", "id", "code")

UNITS: dict[str, StrOrPromise] = {
    "experience_years": _("years"),
    **dict.fromkeys(("finding_ms", "active_ms", "wall_ms"), "ms"),
    **dict.fromkeys(("x_mm", "y_mm", "z_mm", "truth_x_mm", "truth_y_mm", "truth_z_mm"), "mm"),
    "submitted_at": "UTC",
}

MEANINGS = {
    "reader": _("code of the reader, or “algorithm”"),
    "experience_years": _("years of experience of the reader"),
    "withdrawn": _("1: the reader left before the end; analyses leave them out"),
    "case": _("code of the case"),
    "stratum": _("stratum of the case, as designed"),
    "retracted": _("1: the case counts no more; analyses leave it out"),
    "training": _("1: read to learn; analyses leave it out"),
    "arm": _("unaided, aided, aided_after_unaided or algorithm_alone"),
    "session": _("session, from 1; 0 for the algorithm"),
    "block": _("block within the session, from 1; 0 for the algorithm"),
    "position": _("position in the session, from 1; 0 for the algorithm"),
    "attempt": _("1, or more where the reading was re-opened; the newest counts"),
    "finding": _("key of the finding"),
    "scale": _("scale: binary, ordinal, confidence, millimetres or location"),
    "level": _("level, or empty for the whole case"),
    "side": _("left, right or empty"),
    "value": _("what was said: 0/1, place of a grade from 0, 0 to 100, or millimetres"),
    "score": _("what an ROC curve ranks by: the value; for the algorithm its probability"),
    "positive": _("1: means disease by the design's cut (the algorithm: by its own threshold)"),
    "x_mm": _("place in the image, patient coordinates, towards the left, mm"),
    "y_mm": _("place in the image, patient coordinates, towards the back, mm"),
    "z_mm": _("place in the image, patient coordinates, towards the head, mm"),
    "finding_ms": _("active time that led to this answer, ms"),
    "active_ms": _("active time of the whole reading, ms"),
    "wall_ms": _("time from opening to submission, ms"),
    "pauses": _("number of pauses of the reading"),
    "submitted_at": _("time of submission by the server's clock, UTC"),
    "truth": _("reference value, on the same scale"),
    "truth_positive": _("1: the reference value means disease"),
    "truth_source": _("where the reference value comes from"),
    "truth_x_mm": _("true place, patient coordinates, towards the left, mm"),
    "truth_y_mm": _("true place, patient coordinates, towards the back, mm"),
    "truth_z_mm": _("true place, patient coordinates, towards the head, mm"),
    "what": _("what the number stands for"),
    "id": _("whole number in the workbook; for left_out the number of places"),
    "code": _("what it stands for in the other tables"),
}


def by_level_columns(key: str) -> tuple[str, str]:
    """What was said of the finding, and whether it is there."""
    return key, f"{key}_truth_positive"
