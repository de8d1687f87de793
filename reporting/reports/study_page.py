"""What the page of one study shows: its series, why each has its role, gaps, and its protocol beside the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.models import InferenceJob
from reporting.reports.beside import jobs_beside
from reporting.reports.wording import role_text
from reporting.studies.cohort import Deviation, deviations_from_table_1, scanner_is_in_paper
from reporting.studies.completeness import CompletenessState
from reporting.studies.models import QuarantinedFile, Series, Study, StudyShare
from reporting.studies.series_roles import ROLE_REASON_TEXT, RoleReason
from reporting.studies.services import may_end_share
from reporting.vocabulary import SeriesRole

PARAMETERS = {
    "tr_ms": gettext_lazy("TR, ms"),
    "te_ms": gettext_lazy("TE, ms"),
    "thickness_mm": gettext_lazy("slice thickness, mm"),
    "spacing_mm": gettext_lazy("slice spacing, mm"),
    "fov_mm": gettext_lazy("field of view, mm"),
    "matrix": gettext_lazy("matrix"),
}


@dataclass(frozen=True)
class ProtocolCell:
    """One parameter as scanned, and what the paper had where it differs."""

    label: str
    value: str
    expected: str = ""

    @property
    def is_outside(self) -> bool:
        return bool(self.expected)


@dataclass(frozen=True)
class SeriesRow:
    series: Series
    objects: int
    role: str
    role_is_known: bool
    reason: str
    refused_for: str  # the reason code for which the models did not use a series whose role is known
    slices: int
    completeness: str
    is_complete: bool
    protocol: tuple[ProtocolCell, ...]
    in_table_1: bool
    scanner: str
    scanner_in_paper: bool


@dataclass(frozen=True)
class StudyPage:
    study: Study
    rows: tuple[SeriesRow, ...]
    job: InferenceJob | None
    beside: Sequence[InferenceJob]  # of algorithms that do not fill reports
    gate: dict[str, Any]
    quarantined: Sequence[QuarantinedFile]


def shares_of(study: Study, user: User) -> tuple[tuple[StudyShare, bool], ...]:
    """With whom the study is shared now, each with whether ``user`` may end it; for those who write or assign."""
    if not (may(user, Act.REPORT_CONSULT) or may(user, Act.STUDY_ASSIGN)):
        return ()
    held = study.shares.filter(ended_at__isnull=True).select_related("user", "shared_by")
    return tuple((share, may_end_share(share, user)) for share in held)


def study_page(study: Study) -> StudyPage:
    """Everything the page needs, in five queries."""
    series_set = study.series_set.annotate(number_of_objects=Count("sop_instances"))
    job = study.inference_jobs.filter(algorithm__fills_reports=True).select_related("algorithm").first()
    result = (job.result or {}) if job else {}
    said = {one["uid"]: one["reason"] for one in result.get("series", ())}
    return StudyPage(
        study=study,
        rows=tuple(
            _row(series, series.number_of_objects, said.get(series.series_instance_uid, "")) for series in series_set
        ),
        job=job,
        beside=jobs_beside(study.pk),
        gate=result.get("gate", {}),
        quarantined=list(study.quarantined_files.order_by("-created_at")[:200]),
    )


def _row(series: Series, objects: int, said: str) -> SeriesRow:
    role = SeriesRole(series.role)
    deviations = deviations_from_table_1(role, series.protocol)
    found = series.completeness
    parts = (series.protocol.get("manufacturer", ""), series.protocol.get("model", ""))
    scanner = " ".join(dict.fromkeys(part for part in parts if part))
    return SeriesRow(
        series=series,
        objects=objects,
        role=role_text(role.value),
        role_is_known=role is not SeriesRole.UNKNOWN,
        reason=_reason(series.role_reason),
        refused_for=said if role is not SeriesRole.UNKNOWN and said != series.role_reason else "",
        slices=found.get("slices", objects),
        completeness=completeness_text(found),
        is_complete=found.get("state") == CompletenessState.COMPLETE.value,
        protocol=tuple(_cells(series.protocol, deviations or ())),
        in_table_1=deviations is not None,
        scanner=scanner,
        scanner_in_paper=scanner_is_in_paper(series.protocol),
    )


def completeness_text(found: dict[str, Any]) -> str:
    """One sentence about gaps and repeats, from ``Series.completeness``."""
    missing, duplicates = found.get("missing", 0), found.get("duplicates", 0)
    if missing:
        text = ngettext(
            "%(count)d slice is missing, by the gap between its neighbours",
            "%(count)d slices are missing, by the gaps between their neighbours",
            missing,
        )
        return text % {"count": missing}
    if duplicates:
        text = ngettext("%(count)d slice lies where another does", "%(count)d slices lie where others do", duplicates)
        return text % {"count": duplicates}
    if found.get("state") == CompletenessState.COMPLETE.value:
        return _("No gap")
    return _("Positions are not known")


def _reason(code: str) -> str:
    try:
        return _(ROLE_REASON_TEXT[RoleReason(code)])
    except ValueError:
        return code


def _cells(protocol: dict[str, Any], deviations: Sequence[Deviation]) -> list[ProtocolCell]:
    outside = {deviation.parameter: deviation.expected for deviation in deviations}
    return [
        ProtocolCell(str(label), _value(protocol.get(name)), outside.get(name, ""))
        for name, label in PARAMETERS.items()
    ]


def _value(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, list):
        return "×".join(f"{item:g}" for item in value)
    return f"{value:g}"
