"""Headers of untrusted files, read in a bounded child process that may die without harm.

One child reads many files; when it dies or hangs, the file it was reading is refused by name and the next file gets a
new child.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrow, give_back
from reporting.studies.header_codec import decode_header
from reporting.studies.headers import InstanceHeader
from reporting.studies.refusals import RefusalCode

CHILD = "reporting.studies.header_child"

HeaderOutcome = InstanceHeader | RefusalCode


def read_headers(paths: Iterable[Path], limits: ChildLimits | None = None) -> Iterator[HeaderOutcome]:
    """For each path in order: its header, or why it is refused. Never raises for what a file contains."""
    limits = limits or ChildLimits()
    child: BoundedChild | None = None
    try:
        for path in paths:
            child = child or borrow(CHILD, limits)
            outcome = _read(child, path)
            if not child.is_usable():
                child.end()
                child = None
            yield outcome
    finally:
        if child is not None:
            give_back(child)


def warm_up() -> None:
    """Let a child start now, so that the first object of an association need not wait for it."""
    give_back(borrow(CHILD, ChildLimits()))


def _read(child: BoundedChild, path: Path) -> HeaderOutcome:
    answer = child.ask(path)
    if isinstance(answer, RefusalCode):
        return answer
    try:
        content = json.loads(answer)
        return RefusalCode(content["refused"]) if "refused" in content else decode_header(content["header"])
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not what the child's program writes: do not trust it any more.
        child.kill()
        return RefusalCode.PARSER_DIED
