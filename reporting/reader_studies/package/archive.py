"""All files of a study in one ZIP: the same study, the same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import numpy as np
from django.utils import translation

from reporting.reader_studies.analysis.reads import StudyReads, study_reads
from reporting.reader_studies.models import Assignment, ReaderStudy
from reporting.reader_studies.package.analysis_html import analysis_html
from reporting.reader_studies.package.codebook import Described, codebook_rows
from reporting.reader_studies.package.column_words import ALLOCATION, BY_LEVEL, LONG, RJAFROC_KEY, by_level_columns
from reporting.reader_studies.package.csv_text import csv_chunks
from reporting.reader_studies.package.imrmc import imrmc_lines
from reporting.reader_studies.package.protocol_pdf import protocol_pdf
from reporting.reader_studies.package.readme import Missing, readme
from reporting.reader_studies.package.rjafroc import WhyNot, rjafroc_workbook
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.words import AnalysisStatus

_DATE = (1980, 1, 1, 0, 0, 0)  # of every file: a package has no date but that of its study
LANGUAGES = {"en": "en", "zh": "zh-hans"}


def write_package(study: ReaderStudy, out: IO[bytes]) -> None:
    """Write the ZIP to ``out``; large tables go through a few thousand rows at a time."""
    digests: dict[str, str] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, chunks in _files(study):
            digests[name] = _add(archive, name, chunks)
        manifest = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
        _add(archive, "SHA256SUMS", [manifest.encode()])


def _add(archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> str:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    found = hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as file:
        for chunk in chunks:
            file.write(chunk)
            found.update(chunk)
    return found.hexdigest()


def _files(study: ReaderStudy) -> Iterator[tuple[str, Iterable[bytes]]]:
    for protocol in study.protocols.order_by("number"):
        yield f"protocol_{protocol.number}.json", [protocol.content.encode()]
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield f"protocol_{short}.pdf", [protocol_pdf(study)]
    yield "allocation.csv", csv_chunks(ALLOCATION, _allocation(study))
    yield "ratings_long.csv", csv_chunks(LONG, long_rows(study))
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield f"codebook_{short}.csv", list(csv_chunks(Described._fields, codebook_rows(study)))
    reads = study_reads(study)
    yield "ratings_by_level.csv", csv_chunks(*_by_level(reads))
    groups = _groups(study, reads)
    missing: list[Missing] = []
    for finding in reads.findings:
        yield f"imrmc/{finding.key}.imrmc", (f"{line}\r\n".encode() for line in imrmc_lines(reads, finding))
        for number, among in enumerate(groups, start=1):
            name = f"rjafroc/{finding.key}" + (f"_group_{number}" if len(groups) > 1 else "")
            workbook = rjafroc_workbook(reads, finding, among if len(groups) > 1 else None)
            if isinstance(workbook, WhyNot):
                missing.append(Missing(f"{name}.xlsx", workbook))
                continue
            yield f"{name}.xlsx", [workbook.content]
            key = (*workbook.key, ("left_out", workbook.left_out, ""))
            yield f"{name}_key.csv", csv_chunks(RJAFROC_KEY, key)
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield f"README_{short}.txt", [readme(study, len(groups), missing).encode()]
    run = study.analyses.filter(status=AnalysisStatus.FINISHED).first()
    if run is not None:
        head = {"number": run.number, "seed": run.seed, "resamples": run.resamples, "margin": run.margin}
        parts = {part.name: part.content for part in run.parts.all()}
        content = head | {"input_sha256": run.input_digest, "parts": parts}
        yield "analysis.json", [json.dumps(content, sort_keys=True, indent=1).encode()]
        for short, language in LANGUAGES.items():
            with translation.override(language):
                yield f"analysis_{short}.html", [analysis_html(run).encode()]


def _allocation(study: ReaderStudy) -> Iterator[tuple[Any, ...]]:
    columns = ("reader__code", "session__number", "block", "position", "case__code", "arm__kind")
    rows = Assignment.objects.filter(reader__reader_study=study)
    yield from rows.order_by("reader__code", "session__number", "position").values_list(*columns)


def _by_level(reads: StudyReads) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    """One row a reader, arm, case, level and side; for each finding what was said and what is true."""
    spots = sorted({place for finding in reads.findings for place in finding.places})
    columns = [column for finding in reads.findings for column in by_level_columns(finding.key)]

    def rows() -> Iterator[tuple[Any, ...]]:
        for reader, code in enumerate(reads.readers):
            for arm, kind in enumerate(reads.arms):
                for case, name in enumerate(reads.cases):
                    for spot in spots:
                        cells: list[float | None] = []
                        for finding in reads.findings:
                            place = finding.places.index(spot) if spot in finding.places else None
                            said = None if place is None else finding.scores[arm, reader, case, place]
                            true = None if place is None else finding.truth[case, place]
                            cells += [_number(said), _number(true)]
                        yield (code, kind, name, *spot, *cells)

    return (*BY_LEVEL, *columns), rows()


def _groups(study: ReaderStudy, reads: StudyReads) -> list[list[int]]:
    """Readers, by their place in ``reads``, who were given the same cases; one group but in a split-plot study."""
    given: dict[str, set[str]] = {code: set() for code in reads.readers}
    counted = Assignment.objects.filter(reader__reader_study=study, case__is_training=False)
    for reader, case in counted.values_list("reader__code", "case__code"):
        if reader in given:
            given[reader].add(case)
    found: dict[frozenset[str], list[int]] = {}
    for place, code in enumerate(reads.readers):
        found.setdefault(frozenset(given[code]), []).append(place)
    return list(found.values())


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
