"""Every change of a report over HTTP: one address per act, each against the version the client saw."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.accounts.signing_password import prove
from reporting.core.errors import InvalidInput
from reporting.core.openapi import IDEMPOTENCY_KEY, IF_MATCH, refusals
from reporting.core.rest import etag, version_seen
from reporting.reports import serializers as shapes
from reporting.reports import services
from reporting.reports.blind import masked, reads_blind
from reporting.reports.models import Finding, Report, ReportVersion
from reporting.reports.places import Place

View = TypeVar("View", bound="type[ReportChangeView]")


class ReportChangeView(APIView):
    """404 unknown → 403 role → 428 no version → 400 body → the service (403, 409, 412, 422)."""

    needs: Act
    says: type[Serializer[Any]] = shapes.NothingSerializer
    needs_password = False

    def post(self, request: Request, report_id: uuid.UUID) -> Response:
        user = actor(request)
        report = get_object_or_404(Report.objects.visible_to(user).select_related("template", "study"), pk=report_id)
        require(user, self.needs)
        version = version_seen(request)
        said = self.says(data=request.data)
        said.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(said.validated_data)
        if self.needs_password:
            # Before the transaction: a wrong password must stay counted when everything else is undone.
            given["password_checked_at"] = prove(
                request.session, user, given.pop("password"), valid_s=services.password_valid_s()
            )

        def change() -> Response:
            more = self.change(report, user, version, given)
            report.refresh_from_db()
            body = {"id": report.pk, "status": report.status, "version": report.version, **more}
            return Response(body, headers={"ETag": etag(report.version)})

        return once(request, user, change)

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        """Call the service; returns what the answer says beside id, status and version."""
        raise NotImplementedError


def described(
    operation_id: str, answers: type[Serializer[Any]] = shapes.ChangedSerializer, *more: int
) -> Callable[[View], View]:
    def describe(view: View) -> View:
        schema = extend_schema(
            operation_id=operation_id,
            description=view.__doc__,
            request=view.says,
            parameters=[IF_MATCH, IDEMPOTENCY_KEY],
            responses={200: answers, **refusals(400, 409, 412, 422, 428, *more)},
        )
        return extend_schema_view(post=schema)(view)

    return describe


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except ValueError as error:
        raise InvalidInput(_("This is no place in a report")) from error


def _finding(finding: Finding, user: User) -> dict[str, Any]:
    shown = masked(finding) if reads_blind(finding.report, user) else finding
    return {"finding": shapes.FindingSerializer(shown).data}


def _signed(version: ReportVersion) -> dict[str, Any]:
    return {"signed": shapes.ReportVersionSerializer(version).data}


@described("accept_finding", shapes.FindingChangedSerializer)
class AcceptFindingView(ReportChangeView):
    """Confirm the machine's value at one place."""

    needs, says = Act.REPORT_EDIT, shapes.AcceptSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        place, details = _place(given["place"]), given["with_details"]
        finding = services.accept_finding(report, place, by=user, expected_version=version, with_details=details)
        return _finding(finding, user)


@described("change_finding", shapes.FindingChangedSerializer)
class ChangeFindingView(ReportChangeView):
    """Set a human value at one place."""

    needs, says = Act.REPORT_EDIT, shapes.ValueSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        place, value = _place(given["place"]), given["value"]
        return _finding(services.change_finding(report, place, value, by=user, expected_version=version), user)


@described("clear_finding", shapes.FindingChangedSerializer)
class ClearFindingView(ReportChangeView):
    """Undo: back to the machine's suggestion, or to unset."""

    needs, says = Act.REPORT_EDIT, shapes.PlaceSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        place = _place(given["place"])
        return _finding(services.clear_finding(report, place, by=user, expected_version=version), user)


@described("mark_not_evaluable", shapes.FindingChangedSerializer)
class NotEvaluableView(ReportChangeView):
    """Say that this cannot be judged on these images."""

    needs, says = Act.REPORT_EDIT, shapes.PlaceSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        place = _place(given["place"])
        return _finding(services.mark_not_evaluable(report, place, by=user, expected_version=version), user)


@described("confirm_rest", shapes.RestConfirmedSerializer)
class ConfirmRestView(ReportChangeView):
    """Confirm what is left and normal; machine positives stay to be decided one by one."""

    needs, says = Act.REPORT_EDIT, shapes.ConfirmRestSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        done = services.confirm_rest(report, by=user, expected_version=version, seconds=given.get("seconds"))
        return {"confirmed": done.count, "remaining": [str(place) for place in done.remaining]}


@described("confirm_levels")
class ConfirmLevelsView(ReportChangeView):
    """Say that the levels shown are right: from here on machine values may be accepted."""

    needs = Act.REPORT_EDIT

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.confirm_levels(report, by=user, expected_version=version)
        return {}


@described("relabel_levels")
class RelabelView(ReportChangeView):
    """Correct the levels by one act; every value and prediction moves along, and the levels are confirmed anew."""

    needs, says = Act.REPORT_EDIT, shapes.RelabelSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        if len(given) != 1:
            raise InvalidInput(_("Give exactly one correction of the levels"))
        ((act, how),) = given.items()
        seen: dict[str, Any] = {"by": user, "expected_version": version}
        if act == "shift":
            services.shift_levels(report, how, **seen)
        elif act == "mapping":
            services.set_level_mapping(report, how, **seen)
        elif act == "move":
            services.move_level(report, how["level"], how["to"], **seen)
        elif act == "insert":
            services.insert_level(report, how["disc"], is_block=how["is_block"], **seen)
        elif act == "remove":
            services.remove_level(report, how["disc"], **seen)
        else:
            services.set_level_slice(report, how["level"], how["instance"], how["frame"], **seen)
        return {}


@described("undo_relabel")
class UndoRelabelView(ReportChangeView):
    """Take the last correction of the levels back."""

    needs = Act.REPORT_EDIT

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.undo_relabel(report, by=user, expected_version=version)
        return {}


@described("lock_first_read")
class LockFirstReadView(ReportChangeView):
    """Keep what you say so far as your first read; from then on the machine is shown."""

    needs = Act.REPORT_EDIT

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.lock_first_read(report, by=user, expected_version=version)
        return {}


@described("answer_check")
class AnswerView(ReportChangeView):
    """Answer a question of the consistency checks, or "critical?"."""

    needs, says = Act.REPORT_EDIT, shapes.AnswerSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.answer_check(report, by=user, expected_version=version, **given)
        return {}


@described("edit_text")
class EditTextView(ReportChangeView):
    """Print your own paragraph instead of what the fields say there."""

    needs, says = Act.REPORT_EDIT, shapes.EditedTextSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.edit_text(report, by=user, expected_version=version, **given)
        return {}


@described("restore_text")
class RestoreTextView(ReportChangeView):
    """Print what the fields say again."""

    needs, says = Act.REPORT_EDIT, shapes.ParagraphSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.restore_text(report, by=user, expected_version=version, **given)
        return {}


@described("approve_preliminary", shapes.SignedSerializer)
class ApproveView(ReportChangeView):
    """Hand a complete draft to a senior. 422 with every open problem."""

    needs, says = Act.REPORT_APPROVE, shapes.ShownSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return _signed(services.approve_preliminary(report, by=user, expected_version=version, **given))


@described("reopen_report")
class ReopenView(ReportChangeView):
    """Take a preliminary report back into draft."""

    needs = Act.REPORT_REOPEN

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.reopen_report(report, by=user, expected_version=version)
        return {}


@described("sign_report", shapes.SignedSerializer, 429)
class SignView(ReportChangeView):
    """Make the report final. Carries the version (If-Match), the digest of what was shown, and the password."""

    needs, says, needs_password = Act.REPORT_SIGN, shapes.SignSerializer, True

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return _signed(services.sign_report(report, by=user, expected_version=version, **given))


@described("sign_addendum", shapes.SignedSerializer, 429)
class AddendumView(ReportChangeView):
    """Add words to a final report as a version of their own."""

    needs, says, needs_password = Act.REPORT_ADDENDUM, shapes.AddendumSerializer, True

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        said = given.pop("critical_category")
        given["critical_category"] = None if said == "as_before" else int(said)
        return _signed(services.sign_addendum(report, given.pop("text"), by=user, expected_version=version, **given))


@described("withdraw_report", shapes.ChangedSerializer, 429)
class WithdrawView(ReportChangeView):
    """Declare a final report entered in error; it stays readable."""

    needs, says, needs_password = Act.REPORT_WITHDRAW, shapes.WithdrawSerializer, True

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.withdraw_report(report, given.pop("reason"), by=user, expected_version=version, **given)
        return {}


@described("discard_report")
class DiscardView(ReportChangeView):
    """Close a draft that will not become a report."""

    needs, says = Act.REPORT_DISCARD, shapes.ReasonSerializer

    def change(self, report: Report, user: User, version: int, given: dict[str, Any]) -> dict[str, Any]:
        services.discard_report(report, given["reason"], by=user, expected_version=version)
        return {}
