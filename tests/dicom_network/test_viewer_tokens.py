"""A viewer elsewhere reads with a token what the person who gave it may see at that moment, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from django.test import Client

from reporting.accounts.access_tokens import issue_token, revoke_token, scopes_of
from reporting.accounts.models import AccessToken, Role, TokenScope, User
from reporting.accounts.services import set_active
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed
from reporting.studies.services import ingest_paths
from tests.factories import make_study, make_user
from tests.inference.dicom_series import slice_values, write_series
from tests.reports.factories import make_user as make_signer
from tests.reports.factories import signed_report

pytestmark = pytest.mark.django_db
STUDIES = "/dicom-web/studies"


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def token(senior: User) -> str:
    return issue_token(senior, name="viewer", days=30, scope=TokenScope.IMAGES, by=senior)


def status_of(client: Client, token: str, address: str = STUDIES, method: str = "get") -> int:
    return int(getattr(client, method)(address, headers={"Authorization": f"Bearer {token}"}).status_code)


@pytest.mark.django_db(transaction=True)
def test_a_foreign_viewer_finds_and_shows_a_study(live_server: Any, senior: User, token: str, tmp_path: Path) -> None:
    paths = write_series(tmp_path / "s", slice_values(3), study_uid="1.2.3")
    ingest_paths(paths, by=senior)
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    viewer = DICOMwebClient(f"{live_server.url}/dicom-web", session=session)
    (found,) = viewer.search_for_studies()
    assert found["0020000D"]["Value"] == ["1.2.3"]
    instances = viewer.retrieve_study_metadata("1.2.3")
    series, instance = instances[0]["0020000E"]["Value"][0], instances[0]["00080018"]["Value"][0]
    (frame,) = viewer.retrieve_instance_frames("1.2.3", series, instance, [1])
    objects = {each.SOPInstanceUID: each for each in viewer.retrieve_series("1.2.3", series)}
    assert frame == objects[instance].PixelData
    assert set(objects) == {pydicom.dcmread(path).SOPInstanceUID for path in paths}
    # However many addresses it asked, a person looking at the trail reads it once.
    for act in ("studies.searched", "study.opened"):
        event = AuditEvent.objects.get(act=act)
        assert event.actor == senior
        assert event.data == {"over": "dicomweb", "token": AccessToken.objects.get().pk}


def test_whoever_takes_objects_away_is_in_the_trail(client: Client, senior: User) -> None:
    study = make_study()
    client.force_login(senior)
    client.get(f"{STUDIES}/{study.study_instance_uid}/series")
    assert not AuditEvent.objects.filter(act="study.opened").exists()
    client.get(f"{STUDIES}/{study.study_instance_uid}")
    client.get(f"{STUDIES}/{study.study_instance_uid}")
    assert AuditEvent.objects.get(act="study.opened").object_id == str(study.pk)


def test_it_sees_what_its_person_sees(client: Client) -> None:
    study = make_study(section="neuroradiology")
    address = f"{STUDIES}/{study.study_instance_uid}/series"
    junior = make_user(Role.JUNIOR, section="neuroradiology")
    token = issue_token(junior, name="viewer", days=1, scope=TokenScope.IMAGES, by=junior)
    assert status_of(client, token, address) == 200
    User.objects.filter(pk=junior.pk).update(section="abdomen")
    assert status_of(client, token, address) == 404
    assert client.get(STUDIES, headers={"Authorization": f"Bearer {token}"}).json() == []


def test_it_changes_nothing_and_opens_nothing_else(client: Client, token: str) -> None:
    assert status_of(client, token) == 200
    assert status_of(client, token, method="head") == 200
    assert status_of(client, token, method="post") == 403
    assert status_of(client, token, "/fhir/r4/DiagnosticReport") == 403
    assert status_of(client, token, "/api/session/") == 401
    assert status_of(client, token, "/") == 302
    assert client.get(f"{STUDIES}?token={token}").status_code == 401


def test_one_for_reports_reads_reports(client: Client) -> None:
    senior = make_signer(Role.SENIOR)
    token = issue_token(senior, name="records", days=30, scope=TokenScope.REPORTS, by=senior)
    answer = client.get("/fhir/r4/DiagnosticReport", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["total"]) == (200, 0)
    report = signed_report(senior)
    client.get(f"/fhir/r4/DiagnosticReport/{report.pk}", headers={"Authorization": f"Bearer {token}"})
    exported = AuditEvent.objects.get(act="report.exported")
    assert (exported.actor, exported.data["token"]) == (senior, AccessToken.objects.get().pk)
    assert status_of(client, token) == 403


def revoke(user: User) -> None:
    revoke_token(AccessToken.objects.get(), by=user)


def close(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("another long enough password")
    user.save()


def close_and_open_again(user: User) -> None:
    for active in (False, True):
        set_active(user, active, by=make_user(Role.ADMIN))


def make_reader(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.READER)


@pytest.mark.parametrize("end", [revoke, close, close_and_open_again, change_password, make_reader])
def test_what_ends_for_the_person_ends_for_the_program(
    client: Client, senior: User, token: str, end: Callable[[User], None]
) -> None:
    end(senior)
    assert status_of(client, token) == 401


@pytest.mark.parametrize("role", [Role.READER, Role.RESEARCHER, Role.ADMIN])
def test_who_sees_no_study_gives_no_access(client: Client, role: Role) -> None:
    user = make_user(role)
    assert scopes_of(user) == []
    with pytest.raises(InvalidInput):
        issue_token(user, name="viewer", days=1, scope=TokenScope.IMAGES, by=user)


def test_nobody_gives_access_in_the_name_of_another(senior: User) -> None:
    for other in (make_user(Role.ADMIN), make_user(Role.SENIOR), None):
        with pytest.raises(NotAllowed):
            issue_token(senior, name="viewer", days=1, scope=TokenScope.IMAGES, by=other)


def test_its_use_is_noted(client: Client, token: str) -> None:
    assert AccessToken.objects.get().used_at is None
    status_of(client, token)
    first = AccessToken.objects.get().used_at
    status_of(client, token)
    assert first is not None
    assert AccessToken.objects.get().used_at == first


class TestPagesOfOtherOrigins:
    """A viewer that a browser loaded from elsewhere: allowed by the operator, with a token, without the cookie."""

    @pytest.fixture(autouse=True)
    def _allowed(self, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://viewer.example.org"]

    def ask(self, client: Client, origin: str, address: str = STUDIES) -> Any:
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        return client.options(address, headers={**asked, "Access-Control-Request-Headers": "authorization, range"})

    def test_an_allowed_one_may_send_its_token(self, client: Client, token: str) -> None:
        asked = self.ask(client, "https://viewer.example.org")
        assert asked["Access-Control-Allow-Origin"] == "https://viewer.example.org"
        assert {"authorization", "range", "if-none-match"} <= set(asked["Access-Control-Allow-Headers"].split(", "))
        assert "POST" not in asked["Access-Control-Allow-Methods"]
        headers = {"Origin": "https://viewer.example.org", "Authorization": f"Bearer {token}"}
        read = client.get(STUDIES, headers=headers)
        assert read["Access-Control-Allow-Origin"] == "https://viewer.example.org"
        assert "Access-Control-Allow-Credentials" not in read

    @pytest.mark.parametrize(
        ("origin", "address"),
        [("https://elsewhere.example.org", STUDIES), ("https://viewer.example.org", "/api/session/")],
    )
    def test_others_and_other_addresses_may_not(self, client: Client, origin: str, address: str) -> None:
        assert "Access-Control-Allow-Origin" not in self.ask(client, origin, address)
