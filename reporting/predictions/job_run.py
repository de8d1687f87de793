"""Running one job: claim, work outside any transaction, publish. What the work is, the caller says.

The inference worker passes the pipeline (``inference.tasks``); this module never looks at a pixel.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from reporting.core.errors import StorageFull
from reporting.core.logs import job_id as job_id_in_logs
from reporting.predictions.services import (
    ClaimedJob,
    LabelMapFile,
    claim_job,
    fail_job,
    publish_predictions,
    renew_lease,
)
from reporting.studies import blobs

logger = logging.getLogger(__name__)
_DATABASE_AWAY = (OperationalError, InterfaceError)


class Refused(Exception):
    """The study cannot be analysed: shown to the reader, never retried."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class TryAgain(Exception):
    """The machine, not the study, is the obstacle (memory, disk): another attempt may succeed."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class LeaseLost(Exception):
    """Another worker owns the job now; whatever this one computes would be dropped."""


@dataclass(frozen=True)
class Analysis:
    """What the work returns: plain data (docs/analysis_schema.md), and NIfTI bytes per place (see LabelMapFile)."""

    payload: Mapping[str, Any]
    label_maps: Mapping[str, bytes] = field(default_factory=dict)


Analyse = Callable[[Sequence[Path], Callable[[str], None]], Analysis]
"""Files of one study, and a function to call with the name of each stage as it begins."""


def run_job(job_id: uuid.UUID, *, analyse: Analyse, worker: str, device: str) -> None:
    """Take the job if it is there to be taken and bring it to an end; may be called any number of times.

    When the database is away for longer than the lease, nothing is written and the sweeper hands the job on.
    """
    token = job_id_in_logs.set(str(job_id))
    try:
        claimed = claim_job(job_id, worker=worker, device=device)
        if claimed is None:
            logger.info("nothing to do: the job is done, cancelled or another worker's")
            return
        with Lease(claimed) as lease:
            _work(claimed, lease, analyse)
    except LeaseLost:
        logger.warning("lease lost: attempt given up, its result is dropped")
    finally:
        job_id_in_logs.reset(token)


def _work(claimed: ClaimedJob, lease: Lease, analyse: Analyse) -> None:
    def give_up(reason: str, message: str, *, retry: bool) -> None:
        logger.warning("attempt %s ended without result: %s", claimed.attempt, reason)
        lease.while_it_lasts(lambda: fail_job(claimed.id, claimed.attempt, reason, message, retry=retry))

    try:
        analysis = analyse(_input_files(claimed), lease.enter_stage)
        maps = _store(analysis.label_maps)
        lease.while_it_lasts(
            lambda: publish_predictions(claimed.id, claimed.attempt, analysis.payload, label_maps=maps)
        )
    except LeaseLost:
        raise
    except Refused as error:
        give_up(error.reason, error.message, retry=False)
    except TryAgain as error:
        give_up(error.reason, error.message, retry=True)
    except MemoryError:
        give_up("out_of_memory", "The worker ran out of memory", retry=True)
    except StorageFull:
        give_up("storage_full", "There was no room to store the result", retry=True)
    except OSError:
        logger.exception("storage does not answer")
        give_up("storage_fault", "A stored file could not be read or written", retry=True)
    except SoftTimeLimitExceeded:
        give_up("time_limit", "The analysis took too long", retry=False)
    except Exception as error:  # a fault of ours: said aloud with its kind; its text may quote the file
        logger.exception("analysis failed")
        give_up("analysis_fault", f"The analysis stopped with a fault ({type(error).__name__})", retry=False)


def _input_files(claimed: ClaimedJob) -> list[Path]:
    try:
        return [blobs.verified_path(one.sha256) for one in claimed.inputs]
    except blobs.BlobDamaged as error:
        raise Refused(error.code, "A stored file of this study is missing or damaged") from error


def _store(label_maps: Mapping[str, bytes]) -> list[LabelMapFile]:
    files = []
    for uid, content in label_maps.items():
        kept = blobs.store_bytes(content)
        files.append(LabelMapFile(uid, kept.sha256, kept.size_bytes))
    return files


class Lease(AbstractContextManager["Lease"]):
    """Keeps the lease of one attempt alive from a thread of its own, three times per lease."""

    def __init__(self, claimed: ClaimedJob) -> None:
        self._claimed = claimed
        self._lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def enter_stage(self, stage: str) -> None:
        """Show ``stage`` on the worklist.

        Raises:
            LeaseLost: another worker owns the job; stop.
        """
        if self._lost.is_set():
            raise LeaseLost
        self._renew(stage)
        if self._lost.is_set():
            raise LeaseLost

    def while_it_lasts(self, write: Callable[[], bool]) -> None:
        """Call ``write`` until the database takes it; give up after one lease without database."""
        deadline = time.monotonic() + settings.INFERENCE_LEASE_S
        while True:
            try:
                write()
                return
            except _DATABASE_AWAY:
                connection.close()
                if time.monotonic() > deadline:
                    logger.exception("the database did not come back; the job is left to the sweeper")
                    return
                time.sleep(0.5)

    def _keep(self) -> None:
        while not self._over.wait(settings.INFERENCE_LEASE_S / 3) and not self._lost.is_set():
            self._renew(None)
            connection.close()  # this thread's own

    def _renew(self, stage: str | None) -> None:
        try:
            if not renew_lease(self._claimed.id, self._claimed.attempt, stage=stage):
                self._lost.set()
        except _DATABASE_AWAY:
            # Away for a moment: work on. If it stays away, the lease runs out and publishing is fenced.
            logger.warning("lease not renewed: the database does not answer")
            connection.close()
