"""The pixel job as a Celery task: the only file here, beside management commands, that knows the database.

Loaded by inference workers alone (``--include inference.tasks``); the web process sends its name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from celery.signals import worker_init

from inference import weights
from inference.nifti import label_map_bytes
from inference.pipeline import run
from inference.results import AlgorithmInfo, PipelineError
from inference.serialise import as_json
from reporting.core.late_task import late_task
from reporting.predictions.dispatch import RUN_INFERENCE_JOB
from reporting.predictions.job_run import Analysis, Refused, TryAgain, run_job

# What this worker loaded at its start: networks stay in memory, so a result may bear no later name than this.
_loaded: list[AlgorithmInfo] = []


@late_task(RUN_INFERENCE_JOB, bind=True)
def run_inference_job(self: Any, job_id: str) -> None:
    """Bring one job to its end; does nothing when the job is not there to be taken."""
    run_job(uuid.UUID(job_id), analyse=analyse, worker=self.request.hostname, device=device_name())


def analyse(paths: Sequence[Path], on_stage: Callable[[str], None]) -> Analysis:
    """The pipeline's answer as plain data.

    Raises:
        Refused: the study cannot be analysed; another attempt would say the same.
        TryAgain: the memory of this machine or its card did not suffice.
    """
    try:
        result = run(paths, on_stage=on_stage)
    except PipelineError as error:
        raise Refused(error.reason, error.message) from error
    except weights.WeightsError as error:
        raise Refused("weights_unusable", "The weights of the networks are missing or changed") from error
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise TryAgain("out_of_memory", "The memory of the graphics card did not suffice") from error
    except RuntimeError as error:
        # torch has no type of its own for main memory that ran out.
        if "can't allocate memory" in str(error):
            raise TryAgain("out_of_memory", "The worker ran out of memory") from error
        raise
    if _loaded and result.algorithm != _loaded[0]:
        raise Refused("weights_changed", "The weights on disk changed while the worker ran; start it again")
    return Analysis(as_json(result), {uid: label_map_bytes(volume) for uid, volume in result.masks.items()})


def device_name() -> str:
    """What the networks run on here, as kept with the job. Asked in the child: CUDA does not survive a fork."""
    return f"cuda {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "cpu"


@worker_init.connect
def refuse_to_start_without_weights(**kwargs: Any) -> None:
    """Load every network before the first job; weights that are missing, changed or do not fit stop the worker.

    The children inherit the loaded networks. One thread only: after a thread pool was started before the fork, the
    first convolution in a child waits for ever for threads that it does not have (seen with torch 2.13).
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        weights.check_all()
    except weights.WeightsError as error:
        raise SystemExit(f"The inference worker does not start: {error}") from error
    torch.set_num_threads(threads)
    _loaded[:] = [weights.algorithm_info()]
