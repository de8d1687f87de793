"""Logging in: throttled, audited, one answer for every failure, a new session id."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from reporting.accounts import services, throttle
from reporting.accounts.models import LoginAttempt, Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.request_id import remote_address

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _from_an_address() -> object:
    token = remote_address.set("10.0.0.1")
    yield
    remote_address.reset(token)


@pytest.fixture
def doctor() -> User:
    user, _ = services.create_user(
        username="doctor", full_name="Dr Doctor", role=Role.SENIOR, password=PASSWORD, by=None
    )
    return user


def _post_login(client: Client, username: str, password: str) -> int:
    return client.post("/accounts/login/", {"username": username, "password": password}).status_code


def test_the_right_password_opens_a_session_with_a_new_id(doctor: User, client: Client) -> None:
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["dens-session"] = old = session.session_key
    assert _post_login(client, "doctor", PASSWORD) == 302
    assert client.cookies["dens-session"].value != old
    assert client.cookies["dens-session"]["httponly"]
    assert client.cookies["dens-session"]["samesite"] == "Lax"
    event = AuditEvent.objects.get(act=AuditAct.LOGIN_SUCCEEDED)
    assert event.actor == doctor


def test_unknown_known_inactive_and_service_accounts_get_the_same_words(doctor: User) -> None:
    services.create_user(username="robot", full_name="Robot", role=Role.SERVICE, password=PASSWORD, by=None)
    closed, _ = services.create_user(username="gone", full_name="Gone", role=Role.JUNIOR, password=PASSWORD, by=None)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    messages = set()
    for username, password in [
        ("nobody", PASSWORD),
        ("doctor", "wrong wrong wrong"),
        ("robot", PASSWORD),
        ("gone", PASSWORD),
    ]:
        with pytest.raises(services.WrongPassword) as refusal:
            services.authenticate_for_login(username, password)
        messages.add(refusal.value.message)
    assert len(messages) == 1
    assert AuditEvent.objects.filter(act=AuditAct.LOGIN_FAILED).count() == 4


def test_two_hundred_guesses_at_one_account_are_stopped_and_leave_a_short_trail(doctor: User) -> None:
    answers = []
    for number in range(200):
        try:
            services.authenticate_for_login("doctor", f"guess {number}")
        except services.TooManyAttempts:
            answers.append("throttled")
        except services.WrongPassword:
            answers.append("wrong")
    assert answers == ["wrong"] * 5 + ["throttled"] * 195
    assert AuditEvent.objects.filter(act=AuditAct.LOGIN_FAILED, object_id=str(doctor.pk)).count() == 5
    assert AuditEvent.objects.filter(act=AuditAct.LOGIN_THROTTLED).count() == 1
    with pytest.raises(services.TooManyAttempts):
        services.authenticate_for_login("doctor", PASSWORD)


def test_the_login_page_says_429_when_throttled(doctor: User, client: Client) -> None:
    statuses = [_post_login(client, "doctor", "wrong") for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_one_guess_at_each_of_many_accounts_is_stopped_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "FAILURES_PER_ADDRESS", 8)  # each guess takes its time
    throttled = 0
    for number in range(12):
        with pytest.raises((services.WrongPassword, services.TooManyAttempts)) as refusal:
            services.authenticate_for_login(f"user{number}", "password password")
        throttled += refusal.type is services.TooManyAttempts
    assert throttled == 4


def test_somebody_elsewhere_cannot_lock_a_named_doctor_out(doctor: User) -> None:
    token = remote_address.set("192.0.2.9")
    for _ in range(10):
        with pytest.raises((services.WrongPassword, services.TooManyAttempts)):
            services.authenticate_for_login("doctor", "wrong wrong wrong")
    remote_address.reset(token)
    assert services.authenticate_for_login("doctor", PASSWORD) == doctor


def test_failed_logins_at_the_same_address_do_not_close_signing(doctor: User) -> None:
    for _ in range(6):
        with pytest.raises((services.WrongPassword, services.TooManyAttempts)):
            services.authenticate_for_login("doctor", "wrong wrong wrong")
    services.authenticate_for_signing(doctor, PASSWORD)


def test_guessing_at_signing_is_throttled_and_audited(doctor: User) -> None:
    for _ in range(5):
        with pytest.raises(services.WrongPassword):
            services.authenticate_for_signing(doctor, "wrong wrong wrong")
    with pytest.raises(services.TooManyAttempts):
        services.authenticate_for_signing(doctor, PASSWORD)
    assert AuditEvent.objects.filter(act=AuditAct.SIGNATURE_REFUSED).count() == 5


def test_the_wait_ends_after_the_window_however_often_one_tried_meanwhile(doctor: User) -> None:
    for _ in range(30):
        with pytest.raises((services.WrongPassword, services.TooManyAttempts)):
            services.authenticate_for_login("doctor", "wrong wrong wrong")
    LoginAttempt.objects.update(at=timezone.now() - throttle.WINDOW - timedelta(seconds=1))
    assert services.authenticate_for_login("doctor", PASSWORD) == doctor
    assert LoginAttempt.objects.count() == 0


def test_the_trail_and_the_throttle_do_not_hold_what_was_typed(doctor: User) -> None:
    with pytest.raises(services.WrongPassword):
        services.authenticate_for_login("ZHANG^SAN 1234567", "typed-secret")
    assert "ZHANG" not in repr(list(AuditEvent.objects.values()))
    assert "ZHANG" not in repr(list(LoginAttempt.objects.values()))


def test_logging_out_ends_the_session_and_empties_the_browser(doctor: User, client: Client) -> None:
    client.force_login(doctor)
    response = client.post("/accounts/logout/")
    assert "storage" in response["Clear-Site-Data"]
    assert "_auth_user_id" not in client.session
    assert AuditEvent.objects.filter(act=AuditAct.LOGOUT, actor=doctor).exists()


def test_an_idle_session_is_over(doctor: User, client: Client) -> None:
    client.force_login(doctor)
    client.get("/accounts/login/")
    session = client.session
    session["last_seen"] = session["last_seen"] - 16 * 60
    session.save()
    client.get("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_a_session_twelve_hours_old_is_over_even_when_busy(doctor: User, client: Client) -> None:
    client.force_login(doctor)
    client.get("/accounts/login/")
    session = client.session
    session["started"] = session["started"] - 12 * 3600 - 1
    session.save()
    client.get("/accounts/login/")
    assert "_auth_user_id" not in client.session
