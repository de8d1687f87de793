"""The tables of the conformance statement, from the code that runs: docs/connected.md holds them word for word."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.uid import UID
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from reporting.dicom_network.listener import commitment, storing
from reporting.dicom_network.listener.contexts import STORED_CLASSES, STORED_SYNTAXES

_STATUSES = (
    (storing.SUCCESS, "the object is committed: bytes, row and audit event; or it was before"),
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
    services = [
        ("C-ECHO", _name(Verification), "SCP"),
        *(("C-STORE", _name(uid), "SCP") for uid in STORED_CLASSES),
        ("N-ACTION, N-EVENT-REPORT", _name(StorageCommitmentPushModel), "SCP"),
    ]
    parts = [
        _table(("service", "SOP class", "role"), services),
        _table(
            ("transfer syntax of stored objects, in order of preference",), [(_name(UID(u)),) for u in STORED_SYNTAXES]
        ),
        _table(("C-STORE status", "means"), [(f"`{code:04X}`", text) for code, text in _STATUSES]),
        _table(("storage commitment failure", "means"), [(f"`{code:04X}`", text) for code, text in _FAILURES]),
    ]
    return "\n".join(parts)


def _name(uid: UID) -> str:
    return f"{UID(uid).name} `{uid}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _column in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
