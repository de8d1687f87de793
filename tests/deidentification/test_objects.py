"""Nothing of the person leaves with an object, everything of the image does."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEGLSLossless, RLELossless

from reporting.deidentification import profile, values
from reporting.deidentification.burned_in import has_text
from reporting.deidentification.pseudonyms import Pseudonyms, purpose_key, told_age
from reporting.deidentification.withholding import Withheld
from reporting.studies.deidentified import deidentified_file
from tests.deidentification.planted import NAME, NEEDLES, NUMBER, UID, WORD, as_bytes, found_in, planted
from tests.deidentification.written_on import neck, written_on
from tests.inference.dicom_series import new_object
from tests.paths import shared_data

NAMES = Pseudonyms(purpose_key("m" * 32, "training"), "1:AP1")
OTHER_PURPOSE = Pseudonyms(purpose_key("m" * 32, "readers"), "1:AP1")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The library warns of the odd values that these tests are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def image(**changes: object) -> FileDataset:
    dataset = new_object()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.3.1", "1.2.3.9"
    dataset.StudyDate, dataset.InstanceNumber = "20230501", 1
    dataset.Rows, dataset.Columns = 64, 64
    dataset.PixelData = np.random.default_rng(3).integers(0, 900, (64, 64)).astype(np.uint16).tobytes()
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def leave(dataset: FileDataset, folder: Path, names: Pseudonyms = NAMES) -> bytes | Withheld:
    path = folder / "in.dcm"
    path.write_bytes(as_bytes(dataset))
    return deidentified_file(path, names)


def left(dataset: FileDataset, folder: Path, names: Pseudonyms = NAMES) -> FileDataset:
    content = leave(dataset, folder, names)
    assert isinstance(content, bytes), content
    return pydicom.dcmread(io.BytesIO(content))


def test_identifiers_planted_in_every_attribute_are_gone_from_the_bytes(tmp_path: Path) -> None:
    dataset = planted()
    assert found_in(as_bytes(dataset)) == set(NEEDLES), "each must be there to be removed"
    content = leave(dataset, tmp_path)
    assert isinstance(content, bytes)
    assert found_in(content) == set()


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030", r"\ISO 2022 IR 58"])
def test_names_in_any_character_set_are_gone(tmp_path: Path, charset: str) -> None:
    dataset = image(SpecificCharacterSet=charset.split("\\"), PatientName=f"Zhang^SanFeng={NAME}", InstitutionName=NAME)
    before = as_bytes(dataset)
    encoded = [dataset["PatientName"].value.original_string, NAME.encode(), NAME.encode("gb18030"), b"SanFeng"]
    assert any(one in before for one in encoded)
    content = leave(dataset, tmp_path)
    assert isinstance(content, bytes)
    assert not any(one in content for one in encoded)
    assert "SpecificCharacterSet" not in pydicom.dcmread(io.BytesIO(content))


def test_the_image_is_what_it_was(tmp_path: Path) -> None:
    dataset = image(ImagePositionPatient=[1.5, -40, 60], ImageOrientationPatient=[0, 1, 0, 0, 0, -1], EchoTime="98.5")
    dataset.PixelSpacing, dataset.WindowCenter, dataset.PatientPosition = [0.5, 0.5], "300", "HFS"
    after = left(dataset, tmp_path)
    assert np.array_equal(after.pixel_array, dataset.pixel_array)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "EchoTime", "PatientPosition"):
        assert after[keyword].value == dataset[keyword].value, keyword


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_pixels_are_written_anew(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    dataset = image()
    pixels = dataset.pixel_array.copy()
    dataset.compress(syntax, generate_instance_uid=False)
    after = left(dataset, tmp_path)
    assert after.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert np.array_equal(after.pixel_array, pixels)


def test_overlay_bits_above_the_pixels_do_not_travel(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 4096, (64, 64)).astype(np.uint16)
    dataset = image(BitsStored=12, HighBit=11, PixelData=(pixels | 0x8000).tobytes())
    assert np.array_equal(np.frombuffer(left(dataset, tmp_path).PixelData, np.uint16).reshape(64, 64), pixels)


def test_what_refers_to_an_object_still_does(tmp_path: Path) -> None:
    first, second = image(), image()
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = first.SOPClassUID, first.SOPInstanceUID
    second.ReferencedImageSequence = Sequence([reference])
    one, two = left(first, tmp_path), left(second, tmp_path)
    assert two.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID != first.SOPInstanceUID
    assert two.ReferencedImageSequence[0].ReferencedSOPClassUID == first.SOPClassUID
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert one[keyword].value == two[keyword].value != first[keyword].value


def test_two_purposes_cannot_be_joined(tmp_path: Path) -> None:
    dataset = image()
    one, other = left(dataset, tmp_path), left(dataset, tmp_path, OTHER_PURPOSE)
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "PatientID", "StudyDate"):
        assert one[keyword].value != other[keyword].value, keyword


def test_it_says_that_it_was_de_identified_and_how(tmp_path: Path) -> None:
    after = left(image(), tmp_path)
    assert after.PatientIdentityRemoved == "YES"
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    assert [item.CodeValue for item in after.DeidentificationMethodCodeSequence] == ["113100", "113107", "113108"]
    assert profile.EDITION in after.DeidentificationMethod


def test_nested_items_are_treated_like_the_object(tmp_path: Path) -> None:
    item = Dataset()
    item.ReferencedSOPInstanceUID, item.PatientName, item.InstitutionName = UID, WORD, WORD
    item.private_block(0x0021, WORD, create=True).add_new(1, "LO", WORD)
    after = left(image(SourceImageSequence=Sequence([item])), tmp_path).SourceImageSequence[0]
    assert [element.keyword for element in after] == ["ReferencedSOPInstanceUID", "PatientName"]
    assert after.PatientName == NAMES.patient_id


@pytest.mark.parametrize(
    ("given_age", "told"), [("089Y", "089Y"), ("090Y", "090Y"), ("104Y", "090Y"), ("006M", "006M"), ("Zhang", None)]
)
def test_high_ages_are_told_as_ninety(tmp_path: Path, given_age: str, told: str | None) -> None:
    assert left(image(PatientAge=given_age), tmp_path).get("PatientAge") == told
    assert told_age(104.7) == 90


def spoil(keyword: str, value: object) -> Callable[[FileDataset], None]:
    return lambda dataset: setattr(dataset, keyword, value)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (spoil("BurnedInAnnotation", "YES"), Withheld.BURNED_IN),
        (spoil("RecognizableVisualFeatures", "YES"), Withheld.RECOGNISABLE),
        (spoil("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7"), Withheld.NOT_AN_MR_IMAGE),
        (spoil("Modality", "OT"), Withheld.NOT_AN_MR_IMAGE),
        (spoil("ImageType", ["DERIVED", "SECONDARY", "MPR"]), Withheld.SECONDARY),
        (spoil("ImageType", ["ORIGINAL", "PRIMARY", "SCREEN SAVE"]), Withheld.SECONDARY),
        (spoil("ConversionType", "WSD"), Withheld.SECONDARY),
        (spoil("PhotometricInterpretation", "PALETTE COLOR"), Withheld.COLOUR),
        (spoil("Rows", 640), Withheld.UNREADABLE),
    ],
)
def test_what_may_show_the_person_is_withheld_with_the_reason(
    tmp_path: Path, edit: Callable[[FileDataset], None], reason: Withheld
) -> None:
    dataset = image()
    edit(dataset)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    assert leave(dataset, tmp_path) is reason


def test_a_damaged_file_is_withheld_and_the_next_one_leaves(tmp_path: Path) -> None:
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(as_bytes(image())[:900])
    assert deidentified_file(bad, NAMES) is Withheld.UNREADABLE
    assert isinstance(leave(image(), tmp_path), bytes)


@pytest.mark.parametrize("corner", [(4, 4), (170, 236), (4, 236), (120, 6)])
@pytest.mark.parametrize("inverse", [False, True])
def test_writing_in_a_corner_is_found(corner: tuple[int, int], inverse: bool) -> None:
    assert not has_text(neck())
    frame = written_on(neck(), corner)
    assert has_text(frame.max() - frame if inverse else frame)


def test_an_object_with_writing_in_its_pixels_is_withheld(tmp_path: Path) -> None:
    frame = written_on(neck())
    assert leave(image(Rows=256, Columns=256, PixelData=frame.tobytes()), tmp_path) is Withheld.TEXT_IN_PIXELS


def test_the_table_is_that_of_a_library_that_follows_the_standard() -> None:
    theirs = {
        name: {f"{tag[0]:04X}{tag[1]:04X}" for tag in getattr(dicomfields_2026c, attribute) if len(tag) == 2}
        for name, attribute in {
            "D": "D_TAGS",
            "Z": "Z_TAGS",
            "X": "X_TAGS",
            "U": "U_TAGS",
            "Z/D": "Z_D_TAGS",
            "X/Z": "X_Z_TAGS",
            "X/D": "X_D_TAGS",
            "X/Z/D": "X_Z_D_TAGS",
            "X/Z/U*": "X_Z_U_STAR_TAGS",
        }.items()
    }
    for name, tags in theirs.items():
        assert {tag for tag in tags if profile.table_action(int(tag, 16)) != name} == set(), name


def test_nothing_that_the_table_names_is_kept_but_by_an_option() -> None:
    kept = {profile.Treatment.KEEP, profile.Treatment.AGE, profile.Treatment.SEX, profile.Treatment.DATE}
    named = [int(tag, 16) for tags in profile._TABLE["actions"].values() for tag in tags if "x" not in tag]
    by_option = {pydicom.datadict.keyword_for_tag(tag) for tag in named if profile.treatment_of(tag) in kept}
    assert by_option == {
        *("PatientSex", "PatientAge", "PatientSize", "PatientWeight"),
        *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"),
        *("AcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime"),
    }


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.text())
def test_the_days_between_two_examinations_stay(one: date, other: date, patient: str) -> None:
    names = Pseudonyms(purpose_key("k", "p"), patient)
    assert names.date(one) - names.date(other) == one - other
    assert (one - names.date(one)).days >= 366
    assert values.moved_date(one.strftime("%Y%m%d235959.99"), names) == names.date(one).strftime("%Y%m%d")


@given(st.from_regex(r"[0-9]{1,9}(\.[1-9][0-9]{0,9}){1,4}", fullmatch=True), st.text(), st.text())
def test_a_new_uid_is_valid_and_depends_on_uid_and_purpose_alone(uid: str, purpose: str, patient: str) -> None:
    names = Pseudonyms(purpose_key("k", purpose), patient)
    new = names.uid(uid)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d{0,38})", new)
    assert new == Pseudonyms(purpose_key("k", purpose), "another").uid(uid + "\0")
    assert new != Pseudonyms(purpose_key("k", purpose + "x"), patient).uid(uid)


@given(st.text(max_size=20))
def test_a_coded_field_keeps_known_words_only(text: str) -> None:
    try:
        said = values.word(text)
    except ValueError:
        return
    assert said.upper().replace(" ", "_") in values.KNOWN_WORDS


@pytest.mark.parametrize("number", [NUMBER, "ZHANG", "1e99", "nan", "12345678901234567890"])
def test_a_number_that_is_no_measurement_goes(number: str) -> None:
    with pytest.raises(ValueError):
        values.decimal(number)


_SAMPLES = [
    ("dicom/derived_from_nifti", "secondary_image"),  # made by a program, and its headers say so
    ("dicom/pydicom_MIT", "secondary_image"),
    ("dicom/dcm_qa_BSD2", "left"),
    ("dicom/noise_pixels_real_headers_MIT", "left"),
]
_IDENTIFYING = (
    "PatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "InstitutionName",
    "StudyInstanceUID",
    "SOPInstanceUID",
)


@pytest.mark.parametrize(("folder", "leaves"), _SAMPLES)
def test_public_samples_leave_without_their_own_identifiers(folder: str, leaves: str, tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    files = [path for path in sorted(shared_data(folder).rglob("*")) if path.is_file()]
    for path in files[:60]:
        outcome = deidentified_file(path, NAMES)
        outcomes[outcome if isinstance(outcome, Withheld) else "left"] = (
            outcomes.get(outcome if isinstance(outcome, Withheld) else "left", 0) + 1
        )
        if isinstance(outcome, Withheld):
            continue
        before, after = pydicom.dcmread(path), pydicom.dcmread(io.BytesIO(outcome))
        for keyword in _IDENTIFYING:
            said = str(before.get(keyword) or "")
            assert len(said) < 5 or said.encode() not in outcome, (path.name, keyword)
        assert not any(element.tag.is_private for element in after.iterall())
        assert np.array_equal(before.pixel_array, after.pixel_array)
        _check_conformance(path, outcome, tmp_path)
    assert outcomes[leaves], outcomes
    print(folder, dict(outcomes))


def _check_conformance(before: Path, content: bytes, folder: Path) -> None:
    """What ``dciodvfy`` finds wrong afterwards, it found wrong before: the same attribute, module and reason."""
    if shutil.which("dciodvfy") is None:
        print("dciodvfy is not installed: conformance not checked")
        return
    after = folder / "out.dcm"
    after.write_bytes(content)
    assert _errors(after) - _errors(before) == Counter(), before.name


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed: apt-get install dicom3tools")
@pytest.mark.parametrize("lost", ["ImageOrientationPatient", "PatientID", "FrameOfReferenceUID"])
def test_an_attribute_that_de_identification_lost_would_be_noticed(lost: str, tmp_path: Path) -> None:
    before = next(path for path in sorted(shared_data("dicom/dcm_qa_BSD2").rglob("*.dcm")))
    content = deidentified_file(before, NAMES)
    assert isinstance(content, bytes)
    _check_conformance(before, content, tmp_path)
    damaged = pydicom.dcmread(io.BytesIO(content))
    del damaged[lost]
    with pytest.raises(AssertionError, match=lost):
        _check_conformance(before, as_bytes(damaged), tmp_path)


def _errors(path: Path) -> Counter[str]:
    said = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (said.stdout + said.stderr).splitlines()
    assert lines, "dciodvfy says at least which kind of object it is"
    return Counter(line for line in lines if line.startswith("Error"))
