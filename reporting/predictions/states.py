"""The state tables of jobs and algorithms: the whole truth, as data."""

from __future__ import annotations

from reporting.core.states import Transitions
from reporting.predictions.models import AlgorithmStatus, JobStatus

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
ALGORITHM_TRANSITIONS = Transitions[AlgorithmStatus](
    {
        # To active without a proposal: what ships, by the first set-up (services.algorithms).
        AlgorithmStatus.REGISTERED: frozenset({AlgorithmStatus.PROPOSED, AlgorithmStatus.ACTIVE}),
        # Declined: back to where it was before.
        AlgorithmStatus.PROPOSED: frozenset(
            {AlgorithmStatus.ACTIVE, AlgorithmStatus.REGISTERED, AlgorithmStatus.RETIRED}
        ),
        AlgorithmStatus.ACTIVE: frozenset({AlgorithmStatus.RETIRED}),
        # Back to an earlier version: by two people again.
        AlgorithmStatus.RETIRED: frozenset({AlgorithmStatus.PROPOSED}),
    }
)
OPEN_STATUSES = (JobStatus.QUEUED, JobStatus.RUNNING)
