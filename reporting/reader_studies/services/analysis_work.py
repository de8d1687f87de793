"""Working out analyses that wait: one worker at a time, kept only whole.

Apart from the other services, because statsmodels takes seconds to load and only a worker needs it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reader_studies.analysis.reads import study_reads
from reporting.reader_studies.analysis.whole import analysed
from reporting.reader_studies.models import AnalysisPart, AnalysisRun
from reporting.reader_studies.words import AnalysisStatus

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3

logger = logging.getLogger(__name__)


def run_due_analyses() -> None:
    """Everything that waits, one after the other; a run whose worker died is taken up again."""
    while (run := _taken()) is not None:
        try:
            _work_out(run)
        except Exception:
            # Whatever it was, the next one must not wait for it; the row says that this one failed.
            logger.exception("an analysis of a reader study failed")
            _fail(run, "error")


def _taken() -> AnalysisRun | None:
    with transaction.atomic():
        run = AnalysisRun.objects.due().select_for_update(skip_locked=True).first()
        if run is None:
            return None
        if run.attempt >= MOST_ATTEMPTS:
            AnalysisRun.objects.filter(pk=run.pk).update(status=AnalysisStatus.FAILED, fault="worker_lost")
            run = None
        else:
            AnalysisRun.objects.filter(pk=run.pk).update(
                status=AnalysisStatus.RUNNING, attempt=F("attempt") + 1, done=0, lease_expires_at=Now() + LEASE
            )
            run.refresh_from_db()
    return run if run is not None else _taken()


def _work_out(run: AnalysisRun) -> None:
    reads = study_reads(run.reader_study)
    parts: list[AnalysisPart] = []
    for part in analysed(reads, resamples=run.resamples, seed=run.seed, margin=run.margin):
        parts.append(AnalysisPart(run=run, name=part.name, content=part.content))
        progress: dict[str, Any] = {"done": min(part.done, 0.99), "lease_expires_at": Now() + LEASE}
        if not AnalysisRun.objects.owned_by(run).update(**progress):
            return  # another worker has it by now
    with transaction.atomic():
        finished = AnalysisRun.objects.owned_by(run).update(
            status=AnalysisStatus.FINISHED,
            done=1,
            finished_at=Now(),
            input_digest=reads.digest(),
        )
        if finished:
            AnalysisPart.objects.bulk_create(parts)
            data = {"number": run.number, "input": reads.digest()}
            record(AuditAct.ANALYSIS_FINISHED, by=None, about=run.reader_study, data=data)


def _fail(run: AnalysisRun, fault: str) -> None:
    AnalysisRun.objects.owned_by(run).update(status=AnalysisStatus.FAILED, fault=fault)
