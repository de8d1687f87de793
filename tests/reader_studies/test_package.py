"""The package of a reader study: files that other programs read, the same bytes each time, and no names."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import zipfile
from dataclasses import replace

import numpy as np
import pypdf
import pytest
from openpyxl import load_workbook

from reporting.reader_studies import services
from reporting.reader_studies.analysis.reads import FindingReads, StudyReads, study_reads
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.package.archive import write_package
from reporting.reader_studies.package.csv_text import csv_chunks
from reporting.reader_studies.package.imrmc import imrmc_lines
from reporting.reader_studies.package.rjafroc import WhyNot, Workbook, rjafroc_workbook
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.services import analysis_work
from reporting.statistics.arrays import floats
from tests.reader_studies.factories import closed, owner_of

NAN = np.nan


def small() -> StudyReads:
    """Two arms, two readers, two cases with two levels; one reading and one truth are missing."""
    scores = np.array(
        [
            [[[90.0, 10.0], [70.0, 20.0]], [[80.0, 0.0], [60.0, NAN]]],
            [[[50.0, 40.0], [30.0, 20.0]], [[55.0, 5.0], [45.0, 15.0]]],
        ]
    )
    finding = FindingReads(
        key="herniation",
        label="Herniation",
        scale="confidence",
        grades=0,
        places=(("C5/6", ""), ("C6/7", "")),
        scores=scores,
        calls=floats(scores >= 50),
        truth=np.array([[1.0, 0.0], [NAN, 0.0]]),
        machine_scores=np.array([[0.875, 0.25], [0.5, 0.125]]),
        machine_calls=np.array([[1.0, 0.0], [1.0, 0.0]]),
    )
    nothing = np.full((2, 2, 2), NAN)
    return StudyReads(("aided", "unaided"), ("R01", "R02"), ("0001", "0002"), (finding,), nothing, nothing, {})


# Written by hand after the iMRMC user manual, 4.1.1 "Study Raw Data".
IMRMC = """Dens reader study, finding herniation, one row a rated place
N0: 2
N1: 1
NR: 3
NM: 3
BEGIN DATA:
-1,0001_C5-6,0,1
-1,0001_C6-7,0,0
-1,0002_C6-7,0,0
R01,0001_C5-6,aided,90.0
R01,0001_C6-7,aided,10.0
R01,0002_C6-7,aided,20.0
R02,0001_C5-6,aided,80.0
R02,0001_C6-7,aided,0.0
R01,0001_C5-6,unaided,50.0
R01,0001_C6-7,unaided,40.0
R01,0002_C6-7,unaided,20.0
R02,0001_C5-6,unaided,55.0
R02,0001_C6-7,unaided,5.0
R02,0002_C6-7,unaided,15.0
algorithm,0001_C5-6,algorithm_alone,0.875
algorithm,0001_C6-7,algorithm_alone,0.25
algorithm,0002_C6-7,algorithm_alone,0.125"""

# Written by hand after RJafroc's quick start, "ROC data format".
RJAFROC = {
    "Truth": [
        ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"),
        (1, 1, 1, "0, 1", "0, 1", "ROC"),
        (2, 0, 0, "0, 1", "0, 1", "FCTRL"),
    ],
    "FP": [
        ("ReaderID", "ModalityID", "CaseID", "FP_Rating"),
        (0, 0, 2, 10),
        (1, 0, 2, 0),
        (0, 1, 2, 40),
        (1, 1, 2, 5),
    ],
    "TP": [
        ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"),
        (0, 0, 1, 1, 90),
        (1, 0, 1, 1, 80),
        (0, 1, 1, 1, 50),
        (1, 1, 1, 1, 55),
    ],
}


def test_imrmc_reads_what_was_written_by_hand() -> None:
    reads = small()
    assert "\n".join(imrmc_lines(reads, reads.findings[0])) == IMRMC


def test_an_algorithm_that_is_silent_somewhere_is_no_reader_of_imrmc() -> None:
    reads = small()
    silent = replace(reads.findings[0], machine_scores=np.array([[0.9, NAN], [0.5, 0.1]]))
    lines = list(imrmc_lines(reads, silent))
    assert lines[3:5] == ["NR: 2", "NM: 2"]
    assert not [line for line in lines if "algorithm" in line]


def test_rjafroc_reads_what_was_written_by_hand() -> None:
    reads = small()
    made = rjafroc_workbook(reads, reads.findings[0])
    assert isinstance(made, Workbook)
    book = load_workbook(io.BytesIO(made.content))
    assert {sheet.title: [tuple(row) for row in sheet.values] for sheet in book} == RJAFROC
    assert made.left_out == 1  # R02 did not read 0002 at C6/7 aided
    assert made.key == (
        ("reader", 0, "R01"),
        ("reader", 1, "R02"),
        ("modality", 0, "aided"),
        ("modality", 1, "unaided"),
        ("case", 1, "0001_C5-6"),
        ("case", 2, "0001_C6-7"),
    )


def test_a_workbook_does_not_say_when_it_was_written() -> None:
    reads = small()
    made = rjafroc_workbook(reads, reads.findings[0])
    assert isinstance(made, Workbook)
    about = load_workbook(io.BytesIO(made.content)).properties
    assert {about.created, about.modified} == {dt.datetime(1980, 1, 1)}  # noqa: DTZ001  openpyxl has no zone


def test_rjafroc_gets_nothing_where_a_class_is_missing() -> None:
    reads = small()
    healthy = replace(reads.findings[0], truth=np.zeros((2, 2)))
    assert rjafroc_workbook(reads, healthy) is WhyNot.ONE_CLASS


def test_no_text_is_a_formula() -> None:
    (content,) = csv_chunks(("a",), [("=1+1",), ("plain",), (None,), (True,), (-1.5,)])
    assert content.decode().split("\r\n") == ["a", "'=1+1", "plain", '""', "1", "-1.5", ""]


def unpacked(study: ReaderStudy) -> dict[str, bytes]:
    out = io.BytesIO()
    write_package(study, out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.django_db
def test_everything_is_there_with_its_digest_and_the_same_each_time() -> None:
    study = closed()
    services.ask_for_analysis(study, seed=1, resamples=200, margin=0.05, by=owner_of(study))
    analysis_work.run_due_analyses()
    files = unpacked(study)
    assert set(files) == {
        *("protocol_1.json", "allocation.csv", "ratings_long.csv", "ratings_by_level.csv", "analysis.json"),
        *("codebook_en.csv", "codebook_zh.csv", "SHA256SUMS"),
        *("README_en.txt", "README_zh.txt"),
        *("protocol_en.pdf", "protocol_zh.pdf", "analysis_en.html", "analysis_zh.html"),
        *("imrmc/canal.imrmc", "imrmc/herniation.imrmc", "rjafroc/canal.xlsx", "rjafroc/herniation.xlsx"),
        *("rjafroc/canal_key.csv", "rjafroc/herniation_key.csv"),
    }
    sums = {name: digest for digest, name in (one.split("  ") for one in files["SHA256SUMS"].decode().splitlines())}
    assert sums == {name: hashlib.sha256(files[name]).hexdigest() for name in files if name != "SHA256SUMS"}
    again = unpacked(study)
    assert {name for name in files if files[name] != again[name]} == set()


@pytest.mark.django_db
def test_the_long_table_reads_back_as_the_rows_it_was_made_of() -> None:
    study = closed()
    files = unpacked(study)
    read = list(csv.DictReader(io.StringIO(files["ratings_long.csv"].decode())))
    rows = list(long_rows(study))
    assert len(read) == len(rows) > 0
    for row, line in zip(rows, read, strict=True):
        assert (line["reader"], line["case"], line["level"]) == (row.reader, row.case, row.level)
        for name in ("value", "truth", "finding_ms"):
            said = getattr(row, name)
            assert line[name] == "" if said is None else float(line[name]) == said
        assert line["positive"] == ("" if row.positive is None else str(int(row.positive)))


@pytest.mark.django_db
def test_scores_of_imrmc_and_of_the_table_by_level_are_those_of_the_analysis() -> None:
    study = closed()
    reads, files = study_reads(study), unpacked(study)
    canal = reads.findings[0]
    said = {}
    for line in files["imrmc/canal.imrmc"].decode().split("BEGIN DATA:")[1].split():
        reader, unit, arm, score = line.split(",")
        if reader != "-1":
            said[reader, unit, arm] = float(score)
    expected = {
        (code, f"{case}_{level.replace('/', '-')}", reads.arms[0]): canal.scores[0, r, c, p]
        for r, code in enumerate(reads.readers)
        for c, case in enumerate(reads.cases)
        for p, (level, _side) in enumerate(canal.places)
    }
    assert said == expected
    by_level = list(csv.DictReader(io.StringIO(files["ratings_by_level.csv"].decode())))
    assert len(by_level) == len(reads.readers) * len(reads.cases) * 2  # C4/5 and C5/6
    assert [line["herniation"] for line in by_level if line["level"] == "C4/5"] == [""] * 4


def _parts(file: bytes) -> list[bytes]:
    """What stands in the file: a workbook is a ZIP itself, and packed bytes say nothing, or anything by chance."""
    if file.startswith(b"%PDF"):
        return [page.extract_text().encode() for page in pypdf.PdfReader(io.BytesIO(file)).pages]
    if not file.startswith(b"PK"):
        return [file]
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return [archive.read(name) for name in archive.namelist()]


@pytest.mark.django_db
def test_nobody_is_named() -> None:
    study = closed()
    content = b"".join(part for file in unpacked(study).values() for part in _parts(file))
    people = [member.user for member in study.members.select_related("user")]
    patients = [case.study.patient for case in study.cases.all()]
    secrets = [word for user in people for word in (user.full_name, user.username)]
    secrets += [case.study.study_instance_uid for case in study.cases.all()]
    secrets += [str(patient.patient_id) for patient in patients] + [str(patient.name) for patient in patients]
    assert [word for word in secrets if word and word.encode() in content] == []
