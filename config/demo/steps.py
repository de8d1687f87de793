"""The steps of the demo between start-up and serving; each can run again and keeps what is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo.processes import Processes
from config.demo.studies import DEMO_STUDIES, EXAMPLE, DemoStudy
from config.demo.table import comparison
from inference.phantom.pathology import Pathology
from inference.phantom.study import TRUTH_FILE, write_study
from reporting.accounts.models import User
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.predictions.services import request_inference_for_new_studies
from reporting.reports.exports.service import export_report
from reporting.reports.models import Report
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths

Say = Callable[[str], None]
JOB_TIMEOUT_S = 900
POLL_S = 0.5


class DemoError(RuntimeError):
    """The demo cannot go on; the message says why and where to look."""


@dataclass(frozen=True)
class WrittenStudy:
    demo: DemoStudy
    folder: Path
    truth: dict[str, Any]

    @property
    def study_instance_uid(self) -> str:
        return str(self.truth["study_instance_uid"])


def make_studies(out: Path, say: Say, demos: Sequence[DemoStudy] = DEMO_STUDIES) -> list[WrittenStudy]:
    """Write the phantom studies as DICOM, unless an earlier run already did."""
    written = []
    for number, demo in enumerate(demos, start=1):
        folder = out / demo.name
        truth_file = folder / TRUTH_FILE  # written last, so its presence means a whole study
        if truth_file.exists():
            truth = json.loads(truth_file.read_text(encoding="utf-8"))
        else:
            started = time.monotonic()
            pathologies = [Pathology.parse(text) for text in demo.pathologies]
            truth = write_study(
                folder,
                demo.seed,
                pathologies,
                demo.vendor,
                normal=not pathologies,
                chinese_name=number == 2,
                through_plane_samples=1 if demo.quick else 4,
            )
            say(f"[{number}/{len(demos)}] synthetic study '{demo.name}' ({time.monotonic() - started:.1f} s)")
        written.append(WrittenStudy(demo, folder, truth))
    return written


def ingest_studies(written: list[WrittenStudy], say: Say) -> None:
    """Take the DICOM files in by the ordinary ingest, as the importer's account; files already stored are no-ops."""
    importer = User.objects.get(username="importer")
    for study in written:
        if Study.objects.filter(study_instance_uid=study.study_instance_uid).exists():
            continue
        report = ingest_paths([study.folder / series["path"] for series in study.truth["series"]], by=importer)
        say(f"ingested '{study.demo.name}': {report.summary()}")
    uids = [study.study_instance_uid for study in written]
    studies = Study.objects.filter(study_instance_uid__in=uids).order_by("created_at")
    request_inference_for_new_studies(studies, by=importer)


def wait_for_jobs(written: list[WrittenStudy], processes: Processes, say: Say) -> dict[str, InferenceJob]:
    """Wait until each study's newest job has ended, saying each stage; returns jobs by StudyInstanceUID."""
    deadline = time.monotonic() + JOB_TIMEOUT_S
    names = {study.study_instance_uid: study.demo.name for study in written}
    last_said: dict[str, str] = {}
    while True:
        newest: dict[str, InferenceJob] = {}
        jobs = InferenceJob.objects.filter(study__study_instance_uid__in=names).select_related("study")
        for job in jobs.order_by("created_at"):
            newest[job.study.study_instance_uid] = job
        for uid, job in newest.items():
            text = f"{names[uid]}: {job.get_status_display()}{f', {job.stage}' if job.stage else ''}"
            if last_said.get(uid) != text:
                last_said[uid] = text
                say(f"  {text}")
        if len(newest) == len(names) and all(job.status not in _OPEN for job in newest.values()):
            return newest
        if problem := processes.dead():
            raise DemoError(problem)
        if time.monotonic() > deadline:
            raise DemoError(f"the analysis did not end within {JOB_TIMEOUT_S} s; see the logs of the workers")
        time.sleep(POLL_S)


_OPEN = {JobStatus.QUEUED, JobStatus.RUNNING}


def show_tables(written: list[WrittenStudy], jobs: dict[str, InferenceJob], say: Say) -> None:
    """Truth beside prediction for every study, and what was withheld and why."""
    right = shown = 0
    for study in written:
        job = jobs[study.study_instance_uid]
        asked = ", ".join(study.demo.pathologies) or "normal"
        say(f"\n{study.demo.name} ({asked})")
        if job.status != JobStatus.SUCCEEDED:
            say(f"  {job.get_status_display()}: {job.failure_message}")
            continue
        lines, agreement = comparison(study.truth, job)
        for line in lines:
            say(f"  {line}")
        right += agreement.right
        shown += agreement.shown
    say(f"\n{right} of {shown} machine statements agree with the phantoms' truth (synthetic images, not clinical).")


def wait_for_drafts(uids: Sequence[str], processes: Processes) -> dict[str, Report]:
    """The newest report of each study, once the default worker has drafted all of them."""
    deadline = time.monotonic() + 120
    while True:
        reports = Report.objects.filter(study__study_instance_uid__in=uids).select_related("study")
        newest = {report.study.study_instance_uid: report for report in reports.order_by("created_at")}
        if len(newest) == len(uids):
            return newest
        if problem := processes.dead():
            raise DemoError(problem)
        if time.monotonic() > deadline:
            raise DemoError("a report was not drafted within 120 s; see the default worker's log")
        time.sleep(POLL_S)


def write_example_report(out: Path, written: list[WrittenStudy], processes: Processes) -> list[Path]:
    """The pre-filled draft of the example study as PDF and JSON, once the default worker has drafted it."""
    uid = next(study.study_instance_uid for study in written if study.demo.name == EXAMPLE)
    report = wait_for_drafts([uid], processes)[uid]
    paths = []
    for extension in ("pdf", "json"):
        path = out / f"draft-report.{extension}"
        path.write_bytes(export_report(report, extension))
        paths.append(path)
    return paths
