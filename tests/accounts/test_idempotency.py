"""A change named with an Idempotency-Key happens once, however often and however simultaneously it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from reporting.accounts.models import IdempotentRequest, Role
from reporting.predictions.models import InferenceJob
from tests.factories import make_algorithm, make_study, make_user


def _post(client: Client, url: str, *, key: str | None = "b7c1d2e3-0001", body: Any = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(url, body or {}, content_type="application/json", headers=headers)


@pytest.fixture
def place() -> tuple[Client, str]:
    make_algorithm()
    client = Client()
    client.force_login(make_user(Role.SENIOR))
    return client, f"/api/studies/{make_study().pk}/inference-jobs/"


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_changes_nothing(place: tuple[Client, str]) -> None:
    client, url = place
    first = _post(client, url)
    again = _post(client, url)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert InferenceJob.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_the_second_request_meets_the_state(place: tuple[Client, str]) -> None:
    client, url = place
    assert [_post(client, url, key=None).status_code for _ in range(2)] == [201, 409]


@pytest.mark.django_db
def test_a_key_names_one_request_only(place: tuple[Client, str]) -> None:
    client, url = place
    _post(client, url)
    other = _post(client, f"/api/studies/{make_study().pk}/inference-jobs/")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    other_body = _post(client, url, body={"x": 1})
    assert other_body.status_code == 422


@pytest.mark.django_db
def test_keys_of_two_people_do_not_meet(place: tuple[Client, str]) -> None:
    client, url = place
    _post(client, url)
    colleague = Client()
    colleague.force_login(make_user(Role.SENIOR))
    assert _post(colleague, url).status_code == 409


@pytest.mark.django_db
def test_a_refusal_is_not_remembered(place: tuple[Client, str]) -> None:
    client, url = place
    InferenceJob.objects.all().delete()
    _post(client, url, key=None)
    assert _post(client, url).status_code == 409
    InferenceJob.objects.update(status="cancelled")
    assert _post(client, url).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["short", "x" * 129, "tab\tinside-it", "ünïcode-key"])
def test_an_odd_key_is_refused(place: tuple[Client, str], key: str) -> None:
    client, url = place
    response = _post(client, url, key=key)
    assert (response.status_code, InferenceJob.objects.count()) == (400, 0)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_run_once(place: tuple[Client, str]) -> None:
    client, url = place
    cookie = client.cookies["dens-session"].value

    def send(_: int) -> tuple[int, Any]:
        try:
            one = Client()
            one.cookies["dens-session"] = cookie
            response = _post(one, url)
            return response.status_code, response.json().get("id")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(8)))
    job = InferenceJob.objects.get()
    assert answers == {(201, str(job.pk))}
    assert IdempotentRequest.objects.count() == 1
