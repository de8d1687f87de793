"""The files of a package, one after the other, each as chunks of bytes that are made when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.utils import translation

from reporting.reader_studies.analysis.reads import FindingReads, StudyReads, study_reads
from reporting.reader_studies.models import AnalysisRun, Assignment, ReaderStudy
from reporting.reader_studies.package.analysis_html import analysis_html
from reporting.reader_studies.package.by_level import by_level_header, by_level_rows, spots_of
from reporting.reader_studies.package.codebook import Described, codebook_rows
from reporting.reader_studies.package.column_words import ALLOCATION, LONG, RJAFROC_KEY
from reporting.reader_studies.package.csv_text import ROWS_A_CHUNK, csv_chunks, line_chunks
from reporting.reader_studies.package.imrmc import imrmc_lines
from reporting.reader_studies.package.protocol_pdf import protocol_pdf
from reporting.reader_studies.package.readme import Missing, readme
from reporting.reader_studies.package.rjafroc import WhyNot, rjafroc_workbook
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.words import AnalysisStatus

LANGUAGES = {"en": "en", "zh": "zh-hans"}


class File(NamedTuple):
    """``rows``: of a table, in each chunk at most; what is no table has none."""

    name: str
    chunks: Iterable[bytes]
    rows: int = 0


def files_of(study: ReaderStudy) -> tuple[int, Iterator[File]]:
    """About how many rows there will be in all, and the files."""
    reads = study_reads(study)
    read = len(reads.readers) * len(reads.arms) * len(reads.cases)
    places = sum(len(finding.places) for finding in reads.findings)
    assigned = Assignment.objects.filter(reader__reader_study=study).count()
    planned = assigned * places + read * len(spots_of(reads)) + 2 * read * places
    return max(1, planned), _files(study, reads)


def _files(study: ReaderStudy, reads: StudyReads) -> Iterator[File]:
    for protocol in study.protocols.order_by("number"):
        yield File(f"protocol_{protocol.number}.json", [protocol.content.encode()])
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield File(f"protocol_{short}.pdf", [protocol_pdf(study)])
            yield File(f"codebook_{short}.csv", list(csv_chunks(Described._fields, codebook_rows(study))))
    yield File("allocation.csv", csv_chunks(ALLOCATION, _allocation(study)))
    yield File("ratings_long.csv", csv_chunks(LONG, long_rows(study)), ROWS_A_CHUNK)
    yield File("ratings_by_level.csv", csv_chunks(by_level_header(reads), by_level_rows(reads)), ROWS_A_CHUNK)
    groups = _groups(study, reads)
    missing: list[Missing] = []
    for finding in reads.findings:
        yield File(f"imrmc/{finding.key}.imrmc", line_chunks(imrmc_lines(reads, finding)), ROWS_A_CHUNK)
        yield from _workbooks(reads, finding, groups, missing)
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield File(f"README_{short}.txt", [readme(study, len(groups), missing).encode()])
    run = study.analyses.filter(status=AnalysisStatus.FINISHED).first()
    if run is not None:
        yield from _analysis(run)


def _allocation(study: ReaderStudy) -> Iterator[tuple[Any, ...]]:
    columns = ("reader__code", "session__number", "block", "position", "case__code", "arm__kind")
    rows = Assignment.objects.filter(reader__reader_study=study)
    yield from rows.order_by("reader__code", "session__number", "position").values_list(*columns).iterator()


def _workbooks(
    reads: StudyReads, finding: FindingReads, groups: list[list[int]], missing: list[Missing]
) -> Iterator[File]:
    """One of everybody, or one of each group; ``missing`` takes those that cannot be."""
    for number, among in enumerate(groups, start=1):
        name = f"rjafroc/{finding.key}" + (f"_group_{number}" if len(groups) > 1 else "")
        workbook = rjafroc_workbook(reads, finding, among if len(groups) > 1 else None)
        if isinstance(workbook, WhyNot):
            missing.append(Missing(f"{name}.xlsx", workbook))
            continue
        rows = len(among) * len(reads.arms) * len(reads.cases) * len(finding.places)
        yield File(f"{name}.xlsx", [workbook.content], rows)
        yield File(f"{name}_key.csv", csv_chunks(RJAFROC_KEY, (*workbook.key, ("left_out", workbook.left_out, ""))))


def _analysis(run: AnalysisRun) -> Iterator[File]:
    head = {"number": run.number, "seed": run.seed, "resamples": run.resamples, "margin": run.margin}
    parts = {part.name: part.content for part in run.parts.all()}
    content = head | {"input_sha256": run.input_digest, "parts": parts}
    yield File("analysis.json", [json.dumps(content, sort_keys=True, indent=1).encode()])
    for short, language in LANGUAGES.items():
        with translation.override(language):
            yield File(f"analysis_{short}.html", [analysis_html(run).encode()])


def _groups(study: ReaderStudy, reads: StudyReads) -> list[list[int]]:
    """Readers, by their place in ``reads``, who were given the same cases; one group but in a split-plot study."""
    given: dict[str, set[str]] = {code: set() for code in reads.readers}
    counted = Assignment.objects.filter(reader__reader_study=study, case__is_training=False)
    for reader, case in counted.values_list("reader__code", "case__code").iterator():
        if reader in given:
            given[reader].add(case)
    found: dict[frozenset[str], list[int]] = {}
    for place, code in enumerate(reads.readers):
        found.setdefault(frozenset(given[code]), []).append(place)
    return list(found.values())
