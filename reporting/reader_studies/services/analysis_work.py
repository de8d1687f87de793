"""Working out analyses that wait: one worker at a time, kept only whole.

Apart from the other services, because statsmodels takes seconds to load and only a worker needs it.
"""

from __future__ import annotations

import logging

from django.db import transaction

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reader_studies.analysis.reads import study_reads
from reporting.reader_studies.analysis.whole import analysed
from reporting.reader_studies.models import AnalysisPart, AnalysisRun
from reporting.reader_studies.services.work_orders import fail, finish, go_on, take

logger = logging.getLogger(__name__)


def run_due_analyses() -> None:
    """Everything that waits, one after the other; a run whose worker died is taken up again."""
    while (run := take(AnalysisRun)) is not None:
        try:
            _work_out(run)
        except Exception:
            # Whatever it was, the next one must not wait for it; the row says that this one failed.
            logger.exception("an analysis of a reader study failed")
            fail(run, "error")


def _work_out(run: AnalysisRun) -> None:
    reads = study_reads(run.reader_study)
    parts: list[AnalysisPart] = []
    for part in analysed(reads, resamples=run.resamples, seed=run.seed, margin=run.margin):
        parts.append(AnalysisPart(run=run, name=part.name, content=part.content))
        if not go_on(run, part.done):
            return  # another worker has it by now
    with transaction.atomic():
        if finish(run, input_digest=reads.digest()):
            AnalysisPart.objects.bulk_create(parts)
            data = {"number": run.number, "input": reads.digest()}
            record(AuditAct.ANALYSIS_FINISHED, by=None, about=run.reader_study, data=data)
