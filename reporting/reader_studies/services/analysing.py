"""Asking for the analysis of a closed reader study; a worker works it out (``analysis_work``)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reader_studies.dispatch import announce_analysis_on_commit
from reporting.reader_studies.models import AnalysisRun, ReaderStudy
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.words import AnalysisStatus, StudyStatus

FEWEST_RESAMPLES, MOST_RESAMPLES = 200, 5000
LARGEST_SEED = 2**31 - 1


def ask_for_analysis(study: ReaderStudy, *, seed: int, resamples: int, margin: float, by: User) -> AnalysisRun:
    """A worker analyses the study from what is submitted and true when it begins.

    Only once the reading is closed: figures seen before could move readers, or the end. Raises :class:`NotAllowed`,
    :class:`InvalidInput`, :class:`WrongState` while people read or while another analysis is under way.
    """
    require_in_study(study, by, StudyAct.ANALYSE)
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidInput(_("A seed is a whole number from 0 to %(most)s") % {"most": LARGEST_SEED})
    if not FEWEST_RESAMPLES <= resamples <= MOST_RESAMPLES:
        raise InvalidInput(
            _("Between %(least)s and %(most)s resamples") % {"least": FEWEST_RESAMPLES, "most": MOST_RESAMPLES}
        )
    if not 0 < margin < 1:
        raise InvalidInput(_("A margin of non-inferiority lies between 0 and 1"))
    with transaction.atomic():
        row = ReaderStudy.objects.select_for_update().get(pk=study.pk)  # one at a time: numbers do not collide
        if row.status != StudyStatus.CLOSED:
            raise WrongState(_("A reader study is analysed once its reading is closed"))
        if row.analyses.filter(status__in=[AnalysisStatus.WAITING, AnalysisStatus.RUNNING]).exists():
            raise WrongState(_("An analysis is under way already"))
        protocol = row.protocols.order_by("-number").defer("content").first()
        assert protocol is not None  # what is closed was locked
        run = AnalysisRun.objects.create(
            reader_study=row,
            number=(row.analyses.aggregate(last=Max("number"))["last"] or 0) + 1,
            protocol=protocol,
            asked_by=by,
            seed=seed,
            resamples=resamples,
            margin=margin,
        )
        data = {"number": run.number, "seed": seed, "resamples": resamples, "margin": margin}
        record(AuditAct.ANALYSIS_ASKED, by=by, about=row, data=data)
        announce_analysis_on_commit()
    return run
