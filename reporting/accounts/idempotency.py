"""Do a change once, however often the client sends it: the ``Idempotency-Key`` header of the API.

The key's row is inserted in the transaction of the change itself. Its unique index makes a simultaneous repeat wait;
when the first commits the repeat gets the stored answer, when the first fails the repeat is tried as new. A refusal
changes nothing and is therefore not remembered.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.accounts.models import IdempotentRequest, User
from reporting.core.errors import DomainError, InvalidInput

_KEPT_FOR = timedelta(days=1)
_KEPT_HEADERS = ("ETag", "Location")


class KeyReused(DomainError):
    """The Idempotency-Key was already used for another request."""

    code = "idempotency_key_reused"
    http_status = 422


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
        raise InvalidInput(_("An Idempotency-Key has 8 to 128 printable ASCII characters"))
    return key


def _digest(request: Request) -> str:
    """Of what was asked, without any password: a digest of a password would invite guessing."""
    content: dict[str, Any] = {"if_match": request.headers.get("If-Match", "")}
    if request.FILES:
        # Of their bytes, too: slices of one series may have one name and one size.
        content["files"] = [
            [file.name, _bytes_digest(file)] for _name, files in request.FILES.lists() for file in files
        ]
    else:
        data = request.data
        content["data"] = {k: v for k, v in data.items() if k != "password"} if isinstance(data, dict) else data
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _bytes_digest(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _replay(row: IdempotentRequest, target: str, digest: str) -> Response:
    if row.target != target or row.request_digest != digest:
        raise KeyReused(_("This Idempotency-Key was already used for another request"))
    response = Response(row.body, status=row.status_code)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _remember(row: IdempotentRequest, response: Response) -> None:
    row.status_code = response.status_code
    row.body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
    row.headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    row.save(force_insert=row.pk is None)


def once(request: Request, user: User, change: Callable[[], Response]) -> Response:
    """Run ``change`` in one transaction, or give the answer it gave to an earlier request with the same key.

    Without the header ``change`` simply runs. Raises :class:`KeyReused` for a key that named another request.
    """
    key = _key(request)
    if key is None:
        return change()
    target, digest = f"{request.method} {request.path}"[:200], _digest(request)
    IdempotentRequest.objects.filter(created_at__lt=timezone.now() - _KEPT_FOR).delete()
    with transaction.atomic():
        row = IdempotentRequest(user=user, key=key, target=target, request_digest=digest)
        # DO NOTHING waits for another transaction that is inserting the same key.
        IdempotentRequest.objects.bulk_create([row], ignore_conflicts=True)
        row = IdempotentRequest.objects.select_for_update().get(user=user, key=key)
        if row.status_code is not None:
            return _replay(row, target, digest)
        response = change()
        _remember(row, response)
        return response


def once_without_transaction(request: Request, user: User, change: Callable[[], Response]) -> Response:
    """As :func:`once`, for long changes that commit by themselves and are harmless to repeat (an upload).

    Should the program die between the change and the note of its answer, a repeat runs the change again.
    """
    key = _key(request)
    if key is None:
        return change()
    target, digest = f"{request.method} {request.path}"[:200], _digest(request)
    with _lock(f"{user.pk}:{key}"):
        row = IdempotentRequest.objects.filter(user=user, key=key).first()
        if row is not None:
            return _replay(row, target, digest)
        response = change()
        _remember(IdempotentRequest(user=user, key=key, target=target, request_digest=digest), response)
        return response


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """A lock of the database session: given back at the end, or when the connection dies."""
    number = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x1D3, number - 2**31])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [0x1D3, number - 2**31])
