"""The de-identified copies that readers see: new UIDs, drawn for one reader study, made once before the lock."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from reporting.deidentification.pseudonyms import Pseudonyms, purpose_key
from reporting.deidentification.withholding import Withheld
from reporting.reader_studies.dispatch import announce_copying
from reporting.reader_studies.models import Case, CaseObject, CaseSeries, ReaderStudy
from reporting.reader_studies.words import StudyStatus
from reporting.studies.blobs import BlobDamaged, store_bytes, verified_path
from reporting.studies.deidentified import deidentified_file, patient_text
from reporting.studies.header_codec import encode_header
from reporting.studies.headers import InstanceHeader
from reporting.studies.models import Patient, Series, SopInstance
from reporting.studies.sandbox import read_headers

MOST_AT_ONCE = 20


def copy_waiting_images() -> None:
    """Cases of studies in design whose images are not ready; after :data:`MOST_AT_ONCE` others may use the worker."""
    waiting = Case.objects.filter(copied_at__isnull=True, reader_study__status=StudyStatus.DESIGN)
    found = list(waiting.order_by("created_at").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    for pk in found[:MOST_AT_ONCE]:
        copy_images(pk)
    if len(found) > MOST_AT_ONCE:
        announce_copying()


def copy_images(case_id: uuid.UUID) -> None:
    """Copy the images of one case. A series with an object that may not leave is left out: a volume has no holes."""
    with transaction.atomic():
        held = Case.objects.select_for_update(skip_locked=True, of=("self",)).select_related("study__patient")
        case = held.filter(pk=case_id, copied_at__isnull=True, reader_study__status=StudyStatus.DESIGN).first()
        if case is None:  # done, taken out or in another worker's hands
            return
        names = pseudonyms_of(case.reader_study, case.study.patient)
        withheld = 0
        for number, series in enumerate(case.study.series_set.prefetch_related("sop_instances"), start=1):
            withheld += _copy_series(case, series, number, names)
        case.copied_at, case.withheld = timezone.now(), withheld
        case.save(update_fields=["copied_at", "withheld", "updated_at"])


def pseudonyms_of(study: ReaderStudy, patient: Patient) -> Pseudonyms:
    """Of this reader study alone: two studies cannot be joined by their UIDs."""
    key = purpose_key(settings.DEIDENTIFICATION_KEY, f"reader_study:{study.pk}")
    return Pseudonyms(key, patient_text(patient))


def _copy_series(case: Case, series: Series, number: int, names: Pseudonyms) -> int:
    """How many objects were not copied: none, or all of the series."""
    objects = list(series.sop_instances.all())
    copies = []
    for instance in objects:
        copy = _copied(instance, names)
        if copy is None:
            return len(objects)
        copies.append(copy)
    if copies:
        copied = CaseSeries.objects.create(
            case=case,
            source=series,
            number=number,
            series_instance_uid=names.uid(series.series_instance_uid),
            role=series.role,
            completeness=series.completeness,
        )
        for copy in copies:
            copy.series = copied
        CaseObject.objects.bulk_create(copies)
    return 0


def _copied(instance: SopInstance, names: Pseudonyms) -> CaseObject | None:
    try:
        content = deidentified_file(verified_path(instance.sha256), names)
    except BlobDamaged:
        return None
    if isinstance(content, Withheld):
        return None
    kept = store_bytes(content)
    (header,) = read_headers([verified_path(kept.sha256)])
    if not isinstance(header, InstanceHeader):
        return None
    return CaseObject(
        source=instance,
        sop_instance_uid=names.uid(instance.sop_instance_uid),
        number_of_frames=instance.number_of_frames,
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        header=encode_header(header, for_row=True),
    )
