"""Every write to jobs, predictions and algorithms, one file per use case."""

from reporting.predictions.services.algorithms import register_algorithm
from reporting.predictions.services.attempts import ClaimedJob, claim_job, fail_job, renew_lease
from reporting.predictions.services.presence import forget_silent_workers, note_worker_alive
from reporting.predictions.services.publishing import LabelMapFile, publish_predictions
from reporting.predictions.services.requests import (
    cancel_job,
    request_inference,
    request_inference_for_new_studies,
)
from reporting.predictions.services.sweeps import request_missing_inference, requeue_stale_jobs
from reporting.predictions.services.uploads import finish_upload

__all__ = [
    "ClaimedJob",
    "LabelMapFile",
    "cancel_job",
    "claim_job",
    "fail_job",
    "finish_upload",
    "forget_silent_workers",
    "note_worker_alive",
    "publish_predictions",
    "register_algorithm",
    "renew_lease",
    "request_inference",
    "request_inference_for_new_studies",
    "request_missing_inference",
    "requeue_stale_jobs",
]
