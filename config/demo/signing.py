"""Reports that the demonstration signs by itself: as the algorithm drafted them, with a word that says so."""

from __future__ import annotations

from django.db import transaction

from reporting.accounts.models import User
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services import (
    accept_finding,
    answer_check,
    change_finding,
    confirm_levels,
    confirm_rest,
    mark_not_evaluable,
    preview,
    sign_report,
)
from reporting.reports.states import FindingState, ReportStatus

NOTE = (
    "Demonstration: synthetic images. The program signed this draft; nobody read it."
    " 演示：合成影像，由程序签发，无人阅片。"
)


def sign_as_drafted(report: Report, *, by: User, password: str) -> None:
    """Everything that a reader confirms one after the other, and the signature; all of it or nothing."""
    if report.status == ReportStatus.FINAL:
        return
    with transaction.atomic():
        confirm_levels(report, by=by, expected_version=report.version)
        for one in list(report.findings.filter(state=FindingState.AI_SUGGESTED)):
            if report.findings.filter(pk=one.pk, state=FindingState.AI_SUGGESTED).exists():  # not taken with another
                place = Place(one.field, one.level, one.side, one.instance)
                accept_finding(report, place, by=by, expected_version=report.version, with_details=True)
        left = confirm_rest(report, by=by, expected_version=report.version).remaining
        for place in left:
            mark_not_evaluable(report, place, by=by, expected_version=report.version)
        change_finding(report, Place("comment_exam"), NOTE, by=by, expected_version=report.version)
        for problem in preview(report).unsettled:
            said = {"code": problem.code, "fingerprint": problem.fingerprint, "answer": "accepted"}
            answer_check(report, by=by, expected_version=report.version, **said)
        digest = preview(report).digest
        sign_report(report, by=by, expected_version=report.version, content_digest=digest, password=password)
