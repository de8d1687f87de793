"""The answer to a message (HL7 2.5 §2.9): it names the message, says whether it was taken, and if not why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils import timezone

from reporting.core.hl7_message import Message

CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}
"""HL7 table 0357, as far as we say it."""
REFUSED = {"200", "201", "202", "203"}
"""What concerns no content: answered AR, and nothing is kept of such a message but that it came."""


@dataclass(frozen=True)
class Verdict:
    """``code``: AA taken, AE cannot be used, AR refused (table 0008). ``fault``: our stable code."""

    code: str
    condition: str = ""
    fault: str = ""


TAKEN = Verdict("AA")


def acknowledgement(message: Message | None, verdict: Verdict) -> bytes:
    """In the message's own characters; ``message=None``: nothing of it could be read."""
    codec = message.codec if message else "ascii"
    head = message.first("MSH") if message else None
    fields = [head.raw(n) if head else "" for n in range(13)]
    charset = head.raw(18) if head else ""
    at = timezone.localtime().strftime("%Y%m%d%H%M%S%z")
    trigger = head.text(9, 2) if head else ""
    kind = f"ACK^{trigger}^ACK" if trigger.isalnum() else "ACK"
    field, component, repetition, escape, subcomponent = message.delimiters if message else tuple("|^~\\&")
    kind = kind.replace("^", component)
    msh = ["MSH" + field + component + repetition + escape + subcomponent, fields[5], fields[6], fields[3], fields[4]]
    msh += [at, "", kind, uuid.uuid4().hex[:20], fields[11] or "P", _version(fields[12])]
    if charset:
        msh += [""] * 5 + [charset]
    lines = [field.join(msh), field.join(["MSA", verdict.code, fields[10]])]
    if verdict.condition:
        reason = component.join([verdict.condition, CONDITIONS[verdict.condition], "HL70357"])
        ours = component.join([verdict.fault, "", "99DENS"])
        lines.append(field.join(["ERR", "", "", reason, "E", ours]))
    return "".join(line + "\r" for line in lines).encode(codec, errors="replace")


def _version(said: str) -> str:
    return said if said.startswith("2.") else "2.5"
