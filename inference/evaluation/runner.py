"""Many phantoms, in processes of one thread each; what is already there is not made again."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from inference.evaluation.records import StudyRecord
from inference.evaluation.study import Task, evaluate, failed

Report = Callable[[str], None]


def run_all(tasks: Sequence[Task], folder: Path, *, workers: int, fresh: bool, report: Report) -> list[StudyRecord]:
    """The record of every task, in order.

    Records lie in ``folder`` as ``CONDITION/SEED.json``; one with the same key is used again unless ``fresh``. A study
    that kills its process is recorded as failed; the others go on.
    """
    known = {} if fresh else {task.name: record for task in tasks if (record := _read(task, folder)) is not None}
    missing = [task for task in tasks if task.name not in known]
    if known:
        report(f"{len(known)} of {len(tasks)} phantoms were analysed before and are used again")
    began = time.monotonic()
    for done, (task, record) in enumerate(_evaluated(missing, workers), start=1):
        _write(record, task, folder)
        known[task.name] = record
        report(_progress(task, record, done, len(missing), time.monotonic() - began))
    return [known[task.name] for task in tasks]


def picture_folder(folder: Path, condition: str) -> Path:
    """Where the pictures of a condition lie: beside its records."""
    return folder / condition


def _evaluated(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, StudyRecord]]:
    if workers == 1:
        for task in tasks:
            yield task, evaluate(task)
        return
    left = list(tasks)
    while left:
        done = []
        try:
            for task, record in _in_pool(left, workers):
                done.append(task.name)
                yield task, record
        except BrokenProcessPool:
            if workers == 1:  # alone in its process: this is the one that killed it
                culprit = next(task for task in left if task.name not in done)
                done.append(culprit.name)
                yield culprit, failed(culprit, "the process was killed (out of memory?)")
            else:
                workers = 1  # one at a time from here, so that the next death has a name
        left = [task for task in left if task.name not in done]


def _in_pool(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, StudyRecord]]:
    context = multiprocessing.get_context("spawn")  # a forked child would inherit torch's threads
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        if workers == 1:
            yield from ((task, pool.submit(evaluate, task).result()) for task in tasks)
            return
        futures = {pool.submit(evaluate, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _one_thread() -> None:
    torch.set_num_threads(1)


def _path(task: Task, folder: Path) -> Path:
    return folder / task.condition.name / f"{task.seed}.json"


def _read(task: Task, folder: Path) -> StudyRecord | None:
    """The stored record, or ``None`` when there is none with this key, or not all of it."""
    try:
        record = StudyRecord.from_json(json.loads(_path(task, folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    beside = picture_folder(folder, task.condition.name)
    complete = all((beside / picture.file).is_file() for picture in record.pictures)
    same = dict(record.key) == json.loads(json.dumps(task.key()))
    return record if same and complete and not record.error else None


def _write(record: StudyRecord, task: Task, folder: Path) -> None:
    path = _path(task, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps(record.as_json()), encoding="utf-8")
    beside.rename(path)


def _progress(task: Task, record: StudyRecord, done: int, total: int, seconds: float) -> str:
    wrong = sum(place.wrong for place in record.places)
    said = record.error or f"gate {record.gate}, {wrong} of {len(record.places)} places wrong"
    minutes = seconds / done * (total - done) / 60
    return f"[{done}/{total}] {task.condition.name} {task.seed}: {said}; about {minutes:.0f} min left"
