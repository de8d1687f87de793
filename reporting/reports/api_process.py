"""What goes on around a report over HTTP: critical findings told, colleagues asked, a report returned."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.reports import serializers as shapes
from reporting.reports import services
from reporting.reports.api_changes import ReportChangeView, described
from reporting.reports.models import NoticeKind, Report


@described("record_notice")
class NoticeView(ReportChangeView):
    """Log that a critical finding was told, escalated, or taken back; also after the report is signed."""

    needs, says = Act.CRITICAL_LOG, shapes.NoticeSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        alert = get_object_or_404(report.critical_alerts, pk=given.pop("alert"))
        kind = NoticeKind(given.pop("kind"))
        services.record_notice(alert, by=user, expected_version=version, kind=kind, **given)
        return {}


@described("ask_colleague")
class ConsultView(ReportChangeView):
    """Ask a named colleague for a second opinion; the colleague may then see the study."""

    needs, says = Act.REPORT_CONSULT, shapes.ConsultSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        colleague = get_object_or_404(User, pk=given["colleague"])
        about = {"text": given["text"], "place": given.get("place", "")}
        services.ask_colleague(report, colleague=colleague, by=user, expected_version=version, **about)
        return {}


@described("answer_colleague")
class ConsultAnswerView(ReportChangeView):
    """Answer a question that you were asked."""

    needs, says = Act.REPORT_CONSULT, shapes.ConsultAnswerSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        note = get_object_or_404(report.notes, pk=given["note"])
        services.answer_colleague(note, text=given["text"], by=user, expected_version=version)
        return {}


@described("return_report")
class ReturnView(ReportChangeView):
    """Give a preliminary report back to its author with a comment."""

    needs, says = Act.REPORT_REOPEN, shapes.ReturnSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.return_report(report, by=user, expected_version=version, **given)
        return {}


@described("resolve_comment")
class ResolveCommentView(ReportChangeView):
    """Say that a comment of a returned report is dealt with."""

    needs, says = Act.REPORT_EDIT, shapes.ResolvedCommentSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        note = get_object_or_404(report.notes, pk=given["note"])
        services.resolve_comment(note, by=user, expected_version=version, text=given["text"])
        return {}
