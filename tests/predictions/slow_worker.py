"""The inference task for process tests: same name, same services, but work that lasts until the test says so."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from reporting.core.late_task import late_task
from reporting.predictions.dispatch import RUN_INFERENCE_JOB
from reporting.predictions.job_run import Analysis, run_job
from reporting.predictions.models import InferenceJob
from tests.factories import make_result
from tests.predictions.site import RELEASED, STARTED


@late_task(RUN_INFERENCE_JOB, bind=True)
def run_inference_job(self: Any, job_id: str) -> None:
    identifier = uuid.UUID(job_id)
    run_job(identifier, analyse=partial(_wait, identifier), worker=self.request.hostname, device="cpu")


def _wait(job_id: uuid.UUID, paths: Sequence[Path], on_stage: Callable[[str], None]) -> Analysis:
    on_stage("segmentation")
    result = make_result(InferenceJob.objects.select_related("algorithm", "study").get(pk=job_id))
    with (settings.STATE_DIR / STARTED).open("a") as file:
        file.write(f"{job_id} {os.getpid()}\n")
    while not (settings.STATE_DIR / RELEASED).exists():
        time.sleep(0.05)
    return Analysis(result, {result["series"][0]["uid"]: b"label map"})
