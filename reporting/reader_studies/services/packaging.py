"""Asking for the package of a closed reader study; a worker builds it (``package_work``)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.reader_studies.dispatch import announce_packaging_on_commit
from reporting.reader_studies.models import PackageBuild, ReaderStudy
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.words import AnalysisStatus, StudyStatus


def ask_for_package(study: ReaderStudy, *, by: User) -> PackageBuild:
    """A worker builds it from what the study holds when it begins.

    Raises :class:`NotAllowed`, or :class:`WrongState` while people read or another package is being built.
    """
    require_in_study(study, by, StudyAct.ANALYSE)
    with transaction.atomic():
        row = ReaderStudy.objects.select_for_update().get(pk=study.pk)  # one at a time: numbers do not collide
        if row.status != StudyStatus.CLOSED:
            raise WrongState(_("A reader study is taken away once its reading is closed"))
        if row.packages.filter(status__in=[AnalysisStatus.WAITING, AnalysisStatus.RUNNING]).exists():
            raise WrongState(_("A package is being built already"))
        number = (row.packages.aggregate(last=Max("number"))["last"] or 0) + 1
        build = PackageBuild.objects.create(reader_study=row, number=number, asked_by=by)
        record(AuditAct.PACKAGE_ASKED, by=by, about=row, data={"number": number})
        announce_packaging_on_commit()
    return build
