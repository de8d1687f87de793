"""Statements that are planned once run on Django's connection, in its transaction, and fail with its errors."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from reporting.accounts.models import Role, User
from reporting.core.compiled_query import CompiledQuery, Given
from reporting.core.prepared import prepared_cursor
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _prepared(words: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, %s) > 0", [words])
        return int((cursor.fetchone() or (0,))[0])


def test_a_compiled_query_is_planned_once_for_all_its_values() -> None:
    people = [make_user(Role.SENIOR), make_user(Role.JUNIOR)]
    named = User.objects.filter(username=Given("name", User._meta.get_field("username")))
    query = CompiledQuery(named, "pk", "last_login")
    before = _prepared("last_login")
    for one in people * 4:
        assert query.first(name=one.username) == {"pk": one.pk, "last_login": None}
    assert query.first(name="nobody") is None
    assert _prepared("last_login") == before + 1


def test_it_sees_what_the_transaction_wrote_and_is_undone_with_it() -> None:
    user = make_user(Role.SENIOR)
    with transaction.atomic():
        with prepared_cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET full_name = %s WHERE id = %s", ["Other", user.pk])
        assert User.objects.get(pk=user.pk).full_name == "Other"
        transaction.set_rollback(True)
    assert User.objects.get(pk=user.pk).full_name == user.full_name


def test_its_errors_are_those_of_django() -> None:
    first, second = make_user(Role.SENIOR), make_user(Role.SENIOR)
    with pytest.raises(IntegrityError), transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET username = %s WHERE id = %s", [first.username, second.pk])
