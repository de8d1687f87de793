"""The pixel job as a Celery task: the only file here, beside management commands, that knows the database.

Loaded by inference workers alone (``--include inference.tasks``); the web process sends its name.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_init
from django.conf import settings

from inference import callables, frozen_cases, weights
from inference.algorithms import WantedNetworks, open_networks
from inference.nifti import label_map_bytes
from inference.pipeline import run
from inference.results import AlgorithmInfo, PipelineError, Point
from inference.serialise import as_json
from reporting.core.late_task import late_task
from reporting.predictions.dispatch import RUN_FROZEN_CASES, RUN_INFERENCE_JOB
from reporting.predictions.job_run import Analysis, Refused, TryAgain, run_job
from reporting.predictions.models import Algorithm, AlgorithmKind, CaseRun, InferenceJob
from reporting.predictions.result_payload import InvalidResult, parse_result
from reporting.predictions.services import claim_case_run, finish_case_run

logger = logging.getLogger(__name__)
NO_CHANGES: Mapping[str, float] = {}
KEPT_IN_MEMORY = 4
"""Algorithms whose networks a worker keeps; more would be loaded anew from time to time."""


@late_task(RUN_INFERENCE_JOB, bind=True)
def run_inference_job(self: Any, job_id: str) -> None:
    """Bring one job to its end; does nothing when the job is not there to be taken."""
    job = InferenceJob.objects.select_related("algorithm").filter(pk=uuid.UUID(job_id)).first()
    if job is not None:
        hint = None if job.c2_3_hint_lps_mm is None else _point(job.c2_3_hint_lps_mm)

        def work(paths: Sequence[Path], on_stage: Callable[[str], None]) -> Analysis:
            job.refresh_from_db(fields=["thresholds"])  # fixed when the job was claimed
            moved = {finding: float(one["threshold"]) for finding, one in job.thresholds.items()}
            return analyse(job.algorithm, paths, on_stage, c2_3_hint_lps_mm=hint, thresholds=moved)

        run_job(uuid.UUID(job_id), analyse=work, worker=self.request.hostname, device=device_name())


@late_task(RUN_FROZEN_CASES, bind=True)
def run_frozen_cases(self: Any, run_id: str) -> None:
    """Run an algorithm on the frozen cases; does nothing when the run is not there to be taken."""
    run = claim_case_run(uuid.UUID(run_id), worker=self.request.hostname)
    if run is not None:
        look_at_cases(run)


def look_at_cases(run: CaseRun, *, progress: Callable[[str], None] = lambda _line: None) -> bool:
    """Do a claimed run and store what came out, whatever happens; returns whether it passed."""
    digest = ""
    try:
        digest = frozen_cases.set_digest(settings.FROZEN_CASES_DIR)
        results, passed = _case_results(run.algorithm, digest, progress)
    except frozen_cases.CasesUnreadable as error:
        results, passed = {"reasons": ["cases_unreadable"], "text": str(error)}, False
    except SoftTimeLimitExceeded:
        results, passed = {"reasons": ["time_limit"]}, False
    except Exception as error:  # a fault of ours: the run ends with its kind, and whoever reads the log finds the rest
        logger.exception("the frozen cases could not be run")
        results, passed = {"reasons": ["fault"], "text": type(error).__name__}, False
    finish_case_run(run, set_digest=digest, results=results, passed=passed)
    return passed


def _case_results(
    candidate: Algorithm, set_digest: str, progress: Callable[[str], None]
) -> tuple[dict[str, Any], bool]:
    active = Algorithm.objects.filling_reports().exclude(pk=candidate.pk).first()
    earlier = CaseRun.objects.filter(algorithm=active, set_digest=set_digest, results__has_key="said").first()
    of_active = earlier.results if earlier is not None else None if active is None else partial(_payload, active)
    results = frozen_cases.run_cases(
        partial(_payload, candidate),
        folder=settings.FROZEN_CASES_DIR,
        states_everything=candidate.kind != AlgorithmKind.CALLABLE,
        active=of_active,
        progress=progress,
    )
    named = {} if active is None else {"active_algorithm": f"{active} ({active.weights_sha256[:12]})"}
    return {**results.data, **named}, results.passed


def _payload(algorithm: Algorithm, paths: Sequence[Path]) -> Mapping[str, Any]:
    try:
        payload = analyse(algorithm, paths, lambda _stage: None).payload
        series = frozenset(str(one["uid"]) for one in payload["series"])
        parse_result(payload, algorithm=algorithm, series_uids=series)  # what could not be stored is no result
        return payload
    except (Refused, TryAgain, InvalidResult) as error:
        raise frozen_cases.CaseFailed(error.reason) from error


def _point(values: Sequence[float]) -> Point:
    x, y, z = values
    return float(x), float(y), float(z)


def analyse(
    algorithm: Algorithm,
    paths: Sequence[Path],
    on_stage: Callable[[str], None],
    *,
    c2_3_hint_lps_mm: Point | None = None,
    thresholds: Mapping[str, float] = NO_CHANGES,
) -> Analysis:
    """The answer of ``algorithm`` as plain data; ``c2_3_hint_lps_mm`` is where a reader pointed at C2/3.

    ``thresholds``: finding → the operating point that holds instead of the algorithm's own.

    Raises:
        Refused: the study cannot be analysed; another attempt would say the same.
        TryAgain: the memory of this machine or its card did not suffice.
    """
    if algorithm.kind == AlgorithmKind.CALLABLE:
        return _ask_callable(algorithm, paths, on_stage, {**algorithm.thresholds, **thresholds})
    try:
        with weights.using(networks_of(algorithm), thresholds=thresholds):
            result = run(paths, on_stage=on_stage, c2_3_hint_lps_mm=c2_3_hint_lps_mm)
    except PipelineError as error:
        raise Refused(error.reason, error.message) from error
    except weights.WeightsError as error:
        raise Refused("weights_unusable", "The weights of this algorithm are missing or changed") from error
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise TryAgain("out_of_memory", "The memory of the graphics card did not suffice") from error
    except RuntimeError as error:
        # torch has no type of its own for main memory that ran out.
        if "can't allocate memory" in str(error):
            raise TryAgain("out_of_memory", "The worker ran out of memory") from error
        raise
    return Analysis(as_json(result), {uid: label_map_bytes(volume) for uid, volume in result.masks.items()})


def _ask_callable(
    algorithm: Algorithm, paths: Sequence[Path], on_stage: Callable[[str], None], thresholds: Mapping[str, float]
) -> Analysis:
    on_stage("grading")
    info = AlgorithmInfo(algorithm.name, algorithm.version, algorithm.weights_sha256)
    try:
        one = callables.registered(settings.ALGORITHM_CALLABLES).get(algorithm.name)
        if one is None or one.target != algorithm.origin.get("callable"):
            raise Refused("algorithm_missing", "This worker's settings do not name this algorithm")
        if callables.files_digest(one.target) != algorithm.weights_sha256:
            raise Refused("algorithm_changed", "Its files are not those that were registered")
        return Analysis(callables.analysis_of(one.target, paths, info=info, thresholds=thresholds))
    except callables.CallableFailed as error:
        raise Refused(error.reason, error.message) from error


def networks_of(algorithm: Algorithm) -> weights.NetworkSet:
    """What the algorithm runs with, loaded once per process.

    Raises:
        WeightsError: it is not on this installation, was changed, or does not fit this version of the program.
    """
    origin = {key: str(value) for key, value in algorithm.origin.items()}
    return _open(WantedNetworks(algorithm.name, algorithm.version, algorithm.weights_sha256, **origin))


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _open(wanted: WantedNetworks) -> weights.NetworkSet:
    return open_networks(wanted, settings.ALGORITHM_DIR)


def shipped() -> weights.NetworkSet:
    """The networks that came with this version of the program.

    Raises:
        WeightsError: a file is missing, changed or does not fit.
    """
    info = weights.algorithm_info()
    return _open(WantedNetworks(info.name, info.version, info.weights_sha256))


def device_name() -> str:
    """What the networks run on here, as kept with the job. Asked in the child: CUDA does not survive a fork."""
    return f"cuda {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "cpu"


@worker_init.connect
def refuse_to_start_without_weights(**kwargs: Any) -> None:
    """Load what ships before the first job; weights that are missing, changed or do not fit stop the worker.

    The children inherit the loaded networks. One thread only: after a thread pool was started before the fork, the
    first convolution in a child waits for ever for threads that it does not have (seen with torch 2.13).
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        shipped()
    except weights.WeightsError as error:
        raise SystemExit(f"The inference worker does not start: {error}") from error
    torch.set_num_threads(threads)
