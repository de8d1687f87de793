"""Every column and every code of the tables, in the active language: a table holds codes, here stand their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from reporting.reader_studies.models import RatedFinding, ReaderStudy
from reporting.reader_studies.package.column_words import (
    ALLOCATION,
    BY_LEVEL,
    LONG,
    MEANINGS,
    RJAFROC_KEY,
    UNITS,
    by_level_columns,
)
from reporting.reader_studies.rows import ALGORITHM
from reporting.reader_studies.value_words import value_text
from reporting.reader_studies.words import ArmKind, Scale, TruthSource


class Described(NamedTuple):
    """``code`` is empty where the column itself is described; ``unit`` where it has none."""

    table: str
    column: str
    code: str
    unit: str
    meaning: str


def codebook_rows(study: ReaderStudy) -> Iterator[Described]:
    """Table by table, each column followed by its codes. Raises ``KeyError`` for a column that nobody described."""
    findings = list(study.findings.all())
    codes = _codes(findings)
    for table, columns in (("ratings_long", LONG), ("ratings_by_level", BY_LEVEL), ("allocation", ALLOCATION)):
        for column in columns:
            yield Described(table, column, "", str(UNITS.get(column, "")), str(MEANINGS[column]))
            for code, meaning in codes.get(column, ()):
                yield Described(table, column, code, "", meaning)
        if table == "ratings_by_level":
            yield from _of_findings(table, findings)
    for column in RJAFROC_KEY:
        yield Described("rjafroc_key", column, "", "", str(MEANINGS[column]))
        for code, meaning in codes.get(column, ()):
            yield Described("rjafroc_key", column, code, "", meaning)


def _codes(findings: list[RatedFinding]) -> dict[str, list[tuple[str, str]]]:
    return {
        "reader": [(ALGORITHM, _("the algorithm, not a person"))],
        "arm": [(arm.value, str(arm.label)) for arm in ArmKind],
        "scale": [(scale.value, str(scale.label)) for scale in Scale],
        "side": [("left", _("the patient's left")), ("right", _("the patient's right"))],
        "finding": [(one.key, one.label) for one in findings],
        "value": [(f"{one.key}={value}", word) for one in findings for value, word in _values(one)],
        "truth_source": [(source.value, str(source.label)) for source in TruthSource],
        "what": [
            ("reader", _("code of a reader")),
            ("modality", _("code of an arm")),
            ("case", _("rated place: case, level and side")),
            ("left_out", _("how many places with a reference value not everybody read")),
        ],
    }


def _of_findings(table: str, findings: list[RatedFinding]) -> Iterator[Described]:
    """The columns that the findings of this study make."""
    for finding in findings:
        said, truth = by_level_columns(finding.key)
        what = _("%(finding)s: what the reader said") % {"finding": finding.label}
        yield Described(table, said, "", _unit(finding), what)
        for code, meaning in _values(finding):
            yield Described(table, said, code, "", meaning)
        yield Described(
            table, truth, "", "", _("%(finding)s: 1: the reference value means disease") % {"finding": finding.label}
        )


def _unit(finding: RatedFinding) -> str:
    return {Scale.CONFIDENCE: "%", Scale.MILLIMETRES: "mm"}.get(Scale(finding.scale), "")


def _values(finding: RatedFinding) -> list[tuple[str, str]]:
    """The values of a scale that has few, each with its word."""
    last = {Scale.BINARY: 1, Scale.LOCATION: 1, Scale.ORDINAL: len(finding.grades) - 1}.get(Scale(finding.scale), -1)
    return [(str(value), value_text(finding, value)) for value in range(last + 1)]
