"""Studies, series and objects as QIDO-RS answers with them: DICOM JSON (PS3.18 F), from our tables alone."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pydicom.datadict import dictionary_VR, tag_for_keyword

from reporting.core.compiled_query import CompiledQuery
from reporting.dicom_network.search import Shape, conditions
from reporting.dicom_network.viewer import Viewer
from reporting.studies.models import Series, SopInstance, Study, of_visible_study

_STUDY = ("study_instance_uid", "study_date", "accession_number", "description")
_PATIENT = ("patient_id", "name", "birth_date", "sex")
_SERIES = ("series_instance_uid", "series_number", "description", "modality")
_QUESTIONS = 64
"""Kept ready for each of the three kinds, by who asks and what is compared."""

Row = dict[str, Any]


def _study_columns(path: str = "") -> list[str]:
    return [*(f"{path}{name}" for name in _STUDY), *(f"{path}patient__{name}" for name in _PATIENT)]


@functools.lru_cache(_QUESTIONS)
def studies(viewer: Viewer, shape: Shape) -> CompiledQuery:
    of_study = Series.objects.filter(study=OuterRef("pk")).order_by()
    rows = Study.objects.filter(of_visible_study(viewer.as_user()), *conditions(shape)).annotate(
        modalities=ArraySubquery(of_study.values("modality").distinct().order_by("modality")),
        series_count=_count(of_study, "study"),
        instance_count=_count(SopInstance.objects.filter(series__study=OuterRef("pk")), "series__study"),
    )
    counts = ("modalities", "series_count", "instance_count")
    return CompiledQuery(rows.order_by("-created_at", "pk"), *_study_columns(), *counts)


def _count(rows: QuerySet[Any], of: str) -> Coalesce:
    # Counted apart: grouped by everything that is selected, a thousand objects of a series were sorted with all of it.
    return Coalesce(Subquery(rows.order_by().values(of).annotate(number=Count("pk")).values("number")), 0)


def study_items(rows: Iterable[Row], base: str) -> list[dict[str, Any]]:
    return [
        {
            **_of_study(one, base),
            **element("ModalitiesInStudy", *one["modalities"]),
            **element("NumberOfStudyRelatedSeries", one["series_count"]),
            **element("NumberOfStudyRelatedInstances", one["instance_count"]),
        }
        for one in rows
    ]


@functools.lru_cache(_QUESTIONS)
def series(viewer: Viewer, shape: Shape) -> CompiledQuery:
    rows = Series.objects.filter(of_visible_study(viewer.as_user(), "study__"), *conditions(shape)).annotate(
        instance_count=_count(SopInstance.objects.filter(series=OuterRef("pk")), "series")
    )
    ordered = rows.order_by("series_number", "series_instance_uid")
    return CompiledQuery(ordered, *_SERIES, *_study_columns("study__"), "instance_count")


def series_items(rows: Iterable[Row], base: str) -> list[dict[str, Any]]:
    return [
        {
            **_of_study(one, base, "study__"),
            **_of_series(one),
            **element("NumberOfSeriesRelatedInstances", one["instance_count"]),
            **element("RetrieveURL", _series_address(one, base)),
        }
        for one in rows
    ]


@functools.lru_cache(_QUESTIONS)
def instances(viewer: Viewer, shape: Shape) -> CompiledQuery:
    rows = SopInstance.objects.filter(of_visible_study(viewer.as_user(), "series__study__"), *conditions(shape))
    return CompiledQuery(
        rows.order_by("instance_number", "sop_instance_uid"),
        *("series_id", "sop_class_uid", "sop_instance_uid", "instance_number", "number_of_frames"),
        *("transfer_syntax_uid", "header__series__rows", "header__series__columns"),
    )


def instance_items(rows: Iterable[Row], base: str) -> list[dict[str, Any]]:
    rows = list(rows)
    parents = Series.objects.filter(pk__in={row["series_id"] for row in rows})
    said = {
        one["pk"]: (_series_address(one, base), {**_of_study(one, base, "study__"), **_of_series(one)})
        for one in parents.values("pk", *_SERIES, *_study_columns("study__"))
    }
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


def _series_address(row: Row, base: str) -> str:
    return f"{base}/studies/{row['study__study_instance_uid']}/series/{row['series_instance_uid']}"


def _of_study(row: Row, base: str, path: str = "") -> dict[str, Any]:
    uid, study_date, accession_number, description = (row[f"{path}{name}"] for name in _STUDY)
    patient_id, name, birth_date, sex = (row[f"{path}patient__{name}"] for name in _PATIENT)
    return {
        **element("SpecificCharacterSet", "ISO_IR 192"),
        **element("StudyDate", _as_da(study_date)),
        **element("AccessionNumber", accession_number),
        **element("InstanceAvailability", "ONLINE"),
        **element("StudyDescription", description),
        **element("RetrieveURL", f"{base}/studies/{uid}"),
        **element("PatientName", name),
        **element("PatientID", patient_id),
        **element("PatientBirthDate", _as_da(birth_date)),
        **element("PatientSex", sex),
        **element("StudyInstanceUID", uid),
        **element("StudyID"),
    }


def _of_series(row: Row) -> dict[str, Any]:
    return {
        **element("Modality", row["modality"]),
        **element("SeriesDescription", row["description"]),
        **element("SeriesInstanceUID", row["series_instance_uid"]),
        **element("SeriesNumber", row["series_number"]),
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
