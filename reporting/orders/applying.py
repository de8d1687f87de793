"""What follows from a message: orders placed, changed, cancelled; patients corrected; numbers said to be one person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.hl7_message import Message
from reporting.orders.models import InboundMessage, Order, OrderStatus, PatientMerge
from reporting.orders.told import Ordered, Person, Unusable, merges_of, moment, orders_of, person_of
from reporting.studies.models import Patient

_ACTS = {OrderStatus.PLACED: AuditAct.ORDER_CHANGED, OrderStatus.HELD: AuditAct.ORDER_CHANGED}


def apply(message: Message, received: InboundMessage) -> None:
    """Inside the caller's transaction. Raises :class:`Unusable`: then nothing of it may stand."""
    head = message.first("MSH")
    kind = (head.text(9).upper(), head.text(9, 2).upper())
    handler = HANDLERS.get(kind)
    if handler is None:
        raise Unusable("event_not_supported" if kind[0] in _TYPES else "type_not_supported", _unsupported(kind[0]))
    handler(message, received, moment(head.text(7)) or timezone.now())


def _unsupported(message_type: str) -> str:
    return "201" if message_type in _TYPES else "200"


def _take_orders(message: Message, received: InboundMessage, said_at: datetime) -> None:
    """Place, change, hold or cancel each order in it."""
    person = person_of(message.first("PID"))
    for ordered in orders_of(message):
        _take_order(ordered, person, received, said_at)


def _take_order(ordered: Ordered, person: Person, received: InboundMessage, said_at: datetime) -> None:
    """What comes late changes nothing that was said after it: a cancelled order stays cancelled."""
    values = {**asdict(ordered), "patient_id": person.number, "issuer": person.issuer, "said_at": said_at}
    known = Order.objects.select_for_update().filter(sender=received.sender, placer_number=values.pop("placer_number"))
    order = known.first()
    data = {"message": str(received.pk)}
    if order is None:
        order = Order.objects.create(sender=received.sender, placer_number=ordered.placer_number, **values)
        cancelled = ordered.status == OrderStatus.CANCELLED
        record(AuditAct.ORDER_CANCELLED if cancelled else AuditAct.ORDER_PLACED, by=None, about=order, data=data)
        return
    if (order.patient_id, order.issuer) != (person.number, person.issuer) and not _are_one(order, person):
        raise Unusable("order_of_another_patient", "204")
    if order.said_at > said_at:
        return
    if ordered.status == OrderStatus.CANCELLED:  # a cancellation often names nothing but the order
        values = {key: value or getattr(order, key) for key, value in values.items()}
    changed = sorted(key for key, value in values.items() if getattr(order, key) != value and key != "said_at")
    known.update(**values, version=F("version") + 1, updated_at=timezone.now())
    if changed:
        act = _ACTS.get(OrderStatus(ordered.status), AuditAct.ORDER_CANCELLED)
        record(act, by=None, about=order, data={**data, "fields": changed})


def _are_one(order: Order, person: Person) -> bool:
    one, other = (order.patient_id, order.issuer), (person.number, person.issuer)
    return PatientMerge.objects.filter(
        Q(kept_id=one[0], kept_issuer=one[1], merged_id=other[0], merged_issuer=other[1])
        | Q(kept_id=other[0], kept_issuer=other[1], merged_id=one[0], merged_issuer=one[1])
    ).exists()


def _take_patient(message: Message, received: InboundMessage, said_at: datetime) -> None:
    """Correct name, birth date and sex of a patient whom we have images of."""
    person = person_of(message.first("PID"))
    patients = Patient.objects.select_for_update().filter(patient_id=person.number, issuer__in={person.issuer, ""})
    patient = patients.order_by("-issuer").first()
    if patient is None:
        return
    said = {"name": _name(patient.name, person.name), "birth_date": person.birth_date, "sex": person.sex}
    changes = {key: value for key, value in said.items() if value and value != getattr(patient, key)}
    if not changes:
        return
    if len(str(changes.get("name", ""))) > 324:
        raise Unusable("name_too_long", "102")
    Patient.objects.filter(pk=patient.pk).update(**changes, updated_at=timezone.now())
    data = {"message": str(received.pk), "fields": sorted(changes)}
    record(AuditAct.PATIENT_CORRECTED, by=None, about=patient, data=data)


def _name(stored: str, said: str) -> str:
    """The groups that the message has; of those it lacks, what is stored (a RIS often knows one script only)."""
    if not said:
        return ""
    old, new = ([*name.split("="), "", "", ""][:3] for name in (stored, said))
    return "=".join(after or before for before, after in zip(old, new, strict=True)).rstrip("=")


def _take_merges(message: Message, received: InboundMessage, said_at: datetime) -> None:
    """Keep that two numbers are one person; nothing is moved."""
    for kept, merged in merges_of(message):
        if (kept.number, kept.issuer) == (merged.number, merged.issuer):
            raise Unusable("merged_into_itself", "102")
        merge = PatientMerge.objects.create(
            message=received,
            kept_id=kept.number,
            kept_issuer=kept.issuer,
            merged_id=merged.number,
            merged_issuer=merged.issuer,
            said_at=said_at,
        )
        record(AuditAct.PATIENTS_MERGED, by=None, about=merge, data={"message": str(received.pk)})


_Handler = Callable[[Message, InboundMessage, datetime], None]
HANDLERS: dict[tuple[str, str], _Handler] = {
    ("ORM", "O01"): _take_orders,
    ("OMI", "O23"): _take_orders,
    ("OMG", "O19"): _take_orders,
    ("ADT", "A01"): _take_patient,
    ("ADT", "A04"): _take_patient,
    ("ADT", "A05"): _take_patient,
    ("ADT", "A08"): _take_patient,
    ("ADT", "A31"): _take_patient,
    ("ADT", "A40"): _take_merges,
}
"""By MSH-9: message type and event."""
_TYPES = {message_type for message_type, _event in HANDLERS}
