"""Studies, series and objects as QIDO-RS answers with them: DICOM JSON (PS3.18 F), from our tables alone."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pydicom.datadict import dictionary_VR, tag_for_keyword

from reporting.studies.models import Series, SopInstance, Study


def studies(rows: QuerySet[Study]) -> QuerySet[Study]:
    return rows.select_related("patient").order_by("-created_at", "pk")


def study_items(rows: Iterable[Study], base: str) -> list[dict[str, Any]]:
    rows = list(rows)
    counted = Series.objects.filter(study__in=rows).values("study", "modality").annotate(
        series_count=Count("pk", distinct=True), instance_count=Count("sop_instances")
    )  # fmt: skip
    sums: dict[Any, list[Any]] = {}
    for row in counted:
        sums.setdefault(row["study"], []).append(row)
    items = []
    for study in rows:
        of_study = sums.get(study.pk, [])
        items.append({
            **_of_study(study, base),
            **element("ModalitiesInStudy", *sorted({row["modality"] for row in of_study})),
            **element("NumberOfStudyRelatedSeries", sum(row["series_count"] for row in of_study)),
            **element("NumberOfStudyRelatedInstances", sum(row["instance_count"] for row in of_study)),
        })  # fmt: skip
    return items


def series(rows: QuerySet[Series]) -> QuerySet[Any]:
    # Counted apart: grouped by everything that is selected, a thousand objects of a series were sorted with all of it.
    of_series = SopInstance.objects.filter(series=OuterRef("pk")).order_by().values("series")
    number = Subquery(of_series.annotate(number=Count("pk")).values("number"))
    counted = rows.select_related("study__patient").annotate(instance_count=Coalesce(number, 0))
    return counted.order_by("series_number", "series_instance_uid")


def series_items(rows: Iterable[Any], base: str) -> list[dict[str, Any]]:
    return [
        {
            **_of_study(one.study, base),
            **_of_series(one),
            **element("NumberOfSeriesRelatedInstances", one.instance_count),
            **element("RetrieveURL", _series_address(one, base)),
        }
        for one in rows
    ]


def instances(rows: QuerySet[SopInstance]) -> QuerySet[Any]:
    answered: QuerySet[Any] = rows.order_by("instance_number", "sop_instance_uid").values(
        *("series_id", "sop_class_uid", "sop_instance_uid", "instance_number", "number_of_frames"),
        *("transfer_syntax_uid", "header__series__rows", "header__series__columns"),
    )
    return answered


def instance_items(rows: Iterable[dict[str, Any]], base: str) -> list[dict[str, Any]]:
    rows = list(rows)
    parents = Series.objects.filter(pk__in={row["series_id"] for row in rows}).select_related("study__patient")
    said = {one.pk: (_series_address(one, base), {**_of_study(one.study, base), **_of_series(one)}) for one in parents}
    items = []
    for row in rows:
        address, of_series = said[row["series_id"]]
        items.append({
            **of_series,
            **element("SOPClassUID", row["sop_class_uid"]),
            **element("SOPInstanceUID", row["sop_instance_uid"]),
            **element("InstanceNumber", row["instance_number"]),
            **element("NumberOfFrames", row["number_of_frames"]),
            **element("AvailableTransferSyntaxUID", row["transfer_syntax_uid"]),
            **element("Rows", row["header__series__rows"]),
            **element("Columns", row["header__series__columns"]),
            **element("RetrieveURL", f"{address}/instances/{row['sop_instance_uid']}"),
        })  # fmt: skip
    return items


def instance_path(one: SopInstance) -> str:
    study = one.series.study.study_instance_uid
    return f"/studies/{study}/series/{one.series.series_instance_uid}/instances/{one.sop_instance_uid}"


def _series_address(one: Series, base: str) -> str:
    return f"{base}/studies/{one.study.study_instance_uid}/series/{one.series_instance_uid}"


def _of_study(study: Study, base: str) -> dict[str, Any]:
    patient = study.patient
    return {
        **element("SpecificCharacterSet", "ISO_IR 192"),
        **element("StudyDate", _as_da(study.study_date)),
        **element("AccessionNumber", study.accession_number),
        **element("InstanceAvailability", "ONLINE"),
        **element("StudyDescription", study.description),
        **element("RetrieveURL", f"{base}/studies/{study.study_instance_uid}"),
        **element("PatientName", patient.name),
        **element("PatientID", patient.patient_id),
        **element("PatientBirthDate", _as_da(patient.birth_date)),
        **element("PatientSex", patient.sex),
        **element("StudyInstanceUID", study.study_instance_uid),
        **element("StudyID"),
    }


def _of_series(one: Series) -> dict[str, Any]:
    return {
        **element("Modality", one.modality),
        **element("SeriesDescription", one.description),
        **element("SeriesInstanceUID", one.series_instance_uid),
        **element("SeriesNumber", one.series_number),
    }


def _as_da(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def element(keyword: str, *values: Any) -> dict[str, Any]:
    """One attribute in DICOM JSON; empty values stand without a value, as the standard has it."""
    tag, vr = _attribute(keyword)
    kept: list[Any] = [value for value in values if value not in (None, "")]
    if vr == "PN":
        kept = [_person_name(value) for value in kept]
    return {tag: {"vr": vr, "Value": kept} if kept else {"vr": vr}}


@functools.cache
def _attribute(keyword: str) -> tuple[str, str]:
    """Tag and value representation. The keywords are our own."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return f"{tag:08X}", dictionary_VR(tag)


def _person_name(name: str) -> dict[str, str]:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), name.split("="), strict=False)
    return {group: text for group, text in groups if text}
