"""Walks every address as one person and says where something shows that this person must not know."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

MOST_TRIES = 24
_TOKENS = re.compile(rb'(name="csrfmiddlewaretoken" value|data-request|nonce)="[^"]*"')


class Leak(NamedTuple):
    """``what`` was found in the answer to ``address``, in ``where`` (body or a header)."""

    address: str
    where: str
    what: str


def addresses(ids: Mapping[str, list[Any]]) -> Iterator[str]:
    """Every route with every object that ``ids`` names for its parts (by the part's name)."""
    for name, route in _routes(get_resolver().url_patterns):
        parts = sorted(_parts(route))
        choices = [ids.get(part, ["x"]) for part in parts]
        for values in itertools.islice(itertools.product(*choices), MOST_TRIES):
            try:
                yield reverse(name, kwargs=dict(zip(parts, values, strict=True)))
            except NoReverseMatch:
                continue


def leaks(client: Client, ids: Mapping[str, list[Any]], secrets: Mapping[str, bytes]) -> list[Leak]:
    """``secrets``: a name for each → the bytes that must appear in no answer and no header."""
    found = []
    for address in addresses(ids):
        answer = client.get(address, _query(address))
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        body = _TOKENS.sub(b"", body).replace(address.encode(), b"")  # what was asked for is known already
        told = {"body": body, **{name: value.encode() for name, value in answer.headers.items()}}
        for where, text in told.items():
            found += [Leak(address, where, name) for name, secret in secrets.items() if secret in text]
    return found


def _query(address: str) -> dict[str, Any]:
    """A search for the patient where one can search, else as long a list as one may ask for."""
    if address.startswith("/dicom-web/"):
        return {"PatientID": "D1"}
    return {"page_size": 200} if address.startswith("/api/") else {"q": "Wang"}


def _routes(patterns: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}", entry


def _parts(route: URLPattern) -> set[str]:
    return set(route.pattern.converters) | set(getattr(route.pattern, "regex", re.compile("")).groupindex)
