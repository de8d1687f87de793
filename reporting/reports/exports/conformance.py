"""The tables of the conformance statement, from the code that runs: docs/connected.md holds them word for word."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydicom.uid import UID
from pynetdicom.sop_class import (
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    Verification,
)

from reporting.dicom_network import archive_scu, search, urls
from reporting.dicom_network.listener import commitment, storing
from reporting.dicom_network.listener.contexts import STORED_SYNTAXES, supported_contexts
from reporting.reports.exports.conformance_messages import message_tables
from reporting.reports.exports.outgoing import SOP_CLASSES

_ANSWERED: dict[UID, str] = {
    Verification: "C-ECHO",
    StorageCommitmentPushModel: "N-ACTION, N-EVENT-REPORT",
    ModalityPerformedProcedureStep: "N-CREATE, N-SET",
    InstanceAvailabilityNotification: "N-CREATE",
}
"""Messages of what is accepted and not stored."""
_STATUSES = (
    (storing.SUCCESS, "the object is committed: bytes, row and audit event; or it was before"),
    (storing.PROCESSING_FAILURE, "an error of ours; the log says which"),
    (storing.OUT_OF_RESOURCES, "no space, or no database just now; send it again"),
    (storing.OTHER_OBJECT, "the data set is another object than the command named"),
    (storing.NOT_UNDERSTOOD, "the ingest gate refused it; the error comment is the reason's code"),
    (storing.IN_QUARANTINE, "it contradicts what is stored; kept in quarantine for people to decide"),
)
_FAILURES = (
    (commitment.NOT_HERE, "no such object here"),
    (commitment.OTHER_CLASS, "stored under another SOP class"),
    (commitment.DAMAGED, "the stored bytes no longer match their digest"),
)


def conformance_tables() -> str:
    """Markdown."""
    accepted = [UID(str(context.abstract_syntax)) for context in supported_contexts()]
    services = [
        *((_ANSWERED.get(uid, "C-STORE"), _name(uid), "SCP") for uid in accepted),
        ("N-EVENT-REPORT, on an association of ours", _name(StorageCommitmentPushModel), "SCP, by role selection"),
        ("C-ECHO", _name(Verification), "SCU"),
        *(("C-STORE", _name(uid), "SCU") for uid in SOP_CLASSES.values()),
        ("C-FIND", _name(archive_scu.FIND), "SCU"),
        ("C-MOVE", _name(archive_scu.MOVE), "SCU"),
    ]
    parts = [
        _table(("service", "SOP class", "role"), services),
        _table(
            ("transfer syntax of stored objects, in order of preference",), [(_name(UID(u)),) for u in STORED_SYNTAXES]
        ),
        _table(("C-STORE status", "means"), [(f"`{code:04X}`", text) for code, text in _STATUSES]),
        _table(("storage commitment failure", "means"), [(f"`{code:04X}`", text) for code, text in _FAILURES]),
        _table(("DICOMweb, below `/dicom-web`", "what"), _addresses()),
        _table(("QIDO-RS level", "attributes that are matched"), _matched()),
        *(_table(head, rows) for head, rows in message_tables()),
    ]
    return "\n".join(parts)


def _addresses() -> Iterator[tuple[str, str]]:
    """Each address and method that the program answers, in the words of its own description."""
    for one in urls.urlpatterns:
        callback: Any = one.callback
        view = callback.view_class
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(one.pattern))
        for method in ("get", "post"):
            if hasattr(view, method):
                said = (
                    [view.__doc__, getattr(view, method).__doc__] if view.__doc__ else [getattr(view, method).__doc__]
                )
                words = " ".join(inspect.cleandoc(each).split("\n\n")[0].replace("\n", " ") for each in said)
                yield f"`{method.upper()} {path}`", words


def _matched() -> Iterator[tuple[str, str]]:
    levels = {"studies": search.STUDY_FILTERS, "series": search.SERIES_FILTERS, "instances": search.INSTANCE_FILTERS}
    for level, filters in levels.items():
        yield level, ", ".join(f"`{keyword}`" for keyword in filters)


def _name(uid: UID) -> str:
    return f"{UID(uid).name} `{uid}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _column in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
