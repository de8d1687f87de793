"""Every write to jobs, predictions and algorithms, one file per use case."""

from reporting.predictions.services.activation import (
    activate_algorithm,
    decline_algorithm,
    passed_run,
    propose_algorithm,
    retire_algorithm,
)
from reporting.predictions.services.algorithms import activate_at_set_up, register_algorithm
from reporting.predictions.services.attempts import ClaimedJob, claim_job, fail_job, renew_lease
from reporting.predictions.services.blind_rules import end_blind_rule, set_blind_rule
from reporting.predictions.services.case_runs import (
    claim_case_run,
    finish_case_run,
    reannounce_case_runs,
    request_case_run,
)
from reporting.predictions.services.presence import forget_silent_workers, note_worker_alive
from reporting.predictions.services.publishing import LabelMapFile, publish_predictions
from reporting.predictions.services.requests import (
    cancel_job,
    request_inference,
    request_inference_for_new_studies,
    request_reading_from_c2_3,
)
from reporting.predictions.services.sweeps import request_missing_inference, requeue_stale_jobs
from reporting.predictions.services.thresholds import (
    activate_threshold,
    decline_threshold,
    propose_threshold,
    shipped_threshold,
    threshold_in_force,
)
from reporting.predictions.services.uploads import finish_upload

__all__ = [
    "ClaimedJob",
    "LabelMapFile",
    "activate_algorithm",
    "activate_at_set_up",
    "activate_threshold",
    "cancel_job",
    "claim_case_run",
    "claim_job",
    "decline_algorithm",
    "decline_threshold",
    "end_blind_rule",
    "fail_job",
    "finish_case_run",
    "finish_upload",
    "forget_silent_workers",
    "note_worker_alive",
    "passed_run",
    "propose_algorithm",
    "propose_threshold",
    "publish_predictions",
    "reannounce_case_runs",
    "register_algorithm",
    "renew_lease",
    "request_case_run",
    "request_inference",
    "request_inference_for_new_studies",
    "request_missing_inference",
    "request_reading_from_c2_3",
    "requeue_stale_jobs",
    "retire_algorithm",
    "set_blind_rule",
    "shipped_threshold",
    "threshold_in_force",
]
