"""The light Celery tasks: their worker needs no torch. Each may run twice or late without harm."""

from __future__ import annotations

from django.conf import settings

from reporting.core.late_task import late_task
from reporting.department_audit.intake import take_pending
from reporting.department_audit.monitoring import watching
from reporting.department_audit.peer_learning import drawing
from reporting.dicom_network.archive_scu import move_study
from reporting.dicom_network.archives import FETCH_STUDIES, fetch_due
from reporting.outbound.dispatch import SEND_DELIVERIES
from reporting.outbound.services import send_due
from reporting.predictions import (
    dispatch,
    services,
    worker_presence,  # noqa: F401  every worker says that it lives
)
from reporting.reader_studies.dispatch import ANALYSE, COPY_IMAGES, PACKAGE
from reporting.reader_studies.services import copy_waiting_images
from reporting.reader_studies.services.analysis_work import run_due_analyses
from reporting.reader_studies.services.package_work import build_due_packages
from reporting.reports.exports.outgoing import send_delivery
from reporting.reports.services import draft_missing_reports
from reporting.studies.frame_store import trim_cache
from reporting.studies.services import end_silent_receptions


@late_task("reporting.requeue_stale_jobs")
def requeue_stale_jobs() -> None:
    """Each minute: what was lost gets done."""
    services.requeue_stale_jobs()
    end_silent_receptions()
    services.request_missing_inference()
    services.reannounce_case_runs(for_s=settings.INFERENCE_LEASE_S)
    services.forget_silent_workers()


@late_task(dispatch.DRAFT_REPORTS)
def draft_reports() -> None:
    """After each job and each minute: finished jobs get their report draft."""
    draft_missing_reports()


@late_task("reporting.count_signed_reports")
def count_signed_reports() -> None:
    """Twice a minute: what was signed, withdrawn or corrected since gets its rows in the department audit."""
    take_pending()


@late_task("reporting.draw_peer_cases")
def draw_peer_cases() -> None:
    """Each hour, and once a day with effect: places that colleagues look at again."""
    drawing.draw_peer_cases(by=None)


@late_task("reporting.watch_quality")
def watch_quality() -> None:
    """Each hour: the days up to yesterday against their baselines, and whether work waits now."""
    watching.watch()


@late_task(COPY_IMAGES)
def copy_case_images() -> None:
    """After cases are chosen and each minute: readers see copies of their images, without the patient."""
    copy_waiting_images()


@late_task(ANALYSE)
def analyse_reader_studies() -> None:
    """After each request and each minute: analyses of closed reader studies."""
    run_due_analyses()


@late_task(PACKAGE)
def package_reader_studies() -> None:
    """After each request and each minute: packages of closed reader studies."""
    build_due_packages()


@late_task("reporting.trim_cache")
def trim_cache_to_its_size() -> None:
    """Each hour: decoded frames and pictures that were made longest ago go; they can be made again."""
    trim_cache(settings.CACHE_BYTES)


@late_task(SEND_DELIVERIES)
def send_deliveries() -> None:
    """After each signature and each minute: signed reports go where they are wanted."""
    send_due(send_delivery)


@late_task(FETCH_STUDIES)
def fetch_studies() -> None:
    """After each request and each minute: studies asked for from an archive are sent to our listener."""
    fetch_due(move_study)
