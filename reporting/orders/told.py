"""What a message says of orders and patients, field by field (HL7 2.5 ch. 3 and 4, IHE RAD-2, RAD-3, RAD-12). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from reporting.core.hl7_message import Message, Segment

_PLACED = {"NW", "XO", "SC", "RL", "RO", "SN", "PA", "CH", "XX", "NA", "OK"}
_CANCELLED = {"CA", "DC", "OC", "OD", "CR", "DR"}
_HELD = {"HD", "OH", "HR"}
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?(?:\.\d{1,4})?)?([+-]\d{4})?")
_NAME_KINDS = "AIP"  # alphabetic, ideographic, phonetic: the groups of a DICOM person name
_NUMBER_KINDS = ("MR", "PI", "")  # PID-3.5, those that a hospital's numbers have


class Unusable(Exception):
    """The message cannot be used. ``fault`` is stable; ``condition``: of HL7 table 0357."""

    def __init__(self, fault: str, condition: str) -> None:
        super().__init__(fault)
        self.fault, self.condition = fault, condition


@dataclass(frozen=True)
class Person:
    """As the message has them. ``name`` is a DICOM person name; what is not said is empty or ``None``."""

    number: str
    issuer: str
    name: str
    birth_date: date | None
    sex: str


@dataclass(frozen=True)
class Ordered:
    """One order. ``status`` is a value of ``OrderStatus``."""

    placer_number: str
    filler_number: str
    accession_number: str
    procedure_code: str
    procedure: str
    indication: str
    referring_unit: str
    ordering_provider: str
    priority: str
    scheduled_at: datetime | None
    status: str


def moment(text: str) -> datetime | None:
    """A time stamp; in the department's time zone where it names none. ``None`` for what is none."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    *parts, offset = found.groups()
    digits = "".join(part or "00" for part in parts)
    try:
        if offset:
            return datetime.strptime(digits + offset, "%Y%m%d%H%M%S%z")
        return timezone.make_aware(datetime.strptime(digits, "%Y%m%d%H%M%S"))  # noqa: DTZ007
    except (ValueError, OverflowError):
        return None


def person_of(segment: Segment, *, numbers: int = 3, name: int = 5) -> Person:
    """Of PID, or with ``numbers=1, name=7`` of MRG. Raises :class:`Unusable` without a number."""
    number, issuer = _number(segment, numbers)
    is_patient = segment.name == "PID"
    born = moment(segment.text(7)[:8]) if is_patient else None
    sex = segment.text(8).upper()[:1] if is_patient else ""
    return Person(number, issuer, _name(segment, name), born.date() if born else None, sex if sex in "MFO" else "")


def _number(segment: Segment, field: int) -> tuple[str, str]:
    said = [
        (segment.text(field, 5, repetition=n), segment.text(field, repetition=n), segment.text(field, 4, repetition=n))
        for n in range(1, segment.repetitions(field) + 1)
    ]
    for kind in _NUMBER_KINDS:
        for its_kind, number, issuer in said:
            if its_kind == kind and number:
                return _identifier(number), _identifier(issuer)
    raise Unusable("no_patient_id", "101")


def _identifier(text: str, most: int = 64) -> str:
    if len(text) > most:
        raise Unusable("identifier_too_long", "102")
    return text


def _name(segment: Segment, field: int) -> str:
    """XPN repetitions → the groups of a DICOM name; without a kind the script says which group it is."""
    groups = ["", "", ""]
    for n in range(1, segment.repetitions(field) + 1):
        family, given, middle, suffix, prefix = (segment.text(field, part, repetition=n) for part in range(1, 6))
        said = "^".join([family, given, middle, prefix, suffix]).rstrip("^").replace("=", " ")
        kind = segment.text(field, 8, repetition=n)
        place = _NAME_KINDS.find(kind) if kind else int(not said.isascii())
        if said and place >= 0 and not groups[place]:
            groups[place] = said
    return "=".join(groups).rstrip("=")


def orders_of(message: Message) -> Iterator[Ordered]:
    """Each ORC with what follows it. Raises :class:`Unusable`."""
    unit = message.first("PV1").text(3)
    group: list[Segment] = []
    for segment in message.segments():
        if segment.name == "ORC" and group:
            yield _ordered(group, unit)
            group = []
        if segment.name == "ORC" or group:
            group.append(segment)
    if not group:
        raise Unusable("no_order", "100")
    yield _ordered(group, unit)


def _ordered(group: list[Segment], unit: str) -> Ordered:
    by_name = {segment.name: segment for segment in reversed(group)}
    common, message = group[0], group[0].message
    nothing = Segment(("",), message)
    request, timing, placed = (by_name.get(name, nothing) for name in ("OBR", "TQ1", "IPC"))
    placer = common.text(2) or request.text(2)
    filler = common.text(3) or request.text(3)
    if not placer:
        raise Unusable("no_order_number", "101")
    authority = common.text(2, 2)
    scheduled = timing.text(7) or request.text(36) or request.text(27, 4) or common.text(7, 4)
    return Ordered(
        placer_number=_identifier("^".join(part for part in (placer, authority) if part), 128),
        filler_number=_identifier(filler, 128),
        accession_number=_identifier(placed.text(1) or request.text(18) or filler),
        procedure_code=_identifier(request.text(4)),
        procedure=request.text(4, 2)[:256],
        indication=_indication(group, common, request),
        referring_unit=(common.text(17, 2) or common.text(17) or unit)[:128],
        ordering_provider=_provider(common, 12) or _provider(request, 16),
        priority=(timing.text(9) or request.text(27, 6) or common.text(7, 6))[:16],
        scheduled_at=moment(scheduled) if scheduled else None,
        status=_status(common.text(1).upper()),
    )


def _indication(group: list[Segment], common: Segment, request: Segment) -> str:
    """Why it was asked for: reasons (OBR-31, ORC-16), clinical information (OBR-13), diagnoses (DG1); each once."""
    reasons = [request.text(31, 2, repetition=n) or request.text(31, repetition=n) for n in range(1, 10)]
    reasons += [common.text(16, 2) or common.text(16), request.whole(13)]
    reasons += [s.text(3, 2) or s.text(4) or s.text(3) for s in group if s.name == "DG1"]
    return "\n".join(dict.fromkeys(reason for reason in reasons if reason))[:10_000]


def _provider(segment: Segment, field: int) -> str:
    """XCN: family and given name as written, or the number."""
    words = " ".join(part for part in (segment.text(field, 2), segment.text(field, 3)) if part)
    return (words or segment.text(field))[:256]


def _status(control: str) -> str:
    for controls, status in ((_PLACED, "placed"), (_CANCELLED, "cancelled"), (_HELD, "held")):
        if control in controls:
            return status
    raise Unusable("order_control_unknown", "103")


def merges_of(message: Message) -> list[tuple[Person, Person]]:
    """(kept, merged) of each PID with the MRG after it. Raises :class:`Unusable`."""
    pairs, kept = [], None
    for segment in message.segments("PID", "MRG"):
        if segment.name == "PID":
            kept = person_of(segment)
        elif kept is None:
            raise Unusable("no_patient", "100")
        else:
            pairs.append((kept, person_of(segment, numbers=1, name=7)))
    if not pairs:
        raise Unusable("no_merge", "100")
    return pairs
