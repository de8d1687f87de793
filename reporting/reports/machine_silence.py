"""Why a report holds no machine reading: still to come, nobody there to do it, failed, or never asked for."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.predictions.failure_words import failure_text
from reporting.predictions.models import InferenceJob, JobStatus, WorkerHeartbeat
from reporting.reports.models import Report

QUEUE = "inference"


def silence_of(report: Report) -> str:
    """The sentence for a report without a job. Whatever the reason, each field can be filled by hand."""
    jobs = InferenceJob.objects.filter(study_id=report.study_id, algorithm__fills_reports=True)
    newest = jobs.select_related("algorithm").order_by("-created_at").first()
    if newest is None or newest.status in (JobStatus.SUCCEEDED, JobStatus.CANCELLED):
        return _("No machine reading: every field is yours.")
    if newest.status == JobStatus.FAILED:
        return _("No machine reading: every field is yours. It failed: %(reason)s") % {"reason": failure_text(newest)}
    if newest.status == JobStatus.RUNNING:
        return _("No machine reading yet: it is being made. Until then every field is yours.")
    return _waiting()


def _waiting() -> str:
    workers = WorkerHeartbeat.objects.consuming(QUEUE)
    if workers.alive().exists():
        return _("No machine reading yet: the study waits for its turn. Until then every field is yours.")
    last = workers.order_by("-seen_at").first()
    if last is None:
        return _("No machine reading: no worker runs here that could make it. Every field is yours.")
    seen = timezone.localtime(last.seen_at).strftime("%Y-%m-%d %H:%M")
    return _("No machine reading: its worker was last heard of on %(time)s. Every field is yours.") % {"time": seen}
