"""Walks every address as one person and says where something shows that this person must not know."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

MOST_TRIES = 24
_OWN_ID, _OF_THE_ANSWER = "X-Request-ID", {"X-Request-ID", "Expires"}  # other at each answer: its id, its time
_TOKENS = re.compile(rb'(name="csrfmiddlewaretoken" value|data-request|nonce)="[^"]*"')


class Leak(NamedTuple):
    """``what`` was found in the answer to ``address``, in ``where`` (body, a header, or the template's context)."""

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


def told(client: Client, ids: Mapping[str, list[Any]]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each address with what its answer says, by where it says it; one-time tokens and the address itself taken out."""
    for address in addresses(ids):
        answer = client.get(address, _query(address))
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        headers = {name: value.encode() for name, value in answer.headers.items() if name not in _OF_THE_ANSWER}
        said = {"status": str(answer.status_code).encode(), "body": body, "context": _context(answer), **headers}
        own = (address.encode(), answer[_OWN_ID].encode())
        yield address, {where: _without(text, *own) for where, text in said.items()}


def _without(text: bytes, *own: bytes) -> bytes:
    for one in own:
        text = text.replace(one, b"")
    return _TOKENS.sub(b"", text)


def leaks(client: Client, ids: Mapping[str, list[Any]], secrets: Mapping[str, bytes]) -> list[Leak]:
    """``secrets``: a name for each → the bytes that must appear in no answer, no header and no template's context."""
    return [
        Leak(address, where, name)
        for address, said in told(client, ids)
        for where, text in said.items()
        for name, secret in secrets.items()
        if secret in text
    ]


def _context(answer: Any) -> bytes:
    """What templates were given: texts, numbers, and rows that were loaded, with what was loaded along with them."""
    layers = [layer for context in answer.context or () for layer in getattr(context, "dicts", [context])]
    given = [value for layer in layers for name, value in layer.items() if name not in ("request", "csrf_token")]
    return "\n".join(_texts(given, set())).encode()


def _texts(value: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(value, str | int | float):
        yield str(value)
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Model):  # the key of a row that was not loaded is told to nobody by itself
        own = [field.attname for field in value._meta.concrete_fields if not field.is_relation]
        loaded = {**value._state.fields_cache, **getattr(value, "_prefetched_objects_cache", {})}
        parts: list[Any] = [str(value.pk), *(value.__dict__.get(name) for name in own), *loaded.values()]
    elif isinstance(value, QuerySet):
        parts = list(value._result_cache or ())
    elif isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif dataclasses.is_dataclass(value):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        return
    for part in parts:
        yield from _texts(part, seen)


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
