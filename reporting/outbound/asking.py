"""Whether a destination answers: C-ECHO, a network query over MLLP, or a FHIR server's own description."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.outbound import dicom_store, fhir_push, mllp_ping
from reporting.outbound.models import Destination, Kind
from reporting.outbound.receivers import NotSent


@dataclass(frozen=True)
class Answer:
    """``fault``: empty when all is well. ``said``: a FHIR server's version, or how an HL7 receiver refused."""

    fault: str = ""
    said: str = ""


def ask(destination: Destination, *, by: User | None) -> Answer:
    """Knock at the destination now. Waits for its answer, ten seconds for a connection. Raises ``NotAllowed``."""
    if by is not None:
        require(by, Act.PEER_MANAGE)
    answer = _answer(destination)
    outcome = "failure" if answer.fault else "success"
    record(AuditAct.DESTINATION_ASKED, by=by, about=destination, outcome=outcome, data={"fault": answer.fault})
    return answer


def _answer(destination: Destination) -> Answer:
    try:
        if destination.kind == Kind.FHIR:
            return Answer(said=fhir_push.metadata(destination))
        if destination.kind == Kind.MLLP:
            return Answer(said=mllp_ping.ping(destination))
        dicom_store.echo(destination)
    except NotSent as refusal:
        return Answer(fault=refusal.code)
    return Answer()
