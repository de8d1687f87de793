"""Addresses and schemes are believed only from a proxy that was named (F34)."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.trusted_proxy import TrustedProxyMiddleware


def _seen(remote: str, **headers: str) -> tuple[str, bool]:
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    TrustedProxyMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))
    return seen[0].META["REMOTE_ADDR"], seen[0].is_secure()


@pytest.fixture(autouse=True)
def _one_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = frozenset({"10.1.1.1"})


def test_the_proxy_says_who_asks() -> None:
    headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7", "X-Forwarded-Proto": "https"}
    assert _seen("10.1.1.1", **headers) == ("192.0.2.7", True)


def test_nobody_else_does() -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    assert _seen("192.0.2.66", **headers) == ("192.0.2.66", False)


@pytest.mark.parametrize("value", ["", "not an address", "1.2.3.4; DROP", "::gg"])
def test_nonsense_from_the_proxy_leaves_its_own_address(value: str) -> None:
    assert _seen("10.1.1.1", **{"X-Forwarded-For": value})[0] == "10.1.1.1"


@pytest.mark.django_db
def test_a_forged_address_does_not_reach_the_trail(client: Client) -> None:
    client.post(
        "/accounts/login/",
        {"username": "a", "password": "b"},
        REMOTE_ADDR="192.0.2.66",
        headers={"X-Forwarded-For": "127.0.0.1"},
    )
    assert AuditEvent.objects.get(act=AuditAct.LOGIN_FAILED).remote_address == "192.0.2.66"


@pytest.mark.django_db
def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400
    assert (
        client.get("/accounts/login/", headers={"X-Forwarded-Host": "evil.example"}).content.find(b"evil.example") < 0
    )
