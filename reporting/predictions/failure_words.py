"""Why a job ended without a result, in the reader's language: one sentence per stable reason code.

The message stored with the job says more, in English and in technical words; it is for whoever repairs the cause.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reporting.predictions.models import InferenceJob

_REFUSED_RESULT = _("The analysis gave a result that contradicts itself; it was not stored.")

FAILURES: dict[str, str | Promise] = {
    # The study.
    "nothing_readable": _("No image of this study could be read."),
    "blob_damaged": _("A stored file of this study is missing or damaged."),
    # The machine.
    "worker_lost": _("The worker stopped during the analysis."),
    "out_of_memory": _("The memory of the worker did not suffice."),
    "storage_full": _("There was no room to store the result."),
    "storage_fault": _("A stored file could not be read or written."),
    "time_limit": _("The analysis took too long."),
    "analysis_fault": _("The analysis stopped with a fault of the program."),
    "weights_unusable": _("The weights of the networks are missing or changed."),
    # A site's own algorithm.
    "algorithm_missing": _("This algorithm is not installed where the analysis ran."),
    "algorithm_changed": _("The files of this algorithm are not those that were registered."),
    "algorithm_crashed": _("This algorithm stopped with a fault of its own."),
    # The result.
    "wrong_algorithm": _("The result was computed by another algorithm or other weights than asked for."),
    "wrong_threshold": _("The result was computed with another threshold than the one in force."),
    "incomplete_result": _REFUSED_RESULT,
    "not_a_number": _REFUSED_RESULT,
    "unknown_finding": _REFUSED_RESULT,
    "unknown_gate": _REFUSED_RESULT,
    "unknown_level": _REFUSED_RESULT,
    "unknown_series": _REFUSED_RESULT,
    "unknown_side": _REFUSED_RESULT,
    "unknown_zone": _REFUSED_RESULT,
    "stated_twice": _REFUSED_RESULT,
    "gate_closed": _REFUSED_RESULT,
}


def failure_text(job: InferenceJob) -> str:
    """The sentence for the job's reason; for an unknown one what was stored, and nothing without a failure."""
    return str(FAILURES.get(job.failure_reason, job.failure_message or job.failure_reason))
