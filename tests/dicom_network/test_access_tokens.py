"""A program without a person behind it stores studies by a token, and does nothing else with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from django.test import Client
from django.utils import timezone

from reporting.accounts.access_tokens import issue_token, revoke_token
from reporting.accounts.models import AccessToken, Role, TokenScope, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed
from reporting.studies.models import SopInstance
from tests.factories import make_user
from tests.inference.dicom_series import slice_values, write_series

pytestmark = pytest.mark.django_db
STUDIES = "/dicom-web/studies"


@pytest.fixture
def gateway() -> User:
    return make_user(Role.SERVICE)


@pytest.fixture
def token(gateway: User) -> str:
    return issue_token(gateway, name="gateway", days=30, scope=TokenScope.STORE, by=None)


def status_of(client: Client, token: str, method: str = "get", address: str = STUDIES) -> int:
    return int(getattr(client, method)(address, headers={"Authorization": f"Bearer {token}"}).status_code)


@pytest.mark.django_db(transaction=True)
def test_a_gateway_stores_a_study_with_its_token(live_server: Any, gateway: User, token: str, tmp_path: Path) -> None:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    paths = write_series(tmp_path / "s", slice_values(3))
    client = DICOMwebClient(f"{live_server.url}/dicom-web", session=session)
    answer = client.store_instances([pydicom.dcmread(path) for path in paths])
    assert len(answer.ReferencedSOPSequence) == SopInstance.objects.count() == 3
    assert AuditEvent.objects.get(act="study.received").actor == gateway


def test_a_token_that_stores_reads_nothing(client: Client, token: str) -> None:
    assert status_of(client, token) == 403
    assert status_of(client, token, address="/api/session/") == 401
    assert status_of(client, token, address="/dicom-web/studies/1.2.3/metadata") == 403
    assert status_of(client, token, address="/fhir/r4/DiagnosticReport") == 403


def expire(_token: str, _user: User) -> None:
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def revoke(_token: str, _user: User) -> None:
    revoke_token(AccessToken.objects.get(), by=None)


def close(_token: str, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def promote(_token: str, user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.SENIOR)


@pytest.mark.parametrize("spoil", [expire, revoke, close, promote])
def test_what_holds_no_longer_opens_nothing(
    client: Client, token: str, gateway: User, spoil: Callable[[str, User], None]
) -> None:
    spoil(token, gateway)
    assert status_of(client, token, "post") == 401


@pytest.mark.parametrize("shown", ["", "dens_guess", "Bearer"])
def test_a_guess_opens_nothing(client: Client, token: str, shown: str) -> None:
    assert status_of(client, shown, "post") == 401
    assert client.post(f"{STUDIES}?token={token}").status_code == 401


def test_only_its_digest_is_kept(token: str) -> None:
    kept = AccessToken.objects.get()
    assert token not in str(vars(kept))
    assert token not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("role", [Role.SENIOR, Role.ADMIN, Role.IMPORTER])
def test_people_have_no_tokens_that_store(role: Role) -> None:
    user = make_user(role)
    with pytest.raises(InvalidInput):
        issue_token(user, name="mine", days=30, scope=TokenScope.STORE, by=None)


def test_only_who_manages_accounts_issues_tokens(gateway: User) -> None:
    with pytest.raises(NotAllowed):
        issue_token(gateway, name="gateway", days=30, scope=TokenScope.STORE, by=make_user(Role.SENIOR))
    assert issue_token(gateway, name="gateway", days=30, scope=TokenScope.STORE, by=make_user(Role.ADMIN))
