"""DICOMweb, asked by a client that we did not write: what was stored is found, comes back as it was, and only to those
who may see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from django.test import Client
from PIL import Image

from reporting.accounts.models import Role, User
from reporting.studies.models import QuarantinedFile, SopInstance, Study
from reporting.studies.services import ingest_paths
from tests.factories import make_study, make_user
from tests.inference.dicom_series import slice_values, write_series

STUDY = "1.2.3"


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


@pytest.fixture
def senior(transactional_db: None) -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def stored(tmp_path: Path, senior: User) -> list[Path]:
    def named(index: int, dataset: Any) -> None:
        dataset.PatientName, dataset.SpecificCharacterSet = "Zhang^San=张^三", "ISO_IR 192"
        dataset.StudyDate = "20240131"

    paths = write_series(tmp_path / "series", slice_values(5), study_uid=STUDY, edit=named)
    ingest_paths(paths, by=senior)
    return paths


@pytest.fixture
def web(live_server: Any) -> Callable[[User], DICOMwebClient]:
    def logged_in(user: User) -> DICOMwebClient:
        browser = Client()
        browser.force_login(user)
        session = requests.Session()
        session.trust_env = False
        for cookie in browser.cookies.values():
            session.cookies.set(cookie.key, cookie.value)
        session.cookies.set("dens-csrf", "a" * 32)
        session.headers["X-CSRFToken"] = "a" * 32
        return DICOMwebClient(f"{live_server.url}/dicom-web", session=session)

    return logged_in


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("zhang^san", True),
        ("张^三", True),
        ("张*", True),
        ("?^三", True),
        ("Zhang^San=张^三", True),
        ("Z*三", True),
        ("三", False),
        ("san", False),
        ("三*", False),
        ("张^三=", False),
        ("(", False),
    ],
)
def test_a_name_is_found_by_each_of_its_groups(
    web: Any, senior: User, stored: list[Path], asked: str, found: bool
) -> None:
    assert len(web(senior).search_for_studies(search_filters={"PatientName": asked})) == int(found)


def test_a_client_finds_study_series_and_objects(web: Any, senior: User, stored: list[Path]) -> None:
    client = web(senior)
    (study,) = client.search_for_studies(search_filters={"PatientName": "zhang*", "StudyDate": "20240101-20240131"})
    assert study["0020000D"]["Value"] == [STUDY]
    assert study["00100010"]["Value"] == [{"Alphabetic": "Zhang^San", "Ideographic": "张^三"}]
    assert (study["00201206"]["Value"], study["00201208"]["Value"]) == ([1], [5])
    assert study["00080061"]["Value"] == ["MR"]
    (series,) = client.search_for_series(STUDY, search_filters={"Modality": "MR"})
    assert series["00201209"]["Value"] == [5]
    found = client.search_for_instances(STUDY, series["0020000E"]["Value"][0], limit=2, offset=1)
    assert [one["00200013"]["Value"] for one in found] == [[2], [3]]
    assert client.search_for_studies(search_filters={"StudyDate": "20240201-"}) == []
    assert client.search_for_studies(search_filters={"PatientID": "?1"})[0]["0020000D"]["Value"] == [STUDY]


def test_objects_come_back_byte_for_byte(web: Any, senior: User, stored: list[Path]) -> None:
    client = web(senior)
    sent = {pydicom.dcmread(path).SOPInstanceUID: path for path in stored}
    for dataset in client.retrieve_study(STUDY):
        assert dataset.PixelData == pydicom.dcmread(sent[dataset.SOPInstanceUID]).PixelData
    uid, path = next(iter(sent.items()))
    series = pydicom.dcmread(path).SeriesInstanceUID
    address = f"{client.base_url}/studies/{STUDY}/series/{series}/instances/{uid}"
    answer = client._session.get(address, headers={"Accept": "application/dicom"})
    assert answer.content == path.read_bytes()


def test_metadata_are_what_the_objects_say(web: Any, senior: User, stored: list[Path]) -> None:
    client = web(senior)
    for _again in range(2):  # the second time from the cache
        metadata = client.retrieve_study_metadata(STUDY)
        assert len(metadata) == 5
    read = {
        one["00080018"]["Value"][0]: pydicom.Dataset.from_json(one, lambda _tag, _vr, uri: _bulk(client, uri))
        for one in metadata
    }
    for path in stored:
        written = pydicom.dcmread(path)
        dataset = read[written.SOPInstanceUID]
        assert dataset.ImagePositionPatient == written.ImagePositionPatient
        assert dataset.PatientName == written.PatientName
        assert dataset.PixelData == written.PixelData


def _at(client: DICOMwebClient, address: str) -> str:
    """The client names itself a host without its port, and so do we then."""
    return str(client.base_url) + address.partition("/dicom-web")[2]


def _bulk(client: DICOMwebClient, address: str) -> bytes:
    (value,) = client.retrieve_bulkdata(_at(client, address))
    return bytes(value)


def test_binary_and_long_values_are_pointed_to_wherever_they_stand(web: Any, senior: User, tmp_path: Path) -> None:
    curve, told = bytes(range(256)), "told at length. " * 2000

    def with_bulk(index: int, dataset: Any) -> None:
        item = pydicom.Dataset()
        item.add_new((0x0009, 0x0010), "LO", "OURS")
        item.add_new((0x0009, 0x1001), "OB", curve)
        dataset.ReferencedImageSequence = [pydicom.Dataset(), item]
        dataset.add_new((0x0011, 0x0010), "LO", "OURS")
        dataset.add_new((0x0011, 0x1001), "UT", told)
        dataset.add_new((0x0011, 0x1002), "OB", b"")
        dataset.ImageComments = '"BulkDataURI":"@'

    ingest_paths(write_series(tmp_path / "bulk", slice_values(1), study_uid=STUDY, edit=with_bulk), by=senior)
    client = web(senior)
    (one,) = client.retrieve_study_metadata(STUDY)
    assert one["00204000"]["Value"] == ['"BulkDataURI":"@']
    assert "00111002" not in one
    nested = one["00081140"]["Value"][1]["00091001"]
    assert nested["vr"] == "OB"
    assert nested["BulkDataURI"].startswith(one["00081190"]["Value"][0])
    assert _bulk(client, nested["BulkDataURI"]) == curve
    assert _bulk(client, one["00111001"]["BulkDataURI"]).decode() == told
    bare = client._session.get(_at(client, nested["BulkDataURI"]), headers={"Accept": "application/octet-stream"})
    assert bare.content == curve
    for absent in ("00091001", "00081140/3/00091001", "00081140/0/00091001", "00081140", "00111003"):
        address = _at(client, f"{one['00081190']['Value'][0]}/bulkdata/{absent}")
        assert client._session.get(address).status_code == 404, absent


def test_a_rendered_frame_is_a_picture_of_its_size(web: Any, senior: User, stored: list[Path], tmp_path: Path) -> None:
    client = web(senior)
    one = SopInstance.objects.select_related("series").first()
    assert one is not None
    base = f"{client.base_url}/studies/{STUDY}/series/{one.series.series_instance_uid}/instances/{one.sop_instance_uid}"
    for address in (f"{base}/rendered", f"{base}/frames/1/rendered"):
        (tmp_path / "picture.png").write_bytes(client._session.get(address).content)
        picture = np.asarray(Image.open(tmp_path / "picture.png"))
        assert picture.shape == (12, 10)
        assert picture.min() == 0
        assert picture.max() == 255
    assert client._session.get(f"{base}/frames/2/rendered").status_code == 404
    for accept, kind in (("image/jpeg", "JPEG"), ("image/jpeg, image/png", "PNG"), ("*/*", "PNG")):
        answer = client._session.get(f"{base}/rendered", headers={"Accept": accept})
        (tmp_path / "picture").write_bytes(answer.content)
        with Image.open(tmp_path / "picture") as picture:
            assert (picture.format, answer.headers["Content-Type"]) == (kind, f"image/{kind.lower()}")
    assert client._session.get(f"{base}/rendered", headers={"Accept": "image/gif"}).status_code == 406
    uids = (STUDY, one.series.series_instance_uid, one.sop_instance_uid)
    asked = client.retrieve_instance_rendered(*uids, media_types=("image/jpeg",))
    assert asked.startswith(b"\xff\xd8")


def test_a_client_stores_and_hears_what_was_kept(web: Any, senior: User, tmp_path: Path) -> None:
    client = web(senior)
    paths = write_series(tmp_path / "new", slice_values(3), study_uid="1.2.9")
    datasets = [pydicom.dcmread(path) for path in paths]
    answer = client.store_instances(datasets)
    assert {item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence} == {
        dataset.SOPInstanceUID for dataset in datasets
    }
    assert Study.objects.get().series_set.get().sop_instances.count() == 3
    datasets[0].SeriesDescription = "changed"
    answer = client.store_instances(datasets)
    assert len(answer.ReferencedSOPSequence) == 2
    assert answer.FailedSOPSequence[0].FailureReason == 0xC001
    assert QuarantinedFile.objects.count() == 1


def test_objects_of_another_study_are_not_stored_under_this_one(web: Any, senior: User, tmp_path: Path) -> None:
    (path,) = write_series(tmp_path / "new", slice_values(1), study_uid="1.2.9")
    client = web(senior)
    with pytest.raises(requests.HTTPError, match="409"):
        client.store_instances([pydicom.dcmread(path)], study_instance_uid="1.2.8")
    assert not SopInstance.objects.exists()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ('multipart/related; type="application/dicom"; boundary=x', b"no boundary here", 400),
        ('multipart/related; type="application/dicom"; boundary=x', b"--x\r\n\r\nDICM cut off", 400),
    ],
)
def test_what_is_no_multipart_body_is_refused(web: Any, senior: User, kind: str, body: bytes, status: int) -> None:
    client = web(senior)
    answer = client._session.post(f"{client.base_url}/studies", data=body, headers={"Content-Type": kind})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("Nonsense=1", 400),
        ("patient__name=x", 400),
        ("StudyDate=yesterday", 400),
        ("limit=-1", 400),
        ("00081030=x", 200),
    ],
)
def test_questions_are_checked(web: Any, senior: User, query: str, status: int) -> None:
    client = web(senior)
    assert client._session.get(f"{client.base_url}/studies?{query}").status_code == status


def test_a_colleague_of_another_section_finds_nothing(web: Any, stored: list[Path]) -> None:
    make_study(section="other")
    stranger = make_user(Role.JUNIOR, section="other")
    client = web(stranger)
    found = client.search_for_studies()
    assert [one["0020000D"]["Value"] for one in found] != [[STUDY]]
    assert len(found) == 1
    for path in ("", "/series", "/instances", "/metadata"):
        assert client._session.get(f"{client.base_url}/studies/{STUDY}{path}").status_code == 404
