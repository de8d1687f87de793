"""The conformance statement on HL7 v2, FHIR and the outbox, from the tables that the code runs by."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from django.utils import translation

from reporting.core.hl7_text import CODECS, Charset
from reporting.orders.acknowledgement import CONDITIONS, REFUSED
from reporting.orders.applying import HANDLERS
from reporting.outbound.models import FORMS_OF, WHOLE_STATE
from reporting.reports.exports.fhir import Release
from reporting.reports.exports.fhir.addresses import PARAMETERS, READABLE

_Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def message_tables() -> Iterator[_Table]:
    """(head, rows) of each."""
    with translation.override("en"):
        yield ("HL7 v2 message received", "what follows"), _received()
        yield ("acknowledgement (ERR-3, table 0357)", "MSA-1", "means"), _conditions()
        yield ("MSH-18", "read as"), [(f"`{name}`", codec) for name, codec in CODECS.items()]
        yield ("destination", "form", "sent when"), _sent()
        yield ("MSH-18 of messages sent",), [(f"`{charset.value}`",) for charset in Charset]
        yield ("FHIR type, below `/fhir/r4` and `/fhir/r5`", "interactions", "what"), _read()
        yield ("FHIR release", "media type"), [(release.value, f"`{release.content_type}`") for release in Release]


def _received() -> list[tuple[str, ...]]:
    return [(f"`{kind}^{event}`", inspect.getdoc(handler) or "") for (kind, event), handler in HANDLERS.items()]


def _conditions() -> list[tuple[str, ...]]:
    return [(code, "AR" if code in REFUSED else "AE", words) for code, words in CONDITIONS.items()]


def _sent() -> list[tuple[str, ...]]:
    state = "final, addendum, withdrawn; preliminary if the destination asks for it"
    return [
        (str(kind.label), str(form.label), state if form in WHOLE_STATE else "final, addendum")
        for kind, forms in FORMS_OF.items()
        for form in forms
    ]


def _read() -> list[tuple[str, ...]]:
    search = f"read, search by {', '.join(f'`{name}`' for name in PARAMETERS)}"
    return [(kind, search if kind == "DiagnosticReport" else "read", what) for kind, what in READABLE.items()]
