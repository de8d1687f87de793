"""Reference values as a CSV file: what its lines say, all that is wrong with them, and an example. Writes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reporting.core.errors import DomainError, InvalidInput
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import Case, RatedFinding, ReaderStudy
from reporting.reader_studies.places import places_of
from reporting.reader_studies.truth import TruthValue, check_truth
from reporting.reader_studies.words import Scale, TruthSource

COLUMNS = ("case", "finding", "level", "side", "value", "source", "x_mm", "y_mm", "z_mm", "reason")
NEEDED = ("case", "finding", "value", "source")
MOST_LINES, MOST_BYTES = 200_000, 32 * 1024**2
SOURCES = (TruthSource.FOLLOW_UP, TruthSource.SURGERY, TruthSource.IMPORTED)
"""What a file may name; what a panel said cannot be claimed by a file."""


class FileRefused(DomainError):
    """``details``: one text a line, each with its number; nothing of the file was taken."""

    code = "file_refused"
    http_status = 422


@dataclass(frozen=True)
class Line:
    case: Case
    finding: RatedFinding
    level: str
    side: str
    truth: TruthValue
    source: TruthSource
    reason: str


def read_truth_file(study: ReaderStudy, data: bytes) -> list[Line]:
    """Every line, or :class:`FileRefused` with all that is wrong. UTF-8, with or without a mark, comma or semicolon."""
    reader = _reader(data)
    cases = {case.code: case for case in study.cases.all()}
    findings = {finding.key: finding for finding in study.findings.all()}
    found: list[Line] = []
    wrong: list[str] = []
    first_at: dict[tuple[str, str, str, str], int] = {}
    for number, row in enumerate(reader, start=2):
        if number > MOST_LINES:
            raise FileRefused(_("The file has more than %(most)d lines") % {"most": MOST_LINES})
        try:
            line = _line(row, cases, findings)
        except InvalidInput as error:
            wrong.append(_said(number, error.message))
            continue
        unit = (line.case.code, line.finding.key, line.level, line.side)
        if unit in first_at:
            wrong.append(_said(number, _("said already in line %(line)d") % {"line": first_at[unit]}))
        first_at.setdefault(unit, number)
        found.append(line)
    if wrong:
        raise FileRefused(_("Nothing was taken: %(n)d lines are wrong") % {"n": len(wrong)}, details=wrong)
    if not found:
        raise FileRefused(_("The file has no lines"))
    return found


def example(study: ReaderStudy) -> str:
    """A filled file for the first cases of this study: every place, with a value that fits its scale."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, case in enumerate(study.cases.all()[:2]):
        for finding in study.findings.all():
            for level, side in places_of(finding):
                place = ("1.5", "-20.0", "40.0") if finding.scale == Scale.LOCATION and number else ("", "", "")
                source = TruthSource.SURGERY if number else TruthSource.FOLLOW_UP
                writer.writerow([case.code, finding.key, level, side, number, source.value, *place, ""])
    return out.getvalue()


def _reader(data: bytes) -> Iterator[dict[str, Any]]:
    if len(data) > MOST_BYTES:
        raise FileRefused(_("The file is too large"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(_("The file is not UTF-8 text")) from error
    if "\0" in text:
        raise FileRefused(_("The file is not UTF-8 text"))
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",", strict=True)
    try:
        names = [str(name).strip() for name in reader.fieldnames or ()]
        missing = [name for name in NEEDED if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        if missing or unknown or len(set(names)) != len(names):
            told = {"columns": ", ".join(COLUMNS)}
            raise FileRefused(_("The first line must name the columns: %(columns)s") % told, details=missing + unknown)
        reader.fieldnames = names
        yield from reader
    except csv.Error as error:
        raise FileRefused(_("Line %(line)d cannot be read as CSV") % {"line": reader.line_num}) from error


def _line(row: dict[Any, Any], cases: dict[str, Case], findings: dict[str, RatedFinding]) -> Line:
    if None in row or None in row.values():
        raise InvalidInput(_("the number of columns differs from the first line"))
    said = {name: str(row.get(name, "")).strip() for name in COLUMNS}
    case, finding = cases.get(said["case"]), findings.get(said["finding"])
    if case is None:
        raise InvalidInput(_("there is no case %(code)s") % {"code": said["case"][:20]})
    if finding is None:
        raise InvalidInput(_("there is no finding %(key)s") % {"key": said["finding"][:40]})
    if said["source"] not in SOURCES:
        raise InvalidInput(_("the source must be one of %(sources)s") % {"sources": ", ".join(SOURCES)})
    points = [said[name] for name in ("x_mm", "y_mm", "z_mm")]
    place = [_number(text) for text in points] if any(points) else None
    answer = Answer(
        finding.key,
        said["level"],
        said["side"],
        _number(said["value"]),
        (place[0], place[1], place[2]) if place else None,
    )
    truth = check_truth(finding, answer)
    return Line(case, finding, answer.level, answer.side, truth, TruthSource(said["source"]), said["reason"][:500])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(_("“%(text)s” is no number") % {"text": text[:20]}) from error


def _said(number: int, message: str) -> str:
    return _("Line %(line)d: %(message)s") % {"line": number, "message": message}
