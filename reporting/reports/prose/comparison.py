"""A paragraph against the fields, and one language against the other: side, level, negation, numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reporting.reports.house_rules import SHIPPED_RULES, HouseRules
from reporting.reports.places import Place
from reporting.reports.prose.claims import Claim, claims_in, levels_in
from reporting.reports.prose.field_truths import SIDES, Truth, Truths, truths_of
from reporting.reports.prose.lexicon import CONCEPTS, At
from reporting.reports.prose.own_words import own_concepts
from reporting.reports.sheet import Sheet
from reporting.vocabulary import DiscLevel

_VERTEBRAL = frozenset(c.key for c in CONCEPTS if c.at is At.VERTEBRA)
_MM = re.compile(r"(\d+(?:\.\d+)?)\s*(?:mm|毫米)(?![²2])", re.IGNORECASE)


@dataclass(frozen=True)
class Mismatch:
    """``kind``: side, level, negation, unsupported, number or missing; ``places`` are the fields it is about."""

    kind: str
    concept: str
    level: str
    side: str = ""
    places: tuple[Place, ...] = ()


def compare(text: str, generated: str, sheet: Sheet) -> list[Mismatch]:
    """What ``text`` says otherwise than the fields, and which finding of ``generated`` it leaves out."""
    truths, own = truths_of(sheet), own_concepts(sheet.rules)
    claims = claims_in(text, own)
    found = [m for claim in sorted(claims) if (m := _against_fields(claim, truths)) is not None]
    told = {m.level for m in found}
    found += [Mismatch("level", "", level) for level in sorted(_unknown_levels(text, sheet)) if level not in told]
    found += [Mismatch("number", "", "", side=number) for number in _unknown_numbers(text, generated, sheet)]
    named = {(m.concept, m.level) for m in found}
    # A wrong side is one question, not a second one that the right side is missing.
    found += [m for m in _left_out(claims, claims_in(generated, own), truths) if (m.concept, m.level) not in named]
    return list(dict.fromkeys(found))


def parity(one: str, other: str, rules: HouseRules = SHIPPED_RULES) -> list[Mismatch]:
    """What only one of two versions of a paragraph claims or measures."""
    own = own_concepts(rules)
    here, there = claims_in(one, own), claims_in(other, own)
    numbers = sorted(_numbers(one) ^ _numbers(other))
    claims = [Mismatch("language", c.concept, c.level, c.side) for c in sorted(here ^ there)]
    return claims + [Mismatch("language", "", "", number) for number in numbers]


def _against_fields(claim: Claim, truths: Truths) -> Mismatch | None:
    here = [t for level in _same_place(claim) if (t := truths.get((claim.concept, level))) is not None]
    if not claim.level:
        here = [t for (concept, _level), t in truths.items() if concept == claim.concept]
    places = tuple(dict.fromkeys(p for t in here for p in t.places))
    present = any(t.present for t in here)
    if not claim.present:
        if _is_true_of(claim, here) if claim.side else present:
            return Mismatch("negation", claim.concept, claim.level, claim.side, places)
        # What nobody set must not print as normal, in a hand-edited paragraph either.
        return None if here else Mismatch("unsupported", claim.concept, claim.level, claim.side)
    if present:
        return _side_mismatch(claim, here, places)
    elsewhere = [t for (concept, _level), t in truths.items() if concept == claim.concept and t.present]
    if elsewhere and claim.level:
        return Mismatch("level", claim.concept, claim.level, "", tuple(p for t in elsewhere for p in t.places))
    if here and any(t.denied for t in here):
        return Mismatch("negation", claim.concept, claim.level, claim.side, places)
    return Mismatch("unsupported", claim.concept, claim.level, claim.side, places)


def _is_true_of(claim: Claim, here: list[Truth]) -> bool:
    return any(claim.side in t.sides for t in here)


def _side_mismatch(claim: Claim, here: list[Truth], places: tuple[Place, ...]) -> Mismatch | None:
    """A side that the fields do not have. Where the fields name no side at all there is nothing to compare."""
    if claim.side not in SIDES or _is_true_of(claim, here):
        return None
    if any(t.sides or claim.side in t.denied_sides for t in here if t.present):
        return Mismatch("side", claim.concept, claim.level, claim.side, places)
    return None


def _same_place(claim: Claim) -> Iterable[str]:
    """A vertebra's finding told at a disc belongs to either neighbour (posterior osteophytes that narrow a canal)."""
    if claim.concept in _VERTEBRAL and "/" in claim.level:
        disc = DiscLevel(claim.level)
        return (disc.upper_vertebra.value, disc.lower_vertebra.value)
    return (claim.level,)


def _unknown_levels(text: str, sheet: Sheet) -> set[str]:
    """Levels the text names and no field speaks of."""
    known = {p.level for p in sheet.statements if p.level and sheet.human(p) is not None}
    known |= {v for p in sheet.statements if isinstance(v := sheet.human(p), str)}
    known |= {v for p in sheet.statements for v in _listed(sheet, p)}
    return set(levels_in(text)) - known


def _listed(sheet: Sheet, place: Place) -> list[str]:
    value = sheet.human(place)
    return value if isinstance(value, list) else []


def _unknown_numbers(text: str, generated: str, sheet: Sheet) -> Iterator[str]:
    """Lengths that stand neither in a field nor in a comment the fields hold."""
    known = {f"{float(v):g}" for p in sheet.statements if isinstance(v := sheet.human(p), int | float)}
    yield from sorted(_numbers(text) - known - _numbers(generated))


def _numbers(text: str) -> set[str]:
    return {f"{float(number):g}" for number in _MM.findall(text)}


def _left_out(claims: Iterable[Claim], generated: Iterable[Claim], truths: Truths) -> list[Mismatch]:
    """Findings present in the generated paragraph and claimed nowhere in the text."""
    present = [c for c in claims if c.present]
    told = {(c.concept, level, c.side) for c in present for level in (*_same_place(c), c.level)}
    missing = []
    for claim in sorted(generated):
        # Told without its level or its side it is told all the same: a wrong one is another question.
        ways = {(claim.concept, level, side) for level in (claim.level, "") for side in (claim.side, "")}
        if (
            not claim.present
            or ways & told
            or (not claim.side and any(t[:2] == (claim.concept, claim.level) for t in told))
        ):
            continue
        truth = truths.get((claim.concept, claim.level))
        places = tuple(truth.places) if truth else ()
        missing.append(Mismatch("missing", claim.concept, claim.level, claim.side, places))
    return list(dict.fromkeys(missing))
