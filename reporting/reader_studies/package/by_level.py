"""The table that has one row a reader, arm, case, level and side, and two columns for each finding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from reporting.reader_studies.analysis.reads import StudyReads
from reporting.reader_studies.package.column_words import BY_LEVEL, by_level_columns
from reporting.reader_studies.places import Place


def spots_of(reads: StudyReads) -> list[Place]:
    """Every place at which any finding is rated."""
    return sorted({place for finding in reads.findings for place in finding.places})


def by_level_header(reads: StudyReads) -> tuple[str, ...]:
    return (*BY_LEVEL, *(column for finding in reads.findings for column in by_level_columns(finding.key)))


def by_level_rows(reads: StudyReads) -> Iterator[tuple[Any, ...]]:
    """What was said of each finding and whether it is there; empty where nobody said, or the finding is not rated."""
    spots = spots_of(reads)
    places = [{place: number for number, place in enumerate(finding.places)} for finding in reads.findings]
    for reader, code in enumerate(reads.readers):
        for arm, kind in enumerate(reads.arms):
            for case, name in enumerate(reads.cases):
                said = [finding.scores[arm, reader, case].tolist() for finding in reads.findings]
                true = [finding.truth[case].tolist() for finding in reads.findings]
                for spot in spots:
                    cells: list[float | None] = []
                    for finding, where in enumerate(places):
                        place = where.get(spot)
                        cells += (None, None) if place is None else _known(said[finding][place], true[finding][place])
                    yield (code, kind, name, *spot, *cells)


def _known(*values: float) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]
