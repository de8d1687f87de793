"""The state table of an inference job: the whole truth, as data."""

from __future__ import annotations

from reporting.core.states import Transitions
from reporting.predictions.models import JobStatus

JOB_TRANSITIONS = Transitions[JobStatus](
    {
        JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED}),
        # Running to running: the lease ran out and another worker takes over, as a new attempt.
        # Running to queued: the lease ran out, or the attempt could not finish, and attempts are left.
        JobStatus.RUNNING: frozenset({JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.QUEUED}),
        # The end: a new request makes a new job.
        JobStatus.SUCCEEDED: frozenset(),
        JobStatus.FAILED: frozenset(),
        JobStatus.CANCELLED: frozenset(),
    }
)
OPEN_STATUSES = (JobStatus.QUEUED, JobStatus.RUNNING)
