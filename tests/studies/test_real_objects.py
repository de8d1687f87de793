"""Files that real scanners and toolkits wrote: every accepted encoding is read, every refusal is the right one."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path

import pydicom.data
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from reporting.accounts.models import Role
from reporting.studies.models import Patient, Series, SopInstance, Study
from reporting.studies.refusals import RefusalCode
from reporting.studies.sandbox import read_headers
from reporting.studies.services import ingest_paths
from tests.factories import make_user
from tests.paths import shared_data

PYDICOM = Path(pydicom.data.__file__).parent

# Encoding → a file that comes with pydicom (looked up on disk: its own helper may go to the network).
ENCODINGS = {
    "implicit": "test_files/MR_small_implicit.dcm",
    "explicit big-endian": "test_files/MR_small_bigendian.dcm",
    "RLE": "test_files/MR_small_RLE.dcm",
    "padded after the pixels": "test_files/MR_small_padded.dcm",
    "JPEG 2000": "test_files/JPEG2000.dcm",
    "JPEG 2000 lossless": "test_files/MR_small_jp2klossless.dcm",
    "JPEG-LS": "test_files/MR_small_jpeg_ls_lossless.dcm",
}
REFUSALS = {
    "test_files/image_dfl.dcm": RefusalCode.DEFLATED,
    "test_files/MR_truncated.dcm": RefusalCode.TRUNCATED_PIXELS,
    "test_files/rtplan_truncated.dcm": RefusalCode.TRUNCATED,
    "test_files/no_meta.dcm": RefusalCode.NOT_DICOM,
    "test_files/meta_missing_tsyntax.dcm": RefusalCode.META_DAMAGED,
    "test_files/badVR.dcm": RefusalCode.DAMAGED,
    "test_files/SC_rgb_jpeg.dcm": RefusalCode.DAMAGED,
    "test_files/dicomdirtests/DICOMDIR": RefusalCode.MEDIA_DIRECTORY,
}
NAMES = {
    "charset_files/chrX1.dcm": "Wang^XiaoDong=王^小東",
    "charset_files/chrX2.dcm": "Wang^XiaoDong=王^小东",
    "charset_files/chrI2.dcm": "Hong^Gildong=洪^吉洞=홍^길동",
    "charset_files/chrH31.dcm": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "charset_files/chrArab.dcm": "قباني^لنزار",
}


def _present(name: str) -> Path:
    path = PYDICOM / name
    if not path.exists():
        pytest.skip(f"this pydicom does not bring {name}")
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(encoding: str) -> None:
    [outcome] = read_headers([_present(ENCODINGS[encoding])])
    assert not isinstance(outcome, RefusalCode), outcome
    assert outcome.has_pixels


@pytest.mark.parametrize("name", REFUSALS)
def test_damaged_objects_are_refused_with_the_right_reason(name: str) -> None:
    assert list(read_headers([_present(name)])) == [REFUSALS[name]]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_right_in_every_script(name: str) -> None:
    [outcome] = read_headers([_present(name)])
    assert not isinstance(outcome, RefusalCode), outcome
    assert outcome.patient.patient_name == NAMES[name]


@pytest.mark.django_db
def test_the_public_samples_go_in_with_the_roles_they_have() -> None:
    importer = make_user(Role.IMPORTER)
    report = ingest_paths([shared_data("dicom")], by=importer)
    codes = Counter(result.code for result in report.results if result.code)
    assert set(codes) <= {"not_dicom", "damaged", "patient_conflict", "study_of_other_patient", "same_uid_other_bytes"}
    assert codes["damaged"] == 1  # a colour JPEG whose elements are not encoded as its meta header says
    classic = Series.objects.annotate(objects_in=Count("sop_instances")).get(objects_in=29)
    assert (classic.role, classic.completeness["state"]) == ("sagittal_t2", "complete")
    enhanced = Series.objects.get(sop_instances__number_of_frames=29)
    assert (enhanced.role, enhanced.completeness["state"]) == ("sagittal_t2", "complete")
    assert SopInstance.objects.filter(transfer_syntax_uid="1.2.840.10008.1.2.4.70").exists()  # JPEG lossless
    assert not Series.objects.filter(modality="CT").exclude(role="unknown", role_reason="not_mr").exists()
    again = ingest_paths([shared_data("dicom")], by=importer)
    assert not again.studies


@pytest.mark.django_db
def test_the_command_names_each_refused_file_and_keeps_the_rest(tmp_path: Path) -> None:
    make_user(Role.SERVICE)
    chinese = _present("charset_files/chrX2.dcm").read_bytes()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "chinese.dcm").write_bytes(chinese)
    (tmp_path / "cut.dcm").write_bytes(chinese[:-20])
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 3 files") as error:
        call_command("ingest", str(tmp_path), stdout=out)
    assert error.value.returncode == 1
    assert f"Refused: {tmp_path.name}/notes.txt: This is not a DICOM file. [not_dicom]" in out.getvalue()
    assert f"Refused: {tmp_path.name}/cut.dcm: " in out.getvalue()
    assert f"study {Study.objects.get().pk}" in out.getvalue()
    assert Patient.objects.get().name == "Wang^XiaoDong=王^小东"


@pytest.mark.django_db
def test_what_lies_beside_the_objects_is_named_and_is_no_failure(tmp_path: Path) -> None:
    make_user(Role.SERVICE)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(CommandError, match="no DICOM object") as error:
        call_command("ingest", str(tmp_path))
    assert error.value.returncode == 2
    (tmp_path / "chinese.dcm").write_bytes(_present("charset_files/chrX2.dcm").read_bytes())
    for expected in ("1 stored, 0 already stored", "0 stored, 1 already stored"):
        out = StringIO()
        call_command("ingest", str(tmp_path), stdout=out)
        assert "[not_dicom]" in out.getvalue()
        assert expected in out.getvalue()
    assert SopInstance.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(["--as", "nobody"], "no active account"), ([], "--as USERNAME")],
)
def test_the_command_wants_to_know_who_sends(tmp_path: Path, arguments: list[str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("ingest", str(tmp_path), *arguments)
