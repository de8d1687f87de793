"""Structured logs: one JSON object a line, with request and job ids and without patient data."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from reporting.core.request_id import request_id

job_id: ContextVar[str] = ContextVar("job_id", default="")


class IdsFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django reports refusals after our middleware has left, but hands over the request.
        record.request_id = request_id.get() or getattr(getattr(record, "request", None), "request_id", "")
        record.job_id = job_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """Message, level, logger, ids. Exceptions keep type and place but not their text, which may quote input."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("request_id", "job_id"):
            if value := getattr(record, name, ""):
                line[name] = value
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            traceback = record.exc_info[2]
            frames = []
            while traceback is not None:
                frames.append(f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}")
                traceback = traceback.tb_next
            line["frames"] = " > ".join(frames[-6:])
        return json.dumps(line, ensure_ascii=False)
