"""What the fields say of each finding that a paragraph may claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reporting.reports.places import Place
from reporting.reports.sheet import Sheet

SIDES = ("left", "right")


@dataclass
class Truth:
    """One finding at one level: present, denied, or (neither) unknown; with sides where the fields have them."""

    present: bool = False
    denied: bool = False
    sides: set[str] = field(default_factory=set)
    denied_sides: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)


Truths = dict[tuple[str, str], Truth]


def truths_of(sheet: Sheet) -> Truths:
    """By concept and level; only what a person stands behind."""
    truths: Truths = {}

    def say(concept: str, place: Place, present: bool, sides: tuple[str, ...] = ()) -> None:
        truth = truths.setdefault((concept, place.level), Truth())
        truth.places.append(place)
        truth.present |= present
        truth.denied |= not present
        (truth.sides if present else truth.denied_sides).update(sides)

    for tell in (_discs, _vertebrae, _cord, _study):
        for concept, place, present, sides in tell(sheet):
            say(concept, place, present, sides)
    for truth in truths.values():
        truth.denied &= not truth.present
    return truths


Telling = tuple[str, Place, bool, tuple[str, ...]]


def _human(sheet: Sheet, key: str) -> Iterator[tuple[Place, list[str]]]:
    """Places of a field that a person stands behind, with their codes."""
    for place in sheet.places(sheet.template[key]):
        value = sheet.human(place)
        if value is not None and sheet.applicable(place, human_only=True):
            yield place, [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _discs(sheet: Sheet) -> Iterator[Telling]:
    sides: dict[str, set[str]] = {}
    for place, (side, *_) in _human(sheet, "hern_side"):
        sides.setdefault(place.level, set()).update({side} & set(SIDES))
    central = {place.level for place, (zone, *_) in _human(sheet, "hern_zone") if zone == "central"}
    for place, (code, *_) in _human(sheet, "disc_class"):
        yield "bulge", place, code == "bulge", ()
        named = tuple(sorted(sides.get(place.level, ()))) if code == "herniation" else ()
        yield "herniation", place, code == "herniation", named
        if place.level in central:
            yield "herniation", place, False, tuple(s for s in SIDES if s not in named)
    for key, abnormal in (("pll", ("thickened",)), ("lf", ("thickened",)), ("foramen", ("1", "2"))):
        for place, (code, *_) in _human(sheet, key):
            yield key, place, code in abnormal, (place.side,) if place.side else ()
    for place, (code, *_) in _human(sheet, "nerve_root"):
        yield "root", place, code != "not_contacted", (place.side,)
    for place, (code, *_) in _human(sheet, "canal_grade"):
        yield "canal", place, code != "0", ()
    for place, (code, *_) in _human(sheet, "pll_ossification"):
        yield "ossification", place, code != "not_suspected", ()
    for place, (code, *_) in _human(sheet, "discitis"):
        yield "discitis", place, code == "suspected", ()


def _vertebrae(sheet: Sheet) -> Iterator[Telling]:
    directions = {p.level: code for p, (code, *_) in _human(sheet, "slip_direction")}
    for place, (code, *_) in _human(sheet, "slip"):
        lateral = directions.get(place.level, "").removeprefix("lateral_")
        yield "slip", place, code == "present", (lateral,) if code == "present" and lateral in SIDES else ()
    sites = {p.level: codes for p, codes in _human(sheet, "osteophyte_site")}
    for place, (code, *_) in _human(sheet, "osteophyte"):
        sides = tuple(s for s in SIDES if f"uncovertebral_{s}" in sites.get(place.level, ()))
        yield "osteophyte", place, code == "present", sides if code == "present" else ()
    for key, normal in (("fracture", "none"), ("dislocation", "none"), ("height", "normal"), ("marrow", "normal")):
        for place, (code, *_) in _human(sheet, key):
            yield key, place, code != normal, ()
    for key in ("endplate_upper", "endplate_lower"):
        for place, codes in _human(sheet, key):
            yield "endplate", place, codes != ["normal"], ()
    for place, codes in _human(sheet, "posterior_elements"):
        sides = tuple(s for s in SIDES if f"facet_{s}" in codes)
        yield "facet", place, bool(sides), sides


def _cord(sheet: Sheet) -> Iterator[Telling]:
    """A cord signal belongs to every level it runs through; a normal one to no level in particular."""
    levels = sheet.template["signal_level_from"].choices
    order = [choice.code for choice in levels]
    for place, (code, *_) in _human(sheet, "cord_signal"):
        start = sheet.code("signal_level_from", instance=place.instance)
        end = sheet.code("signal_level_to", instance=place.instance) or start
        yield "signal", place, code != "normal", ()
        if code != "normal" and start:
            for level in order[order.index(start) : order.index(end) + 1]:
                yield "signal", Place(place.field, level, instance=place.instance), True, ()
    # A grade 3 canal says by itself that the signal is changed there; grade 2 that it is not.
    for place, (code, *_) in _human(sheet, "canal_grade"):
        if code in ("2", "3"):
            yield "signal", place, code == "3", ()
    for place, (code, *_) in _human(sheet, "extramedullary"):
        yield "extramedullary", place, code != "none", ()


def _study(sheet: Sheet) -> Iterator[Telling]:
    for place, (code, *_) in _human(sheet, "scoliosis"):
        side = code.removeprefix("present_")
        yield "scoliosis", place, code != "absent", (side,) if side in SIDES else ()
    for place, (code, *_) in _human(sheet, "lordosis"):
        yield "lordosis", place, code != "preserved", ()
    for place, (code, *_) in _human(sheet, "tonsils"):
        yield "tonsils", place, code != "normal", ()
    for place, (code, *_) in _human(sheet, "prevertebral"):
        yield "prevertebral", place, code != "normal", ()
    for place, (code, *_) in _human(sheet, "vertebral_arteries"):
        sides = {"absent_left": ("left",), "absent_right": ("right",), "absent_both": SIDES}.get(code, ())
        yield "artery", place, code != "present", sides
