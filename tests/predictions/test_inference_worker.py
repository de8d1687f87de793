"""The inference worker's own part: every task name exists, its queue is its own, broken weights stop it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from celery.bin.worker import worker as worker_command

import reporting.tasks  # noqa: F401  registers the light tasks
from config.celery import app
from config.worker import MAX_MEMORY_MB, MAX_STUDIES, arguments
from inference import tasks, weights
from inference.results import PipelineError
from reporting.predictions import dispatch
from reporting.predictions.job_run import Refused, TryAgain
from reporting.predictions.models import Algorithm
from tests.paths import REPOSITORY


def test_every_name_that_is_sent_or_scheduled_is_a_registered_task() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {*dispatch.TASK_NAMES, *scheduled} <= set(app.tasks)
    ours = {name for name in app.tasks if name.split(".")[0] in {"reporting", "inference"}}
    assert ours == {*dispatch.TASK_NAMES, *scheduled}


def test_pixel_work_goes_to_its_own_queue_and_all_else_to_the_default_one() -> None:
    def queue_of(name: str) -> str:
        queue = app.amqp.router.route({}, name).get("queue")
        return queue.name if queue is not None else app.conf.task_default_queue

    for name in app.tasks:
        assert queue_of(name) == ("inference" if name.startswith("inference.") else "default")


def test_every_task_is_acknowledged_late_and_comes_back_when_its_process_is_lost() -> None:
    for name in (*dispatch.TASK_NAMES, "reporting.requeue_stale_jobs"):
        assert app.tasks[name].acks_late
        assert app.tasks[name].reject_on_worker_lost


def test_weights_that_do_not_fit_stop_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks._open.cache_clear()
    monkeypatch.setattr(weights, "algorithm_info", partial(weights.algorithm_info, tmp_path))
    with pytest.raises(SystemExit, match=r"does not start: manifest\.json"):
        tasks.refuse_to_start_without_weights()


def _raises(error: Exception) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (PipelineError("no_sagittal", "There is no sagittal series"), Refused),
        (torch.OutOfMemoryError("CUDA out of memory"), TryAgain),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), TryAgain),
        (RuntimeError("shape mismatch"), RuntimeError),
    ],
)
def test_the_pipeline_s_errors_are_told_apart(
    error: Exception, becomes: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "run", _raises(error))
    with pytest.raises(becomes):
        tasks.analyse(_what_ships(), [], lambda stage: None)


def _what_ships() -> Algorithm:
    return Algorithm(**vars(weights.algorithm_info()))


def test_a_job_for_weights_that_are_not_here_is_refused() -> None:
    algorithm = _what_ships()
    algorithm.weights_sha256 = "0" * 64
    with pytest.raises(Refused) as refusal:
        tasks.analyse(algorithm, [], lambda stage: None)
    assert refusal.value.reason == "weights_unusable"


def test_an_inference_worker_computes_in_one_child_that_is_replaced_from_time_to_time() -> None:
    words = arguments("inference", "card0")
    given = dict(pairwise(words))
    assert given["--concurrency"] == "1"
    assert given["--max-tasks-per-child"] == str(MAX_STUDIES)
    assert given["--max-memory-per-child"] == str(MAX_MEMORY_MB * 1024)  # Celery counts in kilobytes
    known = {option for parameter in worker_command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


FORKED = """
import os, django, torch
django.setup()
from inference import tasks, weights
tasks.refuse_to_start_without_weights()
assert not torch.cuda.is_initialized()
child = os.fork()
if not child:
    with torch.inference_mode():
        network = tasks.shipped().networks["pll"][0]
        network(torch.rand(1, 8, 128, 128))
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.process
def test_a_forked_child_computes_with_the_networks_its_parent_loaded() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", FORKED], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
