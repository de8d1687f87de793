"""Structured logs: one JSON object a line, with request and job ids and without patient data.

Our own messages carry ids only. Libraries are less careful: Django writes addresses, Celery the text of exceptions.
What they say is therefore rebuilt here from the parts that cannot hold outside text.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

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
            "message": _message(record),
        }
        for name in ("request_id", "job_id"):
            if value := getattr(record, name, ""):
                line[name] = value
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["frames"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith("django.") and hasattr(record, "request"):
        return _of_request(record)
    if record.name.startswith("celery.") and isinstance(record.args, dict) and "exc" in record.args:
        parts = (str(record.args.get(key, "")) for key in ("name", "id", "description"))
        return " ".join(["task", *parts])
    if record.name == "gunicorn.error" and record.levelno >= logging.WARNING:
        # "Invalid request from ip=…: <the request>" and "Error handling request <address>": without what follows.
        return str(record.msg).split(": ", 1)[0]
    return record.getMessage()


def _of_request(record: logging.LogRecord) -> str:
    """Status, method and route: an address that matches no route may be anything, a patient's name included."""
    request = record.__dict__["request"]
    match = getattr(request, "resolver_match", None)
    status = getattr(record, "status_code", "")
    return f"{status} {getattr(request, 'method', '')} {match.route if match else '(no route)'}".strip()


def _frames(traceback: TracebackType | None) -> str:
    frames = []
    while traceback is not None:
        frames.append(f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return " > ".join(frames[-6:])
