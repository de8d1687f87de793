"""Plausible reports out of random numbers: patients, scanners, machine statements, and readers with habits. Pure.

What is ill hangs together within a patient; probabilities are those of a fair network that one vendor's images disturb;
readers follow the machine's mistakes now and then. Nothing here was measured on people.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from reporting.reports.drafting import FIELD_VALUES, NEGATIVE, NOT_HERNIATED
from reporting.vocabulary import MODELLED_DISCS, REPORTED_VERTEBRAE, MachineFinding

MONTHS = 36
"""The reports are spread over so many months, a little more in each later year."""
AGAIN = 0.06
"""Share of reports that are of a patient who was read before."""
_VERTEBRAE = [v.value for v in REPORTED_VERTEBRAE]
_DISCS = [d.value for d in MODELLED_DISCS]
PLACES: tuple[tuple[MachineFinding, str, str], ...] = (
    *((MachineFinding.OSTEOPHYTE, level, "") for level in _VERTEBRAE),
    *((MachineFinding.SLIP, level, "") for level in _VERTEBRAE[:-1]),
    *((MachineFinding.HERNIATION, level, "") for level in _DISCS),
    *((MachineFinding.PLL, level, "") for level in _DISCS),
    *((MachineFinding.LF, level, side) for level in _DISCS for side in ("left", "right")),
)
# Logit of the prevalence at fifty, and how far the network's scores of the ill lie above those of the well.
_PREVALENCE = {
    MachineFinding.OSTEOPHYTE: -0.6,
    MachineFinding.SLIP: -3.4,
    MachineFinding.HERNIATION: -1.8,
    MachineFinding.PLL: -1.9,
    MachineFinding.LF: -2.0,
}
_SEPARATION = {
    MachineFinding.OSTEOPHYTE: 3.0,
    MachineFinding.SLIP: 4.2,
    MachineFinding.HERNIATION: 3.8,
    MachineFinding.PLL: 3.0,
    MachineFinding.LF: 2.6,
}
_BUSY = {"C5/6": 0.8, "C6/7": 0.5, "C4/5": 0.4, "C5": 0.6, "C6": 0.6, "C4": 0.3, "C2/3": -0.8, "C2": -0.8}
SCANNERS: tuple[tuple[str, str, float, float], ...] = (
    # manufacturer as written, model, tesla, how much it disturbs the network
    ("SIEMENS", "Aera", 1.5, 0.0),
    ("GE MEDICAL SYSTEMS", "Discovery MR750", 3.0, 0.0),
    ("Philips Medical Systems", "Ingenia", 3.0, 0.1),
    ("UIH", "uMR 790", 3.0, 0.3),
)
_SHARES = (0.4, 0.3, 0.2, 0.1)
_INSIDE = {"tr_ms": 2800.0, "te_ms": 100.0, "thickness_mm": 3.0, "spacing_mm": 3.3, "fov_mm": [150.0, 150.0]}
ALGORITHMS = (("dens-cervical", "0.9.0"), ("dens-cervical", "1.0.0"))
THRESHOLD = 0.5


@dataclass(frozen=True)
class Person:
    """An invented patient; ``illness`` moves every level alike."""

    key: uuid.UUID
    number: str
    sex: str
    born_in: float  # year
    illness: float


@dataclass(frozen=True)
class Invented:
    """One report: everything that its rows are made of. Times are aware, in UTC."""

    keys: dict[str, uuid.UUID]
    person: Person
    is_new_person: bool
    number: int
    scanner: tuple[str, str, float, float]
    protocol: dict[str, Any]
    received_at: datetime
    signed_at: datetime
    senior: int
    junior: int | None
    algorithm: int
    findings: list[dict[str, Any]]
    prepared: list[dict[str, Any]] | None
    blind: list[dict[str, Any]] | None
    truth: dict[str, str] = field(default_factory=dict)  # key → adjudicated value


def invent(n: int, seed: int, until: datetime, readers: int) -> Iterator[Invented]:
    """``n`` reports signed in the ``MONTHS`` months before ``until``; readers are numbered from 0."""
    draw = np.random.default_rng(seed)
    known: list[Person] = []
    for number in range(n):
        again = bool(known) and draw.random() < AGAIN
        person = known[int(draw.integers(len(known)))] if again else _person(draw, seed, number)
        if not again:
            known.append(person)
            if len(known) > 1000:
                known.pop(int(draw.integers(len(known))))
        yield _report(draw, number, person, until, readers, is_new=not again)


def _person(draw: np.random.Generator, seed: int, number: int) -> Person:
    born = 2026 - float(np.clip(draw.normal(54, 15), 12, 92))
    sex = "F" if draw.random() < 0.55 else "M"
    return Person(_uuid(draw), f"SEED-{seed}-{number}", sex, born, float(draw.normal()))


def _report(
    draw: np.random.Generator, number: int, person: Person, until: datetime, readers: int, *, is_new: bool
) -> Invented:
    days = MONTHS * 30.4 * float(1 - draw.power(1.3))
    signed = (until - timedelta(days=days, seconds=float(draw.integers(86400)))).replace(microsecond=0)
    received = signed - timedelta(seconds=round(float(draw.lognormal(8.5, 1.0))))
    scanner = SCANNERS[int(draw.choice(len(SCANNERS), p=_SHARES))]
    inside = draw.random() < 0.7
    protocol = {
        **_INSIDE,
        "matrix": [320, 256],
        "manufacturer": scanner[0],
        "model": scanner[1],
        "field_t": scanner[2],
        **({} if inside else {"thickness_mm": 5.0}),
    }
    senior = int(draw.integers(readers))
    junior = int(draw.integers(readers)) if draw.random() < 0.6 else None
    values = _values(draw, person, scanner[3], following=0.1 + 0.3 * senior / max(1, readers - 1), signed=signed)
    findings, truth, blind = values
    prepared = None
    if junior is not None:
        prepared = [_second_look(entry, draw) for entry in findings]
    return Invented(
        keys={name: _uuid(draw) for name in _KEYS},
        person=person,
        is_new_person=is_new,
        number=number,
        scanner=scanner,
        protocol=protocol,
        received_at=received,
        signed_at=signed,
        senior=senior,
        junior=junior,
        algorithm=int(days < MONTHS * 30.4 * 0.4),
        findings=findings,
        prepared=prepared,
        blind=blind if draw.random() < 0.03 else None,
        truth=truth if draw.random() < 0.02 else {},
    )


_KEYS = ("study", "series", "report", "final", "final_signature", "preliminary", "preliminary_signature")
_Values = tuple[list[dict[str, Any]], dict[str, str], list[dict[str, Any]]]


def _values(
    draw: np.random.Generator, person: Person, disturbed: float, *, following: float, signed: datetime
) -> _Values:
    """The signed fields, what was true, and what a blind reader would have said first."""
    n = len(PLACES)
    noise, wrong, follows, chance, bulk, first = (draw.random(n) for _ in range(6))
    spread = draw.normal(size=n) * (1.1 + disturbed) + 0.4 * draw.normal()
    job = _uuid(draw)
    set_at = (signed - timedelta(minutes=2)).isoformat()
    entries: list[dict[str, Any]] = []
    truth: dict[str, str] = {}
    blind: list[dict[str, Any]] = []
    for place, (finding, level, side) in enumerate(PLACES):
        key, negative, positive = FIELD_VALUES[finding]
        normal = negative or "normal"
        odds = _PREVALENCE[finding] + _BUSY.get(level, 0.0) + 0.9 * person.illness + 0.03 * (1972 - person.born_in)
        ill = bool(noise[place] < 1 / (1 + math.exp(-odds)))
        probability = round(1 / (1 + math.exp(-(_SEPARATION[finding] * (ill - 0.62) + spread[place]))), 6)
        called = probability >= THRESHOLD
        read = ill == bool(wrong[place] > 0.04)
        told = called if called != ill and follows[place] < following else read
        name = f"{key}@{level}" + (f":{side}" if side else "")
        size = round(1.2 + 1.8 * probability + 0.3 * float(chance[place]), 2) if finding in _SIZED else None
        machine: dict[str, Any] = {
            "value": positive if called else negative,
            "note": "" if called else NOT_HERNIATED if negative is None else NEGATIVE,
            "prediction": str(uuid.UUID(int=job.int ^ place)),
            "job": str(job),
            "finding": finding.value,
            "level": level,
            "side": side,
            "probability": probability,
            "threshold": THRESHOLD,
            "positive": called,
            "mm": size,
            "mm_from_mask": None,
            "grade": "",
            "zone": "",
            "herniation_side": "",
            "direction": "",
            "flags": [],
            "series_instance_uid": f"2.25.{job.int}.1",
            "sop_instance_uid": f"2.25.{job.int}.1.{level}".replace("/", "."),
            "frame_number": None,
        }
        value = positive if told else normal
        in_bulk = not told and not called and bool(bulk[place] < 0.8)
        entries.append(_entry(name, value, machine, in_bulk, set_at))
        if finding is MachineFinding.HERNIATION and told:
            zone = ("central", "paracentral", "foraminal")[int(3 * chance[place])]
            entries.append(_entry(f"hern_zone@{level}", zone, _detail(machine, "paracentral", called), False, set_at))
        if finding in _SIZED and told and chance[place] < 0.4:
            at = name.partition("@")[2]
            entries.append(_entry(f"{_SIZED[finding]}@{at}", round(size or 0, 1), _SILENT, False, set_at))
        truth[name] = positive if ill else normal
        alone = ill == bool(first[place] > 0.08)
        blind.append(
            {"field": key, "structure": level, "side": side, "instance": 1, "value": positive if alone else normal}
        )
    return entries, truth, blind


_SIZED = {MachineFinding.PLL: "pll_mm", MachineFinding.LF: "lf_mm", MachineFinding.SLIP: "slip_mm"}
_SILENT: dict[str, Any] = {"value": None, "note": "", "prediction": ""}


def _entry(key: str, value: Any, machine: dict[str, Any], bulk: bool, set_at: str) -> dict[str, Any]:
    changed = machine["value"] is not None and machine["value"] != value
    return {
        "key": key,
        "state": "human_changed" if changed else "human_confirmed",
        "value": value,
        "unit": "mm" if key.partition("@")[0].endswith("_mm") else "",
        "bulk": bulk,
        "set_by": "",
        "set_at": set_at,
        "machine": machine,
    }


def _detail(machine: dict[str, Any], value: str, called: bool) -> dict[str, Any]:
    return {**machine, "value": value, "note": ""} if called else _SILENT


def _second_look(entry: dict[str, Any], draw: np.random.Generator) -> dict[str, Any]:
    """What the junior had said: nearly always the same, now and then what the machine said."""
    said = entry["machine"]["value"]
    return {**entry, "value": said} if said is not None and draw.random() < 0.1 else entry


def _uuid(draw: np.random.Generator) -> uuid.UUID:
    return uuid.UUID(bytes=draw.bytes(16), version=4)


def month_end(year: int, month: int) -> datetime:
    """Midnight after the last day of a month, UTC. Raises ``ValueError`` for no month."""
    if not 1 <= month <= 12:
        raise ValueError("months are numbered from 1 to 12")
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
