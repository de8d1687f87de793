"""The checklist before the lock: every reason why a study cannot start, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.reader_studies.candidates import may_become_cases
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.stopping import impossible
from reporting.reader_studies.words import ArmKind, Design, Scale
from reporting.reports.models import Report


def problems(study: ReaderStudy) -> list[str]:
    """Empty when the study may be locked."""
    today = timezone.localdate()
    return [*_of_words(study), *_of_arms(study), *_of_people(study), *_of_cases(study), *impossible(study, today)]


def _of_words(study: ReaderStudy) -> Iterator[str]:
    if not study.question.strip():
        yield _("The question is not written down")
    if not study.findings.exists():
        yield _("No finding is rated")
    for finding in study.findings.filter(positive_from__isnull=True).exclude(scale=Scale.LOCATION):
        yield _("%(finding)s: from which value on it counts as positive is not said") % {"finding": finding.label}


def _of_arms(study: ReaderStudy) -> Iterator[str]:
    kinds = {ArmKind(kind) for kind in study.arms.values_list("kind", flat=True)}
    read = {kind for kind in kinds if kind.is_read}
    if not read:
        yield _("There is no arm that people read in")
    if study.design == Design.SEQUENTIAL and read != {ArmKind.UNAIDED, ArmKind.AIDED_AFTER_UNAIDED}:
        yield _("A sequential design has the arms unaided and aided after unaided, and no other that people read in")
    if study.design != Design.SEQUENTIAL and ArmKind.AIDED_AFTER_UNAIDED in kinds:
        yield _("Aided after unaided belongs to a sequential design")
    if study.design != Design.SEQUENTIAL and len(read) > 1 and study.washout_days == 0:
        yield _("Sessions need a washout of at least one day")
    if any(kind.needs_algorithm for kind in kinds) and study.algorithm_id is None:
        yield _("The arms need an algorithm, and none is chosen")


def _of_people(study: ReaderStudy) -> Iterator[str]:
    readers = list(study.readers.select_related("member__user"))
    if not readers and any(ArmKind(arm.kind).is_read for arm in study.arms.all()):
        yield _("There is no reader")
    if study.design == Design.SPLIT_PLOT and len(readers) < study.reader_groups:
        yield _("There are fewer readers than groups of readers")
    for reader in readers:
        if not reader.member.user.is_active:
            yield _("The account of reader %(code)s is not active") % {"code": reader.code}
    for code, number in met_before(study).items():
        yield _("Reader %(code)s opened or reported %(number)s of the cases before") % {"code": code, "number": number}


def met_before(study: ReaderStudy) -> dict[str, int]:
    """Reader → how many of the cases this account acted on before, by the audit trail; none where there is nothing."""
    codes = dict(study.readers.values_list("member__user", "code"))
    reports = Report.objects.filter(study__in=study.cases.values("study"))
    met = {(actor, study) for actor, study in _acted_on(study.cases.values_list(Cast("study", CharField())), codes)}
    of_report = dict(reports.values_list(Cast("pk", CharField()), Cast("study", CharField())))
    on_reports = _acted_on(reports.values_list(Cast("pk", CharField())), codes)
    met |= {(actor, of_report[report]) for actor, report in on_reports}
    return dict(sorted(Counter(codes[actor] for actor, _case in met).items()))


def _acted_on(objects: QuerySet[Any, Any], actors: Iterable[Any]) -> QuerySet[AuditEvent, tuple[Any, str]]:
    """(actor, object), each once; ``objects`` are asked for where they are, not sent to and fro."""
    acted = AuditEvent.objects.filter(actor__in=actors, object_id__in=objects)
    return acted.order_by().values_list("actor", "object_id").distinct()


def _of_cases(study: ReaderStudy) -> Iterator[str]:
    cases = study.cases.filter(is_training=False)
    number = cases.count()
    if number < 2:
        yield _("There are fewer than two cases")
    if study.design == Design.SPLIT_PLOT and number < study.reader_groups:
        yield _("There are fewer cases than groups of readers")
    waiting = study.cases.filter(copied_at__isnull=True).count()
    if waiting:
        yield _("The images of %(number)s cases are not ready yet") % {"number": waiting}
    for case in study.cases.filter(copied_at__isnull=False, series_set__isnull=True):
        yield _("Case %(code)s has no images that may be shown without the patient's name") % {"code": case.code}
    unsigned = study.cases.exclude(study__in=may_become_cases())
    for case in unsigned:
        yield _("Case %(code)s has no signed report any more") % {"code": case.code}
    if study.algorithm_id is not None:
        done = InferenceJob.objects.filter(
            study=OuterRef("study"), algorithm=study.algorithm_id, status=JobStatus.SUCCEEDED
        )
        missing = study.cases.filter(~Exists(done)).count()
        if missing:
            yield _("The algorithm has not read %(number)s of the cases") % {"number": missing}
