"""Earlier studies from the hospital's archive: looked up for a patient we have, and fetched when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.knock import knock
from reporting.dicom_network.archive_scu import ArchiveFault, FoundSeries, FoundStudy, Moved, find_series, find_studies
from reporting.dicom_network.models import Archive, Retrieval, RetrievalStatus
from reporting.studies.models import Patient, Study
from reporting.studies.patient_identity import names_contradict

FETCH_STUDIES = "reporting.fetch_studies"
LEASE_S = 3600
ATTEMPTS = 3
MAX_NUMBERS = 8

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EarlierStudy:
    """``fits``: nothing the archive says of the patient contradicts ours. ``here``: the study, where we have it."""

    found: FoundStudy
    fits: bool
    here: Study | None
    retrieval: Retrieval | None


def look_up(study: Study, archive: Archive, *, by: User, also: Collection[str] = ()) -> list[EarlierStudy]:
    """What the archive has of the patient of ``study``, the newest first, without ``study`` itself.

    ``also``: other patient IDs that were said to be the same person's; at most ``MAX_NUMBERS`` are asked for.

    Waits for the archive, seconds at most. Raises ``NotAllowed``, ``InvalidInput``, :class:`ArchiveFault`.
    """
    require(by, Act.PRIOR_FETCH)
    patient = study.patient
    if not patient.patient_id:
        raise InvalidInput(_("The study has no patient ID to look for"))
    try:
        numbers = [patient.patient_id, *sorted(set(also) - {patient.patient_id})][:MAX_NUMBERS]
        found = [one for number in numbers for one in find_studies(archive, number)]
    except ArchiveFault as fault:
        data = {"archive": archive.name, "fault": fault.code}
        record(AuditAct.ARCHIVE_ASKED, by=by, about=study, outcome="failure", data=data)
        raise
    found = [one for one in found if one.study_instance_uid != study.study_instance_uid]
    record(AuditAct.ARCHIVE_ASKED, by=by, about=study, data={"archive": archive.name, "found": len(found)})
    uids = [one.study_instance_uid for one in found]
    here = {one.study_instance_uid: one for one in Study.objects.visible_to(by).filter(study_instance_uid__in=uids)}
    asked = Retrieval.objects.filter(archive=archive, study_instance_uid__in=uids).order_by("created_at")
    latest = {one.study_instance_uid: one for one in asked}
    return [
        EarlierStudy(one, _fits(patient, one), here.get(one.study_instance_uid), latest.get(one.study_instance_uid))
        for one in sorted(found, key=lambda one: str(one.study_date or ""), reverse=True)
    ]


def preview(
    study: Study, archive: Archive, study_instance_uid: str, *, by: User, also: Collection[str] = ()
) -> list[FoundSeries]:
    """The series of one of the studies that :func:`look_up` gives. Raises as it does."""
    _one_of(look_up(study, archive, by=by, also=also), study_instance_uid)
    return find_series(archive, study_instance_uid)


def request_retrieval(
    study: Study, archive: Archive, study_instance_uid: str, *, by: User, also: Collection[str] = ()
) -> Retrieval:
    """Ask for one of the studies that :func:`look_up` gives; a worker then lets the archive send it to our listener.

    Raises as :func:`look_up`; :class:`InvalidInput` for a study of another patient; :class:`WrongState` when it has
    been asked for and is not here yet.
    """
    one = _one_of(look_up(study, archive, by=by, also=also), study_instance_uid)
    if not one.fits:
        raise InvalidInput(_("The archive names another person for this study"))
    try:
        with transaction.atomic():
            made = Retrieval.objects.create(archive=archive, study_instance_uid=study_instance_uid, requested_by=by)
            record(AuditAct.STUDY_REQUESTED, by=by, about=study, data={"retrieval": str(made.pk)})
            transaction.on_commit(partial(knock, FETCH_STUDIES), robust=True)
    except IntegrityError as error:
        raise WrongState(_("This study is being fetched already")) from error
    return made


def fetch_due(move: Callable[[Archive, str], Moved]) -> int:
    """Fetch what is asked for, one after the other; how many were tried. Several workers may call it at once."""
    tried = 0
    while (retrieval := _claim()) is not None:
        tried += 1
        try:
            moved = move(retrieval.archive, retrieval.study_instance_uid)
        except ArchiveFault as fault:
            _end(retrieval, RetrievalStatus.FAILED, fault=fault.code)
        except Exception:
            logger.exception("retrieval %s ended by an error", retrieval.pk)
            _end(retrieval, RetrievalStatus.FAILED, fault="error")
        else:
            missed = "incomplete" if moved.missing else "" if moved.sent else "nothing_sent"
            status = RetrievalStatus.FAILED if missed else RetrievalStatus.DONE
            _end(retrieval, status, fault=missed, moved=moved)
    return tried


def _claim() -> Retrieval | None:
    with transaction.atomic():
        found = Retrieval.objects.due().select_for_update(skip_locked=True, of=("self",)).first()
        if found is None:
            return None
        if found.attempt >= ATTEMPTS:
            Retrieval.objects.filter(pk=found.pk).update(status=RetrievalStatus.FAILED, fault="worker_lost")
            return None
        Retrieval.objects.filter(pk=found.pk).update(
            status=RetrievalStatus.FETCHING,
            attempt=F("attempt") + 1,
            lease_expires_at=Now() + timedelta(seconds=LEASE_S),
            updated_at=Now(),
        )
    return Retrieval.objects.select_related("archive", "requested_by").get(pk=found.pk)


def _end(retrieval: Retrieval, status: RetrievalStatus, *, fault: str, moved: Moved | None = None) -> None:
    moved = moved or Moved(0, 0)
    with transaction.atomic():
        kept = Retrieval.objects.owned_by(retrieval).update(
            status=status,
            fault=fault[:64],
            objects_sent=moved.sent,
            objects_missing=moved.missing,
            lease_expires_at=None,
            updated_at=Now(),
        )
        if kept:
            outcome = "success" if status is RetrievalStatus.DONE else "failure"
            data = {"sent": moved.sent, "missing": moved.missing, "fault": fault[:64]}
            record(AuditAct.STUDY_FETCHED, by=None, about=retrieval, outcome=outcome, data=data)


def _one_of(found: list[EarlierStudy], study_instance_uid: str) -> EarlierStudy:
    for one in found:
        if one.found.study_instance_uid == study_instance_uid:
            return one
    raise InvalidInput(_("The archive has no such study of this patient"))


def _fits(patient: Patient, found: FoundStudy) -> bool:
    if patient.birth_date and found.birth_date and patient.birth_date != found.birth_date:
        return False
    return not names_contradict(patient.name, found.patient_name)
