"""Every hostile or broken file: its own reason, little memory, no harm to its neighbours or to the service."""

from __future__ import annotations

import contextlib
import gc
import os
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    MediaStorageDirectoryStorage,
    RLELossless,
    generate_uid,
)

from reporting.accounts.models import Role, User
from reporting.studies import blobs, bounded_child
from reporting.studies.bounded_child import BoundedChild, ChildLimits
from reporting.studies.dicom_gate import check_file
from reporting.studies.models import SopInstance
from reporting.studies.refusals import FileRefused, RefusalCode
from reporting.studies.sandbox import read_headers
from reporting.studies.services import ingest_instances
from tests.factories import make_user
from tests.studies.objects import as_bytes, before, incoming, mr_bytes, mr_object, nested_sequences

PIXELS = (0x7FE0, 0x0010)


def _deflate_bomb() -> bytes:
    """A quarter of a megabyte that swells to a quarter of a gigabyte when a library inflates it."""
    data = as_bytes(mr_object(study=generate_uid()))
    start = data.index(struct.pack("<HH", 0x0008, 0x0008))
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    swollen = [compressor.compress(data[start:])] + [compressor.compress(bytes(1024**2)) for _ in range(256)]
    syntax = DeflatedExplicitVRLittleEndian.encode() + b"\0"
    head = data[:start].replace(b"1.2.840.10008.1.2.1\0", syntax)
    at = head.index(syntax) - 2
    return head[:at] + struct.pack("<H", len(syntax)) + head[at + 2 :] + b"".join(swollen) + compressor.flush()


def _with(edit: Callable[[FileDataset], object]) -> bytes:
    return mr_bytes(edit=edit)


def _claimed(length: int) -> bytes:
    """A private element that says it is ``length`` bytes long."""
    return struct.pack("<HH2sHI", 0x0009, 0x1002, b"OB", 0, length) + b"abcd"


def _codestream(rows: int = 8, columns: int = 10, samples: int = 1) -> bytes:
    """The start of a JPEG 2000 codestream."""
    size = struct.pack(">HHIIIIIIIIH", 41, 0, columns, rows, 0, 0, columns, rows, 0, 0, samples)
    return b"\xff\x4f\xff\x51" + size + bytes(60)


def _jp2(*boxes: tuple[bytes, bytes]) -> bytes:
    """The file format around a codestream, which some toolkits store (ISO/IEC 15444-1 I.4)."""
    framed = [struct.pack(">I4s", 8 + len(content), kind) + content for kind, content in boxes]
    return b"\0\0\0\x0cjP  \r\n\x87\n" + b"".join(framed)


def _compressed(
    fragments: list[bytes], frames: int = 1, syntax: UID = JPEG2000Lossless, beside: str | None = None
) -> bytes:
    """``beside``: another kind of pixels or of their like in the same object."""
    dataset = mr_object(study=generate_uid(), NumberOfFrames=frames)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(fragments)
    if beside is not None:
        setattr(dataset, beside, bytes(4))
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    return as_bytes(dataset)


def _swelling_rle() -> bytes:
    """Two bytes of it unpack to 128: a fragment of 64 kB that belongs to an image of 160 bytes."""
    segment = b"\x81\x00" * 16_000
    return struct.pack("<16L", 2, 64, 64 + len(segment), *[0] * 13) + segment * 2


def _rows_as(vr: bytes, value: bytes) -> bytes:
    """``Rows`` of another type, which a library reads as another number than its first two bytes."""
    head = struct.pack("<HH2sHI", 0x28, 0x10, vr, 0, len(value)) if vr == b"UN" else b""
    head = head or struct.pack("<HH2sH", 0x28, 0x10, vr, len(value))
    data = _good()
    at = data.index(struct.pack("<HH2sH", 0x28, 0x10, b"US", 2))
    return data[:at] + head + value + data[at + 10 :]


def _good() -> bytes:
    return mr_bytes()


def _malformed_uid(text: bytes) -> bytes:
    place = b"1.2.826.0.1.3680043.77"
    return mr_bytes(SeriesInstanceUID=place.decode()).replace(place, text.ljust(len(place), b"\0"))


def _without(keyword: str) -> bytes:
    return _with(lambda dataset: delattr(dataset, keyword))


def _long_identity() -> bytes:
    return _with(lambda dataset: setattr(dataset["PatientID"], "_value", "P" * 65))


def _as(syntax: bytes) -> bytes:
    """A good explicit little-endian object whose meta header names another transfer syntax."""
    return _good().replace(b"1.2.840.10008.1.2.1\0", syntax.ljust(20, b"\0"))


BAD: dict[str, tuple[Callable[[], bytes], RefusalCode]] = {
    "empty": (lambda: b"", RefusalCode.EMPTY),
    "one byte": (lambda: b"D", RefusalCode.NOT_DICOM),
    "text called .dcm": (lambda: b"Dear colleague,\n" * 100, RefusalCode.NOT_DICOM),
    "preamble only": (lambda: bytes(128) + b"DICM", RefusalCode.META_DAMAGED),
    "program in the preamble": (lambda: b"MZ" + _good()[2:], RefusalCode.DANGEROUS_PREAMBLE),
    "web page in the preamble": (lambda: b"<html><script>" + _good()[14:], RefusalCode.DANGEROUS_PREAMBLE),
    "archive with DICOM in it": (lambda: b"PK\x03\x04" + _good()[4:], RefusalCode.ARCHIVE_DAMAGED),
    "deflate bomb": (_deflate_bomb, RefusalCode.DEFLATED),
    "unknown transfer syntax": (lambda: _as(b"1.2.840.10008.1.2.9"), RefusalCode.TRANSFER_SYNTAX),
    "encoding other than it says": (lambda: _as(b"1.2.840.10008.1.2"), RefusalCode.TRUNCATED),
    "cut in the header": (lambda: _good()[:700], RefusalCode.TRUNCATED),
    "cut in the pixels": (lambda: _good()[:-50], RefusalCode.TRUNCATED_PIXELS),
    "cut before the pixels": (lambda: _without("PixelData"), RefusalCode.TRUNCATED_PIXELS),
    "fewer pixels than rows say": (lambda: _with(lambda d: setattr(d, "Rows", 9)), RefusalCode.TRUNCATED_PIXELS),
    "fewer frames than it says": (lambda: _compressed([_codestream()] * 2, frames=3), RefusalCode.TRUNCATED_PIXELS),
    "two kinds of pixels": (lambda: _compressed([_codestream()], beside="FloatPixelData"), RefusalCode.DAMAGED),
    "a spectrum beside a codestream too large": (
        lambda: _compressed([_codestream(40000, 40000)], beside="SpectroscopyData"),
        RefusalCode.IMAGE_SIZE_DISAGREES,
    ),
    "cut in a compressed image": (lambda: _compressed([_codestream()])[:-30], RefusalCode.TRUNCATED_PIXELS),
    "a frame begun nowhere": (lambda: _compressed([_codestream(), bytes(80)], frames=2), RefusalCode.TRUNCATED_PIXELS),
    "a size spread over two fragments": (
        lambda: _compressed([_codestream(40000, 40000)[:20], _codestream(40000, 40000)[20:]]),
        RefusalCode.TRUNCATED_PIXELS,
    ),
    "a size behind a decoy": (
        lambda: _compressed([_jp2((b"uuid", bytes(16) + _codestream()), (b"jp2c", _codestream(40000, 40000)))]),
        RefusalCode.IMAGE_SIZE_DISAGREES,
    ),
    "2000 colours": (lambda: _compressed([_codestream(samples=2000)]), RefusalCode.IMAGE_SIZE_DISAGREES),
    "RLE longer than any encoder makes it": (
        lambda: _compressed([_swelling_rle()], syntax=RLELossless),
        RefusalCode.IMAGE_SIZE_DISAGREES,
    ),
    "rows of another type": (lambda: _rows_as(b"UL", struct.pack("<I", 65544)), RefusalCode.DAMAGED),
    "rows of two values": (lambda: _rows_as(b"US", struct.pack("<HH", 8, 40000)), RefusalCode.DAMAGED),
    "40000 × 40000 header": (lambda: mr_bytes(Rows=40000, Columns=40000), RefusalCode.IMAGE_TOO_LARGE),
    "40000 × 40000 in the codestream": (
        lambda: _compressed([_codestream(40000, 40000)]),
        RefusalCode.IMAGE_SIZE_DISAGREES,
    ),
    "a million frames": (lambda: mr_bytes(NumberOfFrames=1_000_000), RefusalCode.IMAGE_TOO_LARGE),
    "3000-deep nesting": (lambda: before(_good(), PIXELS, nested_sequences(3000)), RefusalCode.TOO_DEEP),
    "2 GB claimed": (lambda: before(_good(), PIXELS, _claimed(2**31 - 2)), RefusalCode.TRUNCATED),
    "sequence that never ends": (lambda: before(_good(), PIXELS, nested_sequences(3)[:60]), RefusalCode.TRUNCATED),
    "path as series UID": (lambda: _malformed_uid(b"../../../etc/passwd"), RefusalCode.UID_MALFORMED),
    "dots as series UID": (lambda: _malformed_uid(b".."), RefusalCode.UID_MALFORMED),
    "no study UID": (lambda: _without("StudyInstanceUID"), RefusalCode.UID_MISSING),
    "patient ID of 65 characters": (_long_identity, RefusalCode.IDENTITY_TOO_LONG),
    "DICOMDIR": (lambda: _directory(), RefusalCode.MEDIA_DIRECTORY),
}  # fmt: skip


def _directory() -> bytes:
    dataset = mr_object(study=generate_uid())
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    return as_bytes(dataset)


@pytest.fixture
def importer(db: None) -> User:
    return make_user(Role.IMPORTER)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_reason_and_the_rest_is_kept(name: str, tmp_path: Path, importer: User) -> None:
    make, code = BAD[name]
    files = incoming(tmp_path, {"before": mr_bytes(), name: make(), "after": mr_bytes()})
    report = ingest_instances(files, by=importer)
    assert [(r.name, r.status.value, r.code) for r in report.results] == [
        ("before", "stored", ""),
        (name, "refused", code.value),
        ("after", "stored", ""),
    ]
    assert str(report.results[1].message).endswith(".")
    assert SopInstance.objects.count() == 2
    assert not list(blobs.incoming_dir().iterdir())


def _peak_bytes(child: Any) -> int:
    status = Path(f"/proc/{child._process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.parametrize("make", [_deflate_bomb, lambda: before(_good(), PIXELS, nested_sequences(3000))])
def test_the_child_stays_small_on_what_makes_libraries_swell(make: Callable[[], bytes], tmp_path: Path) -> None:
    bounded_child.end_idle_children()  # two idle ones of other tests would leave no place for ours to wait
    limits = ChildLimits(cpu_seconds=9)  # a child of this test's own
    good, bad = incoming(tmp_path, {"good": _good(), "bad": make()})
    list(read_headers([good.path], limits))
    [child] = [child for child in bounded_child._idle if child.limits == limits]
    usual = _peak_bytes(child)
    [outcome] = read_headers([bad.path], limits)
    assert outcome in (RefusalCode.DEFLATED, RefusalCode.TOO_DEEP)
    assert child in bounded_child._idle, "the child should have survived"
    assert _peak_bytes(child) - usual < 20 * 1024**2
    bounded_child.end_idle_children()


def test_a_file_that_hangs_or_kills_the_reader_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    good = incoming(tmp_path, {"good": _good()})[0].path
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    outcomes = list(read_headers([good, pipe, good], ChildLimits(wall_seconds=3.0)))
    assert outcomes[1] is RefusalCode.PARSER_TIME
    assert not isinstance(outcomes[0], RefusalCode)
    assert not isinstance(outcomes[2], RefusalCode)
    bounded_child.end_idle_children()


def test_a_child_killed_from_outside_costs_one_file(tmp_path: Path) -> None:
    limits = ChildLimits(cpu_seconds=8)
    good = incoming(tmp_path, {"good": _good()})[0].path
    outcomes = []
    for number, outcome in enumerate(read_headers([good, good, good], limits)):
        outcomes.append(outcome)
        if number == 0:
            [child] = _children_of(limits)
            child._process.kill()
            child._process.wait()
    assert outcomes[1] is RefusalCode.PARSER_DIED
    assert not isinstance(outcomes[2], RefusalCode)
    bounded_child.end_idle_children()


def test_an_interrupted_reader_never_answers_for_the_next_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time limit may strike while the child answers: its answer would be another patient's header."""
    limits = ChildLimits(cpu_seconds=6)
    first, second = incoming(tmp_path, {"first": mr_bytes(PatientID="A"), "second": mr_bytes(PatientID="B")})

    def strike(*arguments: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr("reporting.studies.bounded_child.select.select", strike)
        with pytest.raises(TimeoutError):
            next(read_headers([first.path], limits))
    [outcome] = read_headers([second.path], limits)
    assert not isinstance(outcome, RefusalCode)
    assert outcome.patient.patient_id == "B"
    bounded_child.end_idle_children()


def _children_of(limits: ChildLimits) -> list[Any]:
    return [one for one in gc.get_objects() if type(one) is BoundedChild and one.limits == limits]


def test_a_huge_private_value_is_not_read_into_memory(tmp_path: Path) -> None:
    bounded_child.end_idle_children()  # two idle ones of other tests would leave no place for ours to wait
    huge = struct.pack("<HH2sHI", 0x0009, 0x1002, b"OB", 0, 100 * 1024**2) + bytes(100 * 1024**2)
    path = incoming(tmp_path, {"huge": before(_good(), (0x0018, 0x0020), huge)})[0].path
    limits = ChildLimits(cpu_seconds=7)
    [outcome] = read_headers([path], limits)
    assert not isinstance(outcome, RefusalCode)
    [child] = _children_of(limits)
    assert _peak_bytes(child) < 150 * 1024**2
    bounded_child.end_idle_children()


def test_frames_beyond_the_number_said_are_not_listed(tmp_path: Path) -> None:
    """A few kilobytes of empty items must not become a hundred thousand frames for every later step to look at."""
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 3000
    listed = struct.pack("<HH2sHI", 0x5200, 0x9230, b"SQ", 0, len(items)) + items
    [file] = incoming(tmp_path, {"a": before(_good(), PIXELS, listed)})
    [outcome] = read_headers([file.path])
    assert not isinstance(outcome, RefusalCode)
    assert len(outcome.frames) == 1


@pytest.mark.parametrize(
    ("values", "role_reason"),
    [
        ({"edit": lambda d: delattr(d, "ImagePositionPatient")}, "no_geometry"),
        ({"edit": lambda d: delattr(d, "ImageOrientationPatient")}, "no_geometry"),
        ({"SOPClassUID": CTImageStorage, "Modality": "CT"}, "not_mr"),
    ],
)
def test_an_object_that_cannot_be_used_is_stored_and_its_series_says_why(
    values: dict[str, Any], role_reason: str, tmp_path: Path, importer: User
) -> None:
    report = ingest_instances(incoming(tmp_path, {"a": mr_bytes(**values)}), by=importer)
    assert [result.code for result in report.results] == [""]
    series = SopInstance.objects.get().series
    assert (series.role, series.role_reason) == ("unknown", role_reason)


def test_nan_spacing_is_stored_but_never_as_a_number(tmp_path: Path, importer: User) -> None:
    data = mr_bytes(PixelSpacing=[0.125, 0.125], SliceThickness=0.375).replace(b"0.125\\0.125", b"  NaN\\  NaN")
    ingest_instances(incoming(tmp_path, {"a": data.replace(b"0.375", b"  NaN")}), by=importer)
    protocol = SopInstance.objects.get().series.protocol
    assert not {"pixel_spacing_mm", "fov_mm", "thickness_mm"} & protocol.keys()


def test_extreme_numbers_and_texts_are_stored_without_error(tmp_path: Path, importer: User) -> None:
    data = mr_bytes(
        InstanceNumber="999999999999",
        SeriesNumber="-99999999999",
        SeriesDescription="颈" * 64,
        SpecificCharacterSet="ISO_IR 192",
        StudyDate="20231231",
    ).replace(b"20231231", b"20231399")
    report = ingest_instances(incoming(tmp_path, {"a": data}), by=importer)
    assert [result.code for result in report.results] == [""]


_NUMBERS = st.sampled_from(["1e308", "-1e308", "1e-308", "0", "-1", "9999999999999999", "NaN", "inf", "", "4.5", "x"])
_NUMERIC = {
    "ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2, "SliceThickness": 1,
    "SpacingBetweenSlices": 1, "RepetitionTime": 1, "EchoTime": 1, "InversionTime": 1, "FlipAngle": 1,
    "MagneticFieldStrength": 1, "RescaleSlope": 1, "EchoTrainLength": 1, "EchoNumbers": 2,
    "TemporalPositionIdentifier": 1, "InstanceNumber": 1, "SeriesNumber": 1,
}  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_numbers_a_header_says_the_whole_series_is_kept(
    data: st.DataObject, tmp_path: Path, importer: User
) -> None:
    """One slice with nonsense must not cost the batch (PostgreSQL gives 1e308 back as an integer of 309 digits)."""
    study = generate_uid()
    files = {}
    for number in range(6):
        chosen = data.draw(st.sets(st.sampled_from(sorted(_NUMERIC)), max_size=4))
        values = {keyword: [data.draw(_NUMBERS) for _ in range(_NUMERIC[keyword])] for keyword in sorted(chosen)}
        said = b"".join(_raw(keyword, "\\".join(texts)) for keyword, texts in values.items())
        data_set = mr_bytes(study=study, number=number, edit=partial(_leave_out, keywords=chosen))
        files[str(number)] = before(data_set, PIXELS, said)
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert [result.status.value for result in report.results] == ["stored"] * 6


def _leave_out(dataset: FileDataset, keywords: set[str]) -> None:
    for keyword in keywords:
        dataset.pop(keyword, None)


def _raw(keyword: str, text: str) -> bytes:
    """An explicit little-endian element that says just this, past every check of the library."""
    tag, value = Tag(keyword), text.encode() + b" " * (len(text) % 2)
    return struct.pack("<HH2sH", tag.group, tag.element, dictionary_VR(tag).encode(), len(value)) + value


_SAMPLE = mr_bytes(study="1.2.826.0.1.3680043.10.543", SpecificCharacterSet="GB18030", PatientName="张^三")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(128, len(_SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.integers(0, len(_SAMPLE))),
)
def test_whatever_bytes_change_the_answer_is_a_header_or_a_reason(
    edits: list[tuple[int, int]], cut: int | None, tmp_path: Path
) -> None:
    data = bytearray(_SAMPLE)
    for place, value in edits:
        data[place] = value
    path = tmp_path / "mutated"
    path.write_bytes(bytes(data[:cut]))
    with contextlib.suppress(FileRefused), path.open("rb") as file:
        check_file(file)
    [outcome] = read_headers([path])
    assert outcome not in (RefusalCode.PARSER_DIED, RefusalCode.PARSER_TIME, RefusalCode.UNREADABLE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.lists(st.tuples(st.integers(128, len(_SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=3),
        min_size=8,
        max_size=8,
    )
)
def test_whatever_bytes_change_the_ingest_never_fails(
    edits: list[list[tuple[int, int]]], tmp_path: Path, importer: User
) -> None:
    files = {}
    for number, changes in enumerate(edits):
        data = bytearray(_SAMPLE)
        for place, value in changes:
            data[place] = value
        files[str(number)] = bytes(data)
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert len(report.results) == len(files)


def test_a_path_relative_to_the_caller_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child works in another folder, where the same words would name another file."""
    path = incoming(tmp_path, {"good": _good()})[0].path
    monkeypatch.chdir(path.parent)
    [outcome] = read_headers([Path(path.name)])
    assert not isinstance(outcome, RefusalCode)
