"""A template version as an IHE report template: HTML5 that other reporting systems read (RAD TF-3: 8.1, MRRT rev. 1.6).

One language a file, as the profile has it. Levels and sides are written out, since MRRT fields do not repeat; of
what repeats in Dens, the first is given. Nothing is selected beforehand: what nobody filled in is never normal.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string

from reporting.reports.places import Place
from reporting.reports.rendering import Language, Voice
from reporting.reports.template import TITLES, Block, Field, Kind, Template
from reporting.reports.template.elements import LICENCE
from reporting.vocabulary import Code

RELEASED = {"1": date(2026, 11, 25), "2": date(2026, 11, 26), "3": date(2026, 11, 26)}
"""Of each template version: ``dcterms.date``."""
_SCHEMES = {
    "SCT": ("SNOMED CT", "2.16.840.1.113883.6.96"),
    "LN": ("LOINC", "2.16.840.1.113883.6.1"),
    "RADLEX": ("RADLEX", "2.16.840.1.113883.6.256"),
    "DCM": ("DICOM", "1.2.840.10008.2.16.4"),
    "RDES": ("RadElement", "https://radelement.org"),
    "OIFM": ("Open Imaging Finding Model", "https://openimagingdata.org"),
}
_WORDS = {
    Language.EN: ("Cervical spine MR", "Structured report of an MR study of the cervical spine, C2 to C7"),
    Language.ZH: ("颈椎MR", "颈椎MR结构化报告，C2至C7"),
}


@dataclass(frozen=True)
class Option:
    """A value of a list; ``id`` is what its code is tied to."""

    id: str
    value: str
    name: str
    code: Code | None


@dataclass(frozen=True)
class Entry:
    """One field at one place."""

    id: str
    label: str
    field: Field
    options: tuple[Option, ...]

    @property
    def kind(self) -> str:
        """The profile's ``data-field-type``."""
        return {Kind.NUMBER: "NUMBER", Kind.TEXT: "TEXT"}.get(self.field.kind, "SELECTION_LIST")

    @property
    def minimum(self) -> str:
        """As HTML writes numbers, whatever the language."""
        return f"{self.field.minimum:g}"

    @property
    def maximum(self) -> str:
        return f"{self.field.maximum:g}"

    @property
    def is_multiple(self) -> bool:
        return self.field.kind is Kind.MULTI


@dataclass(frozen=True)
class Section:
    """Fields under one heading: a block, or one level of it."""

    id: str
    name: str
    entries: tuple[Entry, ...]
    sections: tuple[Section, ...] = ()


def mrrt_html(template: Template, language: Language) -> str:
    """The whole file; UTF-8."""
    title, description = _WORDS[language]
    sections = [_block(template, block, language) for block in TITLES]
    entries = [entry for section in sections for entry in _all_entries(section)]
    return render_to_string(
        "reports/mrrt.html",
        {
            "title": title,
            "description": description,
            "identifier": identifier_of(template, language),
            "language": language.value,
            "licence": LICENCE,
            "date": RELEASED[template.version].isoformat(),
            "version": template.version,
            "schemes": sorted(_SCHEMES.values()),
            "codes": list(_codes(entries)),
            "sections": sections,
        },
    )


def identifier_of(template: Template, language: Language) -> str:
    """The same for the same version and language, everywhere: an OID made of a UUID (X.667)."""
    name = f"dens:report-template:{template.version}:{language.value}"
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, name).int}"


def _block(template: Template, block: Block, language: Language) -> Section:
    fields = template.of_block(block)
    levels = sorted({level for field in fields for level in field.usual_levels if level}, key=_from_the_skull(fields))
    return Section(
        block.value,
        Voice(language).say(*TITLES[block]),
        tuple(_entries(fields, "", language)),
        tuple(Section(f"{block.value}:{at}", at, tuple(_entries(fields, at, language))) for at in levels),
    )


def _from_the_skull(fields: tuple[Field, ...]) -> Callable[[str], int]:
    order = [level for field in fields for level in field.levels]
    return order.index


def _entries(fields: tuple[Field, ...], level: str, language: Language) -> Iterator[Entry]:
    for field in fields:
        if level in field.usual_levels:
            for side in field.sides:
                yield _entry(field, Place(field.key, level, side), language)


def _entry(field: Field, place: Place, language: Language) -> Entry:
    voice = Voice(language)
    label = voice.say(field.en, field.zh)
    if place.side:
        side = voice.side(place.side)
        label = voice.say(f"{label}, {side}", f"{side}{label}")
    options = tuple(
        Option(f"{place}={one.code}", one.code, voice.say(one.en, one.zh), one.coded) for one in field.choices
    )
    return Entry(str(place), label, field, options)


def _all_entries(section: Section) -> Iterator[Entry]:
    yield from section.entries
    for inner in section.sections:
        yield from inner.entries


def _codes(entries: Iterable[Entry]) -> Iterator[tuple[str, str, Code]]:
    """(id of the element, designator's name, code) of everything that is coded."""
    for entry in entries:
        if entry.field.coded:
            yield entry.id, _SCHEMES[entry.field.coded.scheme][0], entry.field.coded
        for option in entry.options:
            if option.code:
                yield option.id, _SCHEMES[option.code.scheme][0], option.code
