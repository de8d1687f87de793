"""What a reader learns of a training case: what they said beside what is true."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.reader_studies.answers import place_name
from reporting.reader_studies.models import RatedFinding, Reading, ReferenceStandard
from reporting.reader_studies.places import is_positive, is_truly_positive, places_of
from reporting.reader_studies.value_words import truth_text, value_text


@dataclass(frozen=True)
class Feedback:
    """One rated place; ``is_right`` ``None`` where nothing is known of it."""

    label: str
    said: str
    truth: str
    is_right: bool | None


def feedback_of(reading: Reading) -> list[Feedback]:
    """Of the newest submission; by positive and negative, as the analysis counts."""
    submission = reading.submissions.last()
    assert submission is not None  # the caller shows submitted readings only
    said = {(one.finding_id, one.level, one.side): one.value for one in submission.ratings.all()}
    rows = ReferenceStandard.objects.filter(case=reading.assignment.case_id).order_by("number")
    truths = {(one.finding_id, one.level, one.side): one.value for one in rows}
    findings = reading.assignment.reader.reader_study.findings.all()
    return [
        _one(finding, level, side, said[finding.pk, level, side], truths.get((finding.pk, level, side)))
        for finding in findings
        for level, side in places_of(finding)
    ]


def _one(finding: RatedFinding, level: str, side: str, said: float, truth: float | None) -> Feedback:
    right = None if truth is None else is_positive(finding, said) is is_truly_positive(finding, truth)
    return Feedback(
        place_name(finding, level, side),
        value_text(finding, said),
        "–" if truth is None else truth_text(finding, truth),
        right,
    )
