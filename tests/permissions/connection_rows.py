"""Who sees and changes what Dens is connected to: administrators; auditors look at the outbox and the inbox."""

from __future__ import annotations

from tests.permissions.rows import EVERYBODY, NEAR, NO_STUDIES, NOT_ADMIN, Row, _page, _read

_SEES = "admin auditor"
_AWAY = " ".join(person for person in EVERYBODY.split() if person not in _SEES.split())
_SORTS = ("destinations", "senders", "archives", "peers")
_MANAGES = {200: "admin", 403: NOT_ADMIN}


def _act(name: str, thing: str, key: str, *fixed: tuple[str, str]) -> Row:
    expected = {302: "admin anonymous", 403: NOT_ADMIN}
    return Row(f"connections:{name}", "POST", expected, ids=((key, thing),), fixed=fixed, form=(("a", "b"),))


_FETCHES = "owner colleague senior"
_COPY = {403: "owner colleague senior importer", 404: f"stranger {NO_STUDIES}"}
_NO_ARCHIVE = {403: "auditor importer", 404: f"stranger {NO_STUDIES}"}
EARLIER_ROWS = [
    _page("studies:deidentified", {200: "auditor", **_COPY}, ids=(("study_id", "study"),)),
    Row(
        "studies:deidentified",
        "POST",
        {400: "auditor", 302: "anonymous", **_COPY},
        ids=(("study_id", "study"),),
        form=(("a", "b"),),
    ),
    _page("studies:earlier", {200: _FETCHES, **_NO_ARCHIVE}, ids=(("study_id", "study"),)),
    Row(
        "studies:earlier",
        "POST",
        {302: f"{_FETCHES} anonymous", **_NO_ARCHIVE},
        ids=(("study_id", "study"),),
        form=(("a", "b"),),
    ),
]

CONNECTION_ROWS = [
    *(_page(f"connections:{name}", {200: _SEES, 403: _AWAY}) for name in ("queue", "inbox", "throughput")),
    _page("connections:throughput_file", {200: _SEES, 403: _AWAY}, fixed=(("key", "sent"), ("extension", "csv"))),
    *(_page("connections:things", _MANAGES, fixed=(("sort", sort),)) for sort in _SORTS),
    *(_page("connections:add", _MANAGES, fixed=(("sort", sort),)) for sort in ("senders", "archives", "peers")),
    _page("connections:add", _MANAGES, fixed=(("sort", "destinations"),), query="kind=fhir"),
    Row(
        "connections:add",
        "POST",
        {200: "admin", 403: NOT_ADMIN, 302: "anonymous"},
        fixed=(("sort", "senders"),),
        form=(("name", ""),),
    ),
    _page("connections:change", _MANAGES, ids=(("thing_id", "destination"),), fixed=(("sort", "destinations"),)),
    Row(
        "connections:change",
        "POST",
        {200: "admin", 403: NOT_ADMIN, 302: "anonymous"},
        ids=(("thing_id", "destination"),),
        fixed=(("sort", "destinations"),),
        form=(("host", ""),),
    ),
    _page("connections:change", _MANAGES, ids=(("thing_id", "archive"),), fixed=(("sort", "archives"),)),
    _act("ask", "destination", "thing_id", ("sort", "destinations")),
    _act("ask", "archive", "thing_id", ("sort", "archives")),
    _act("ask", "peer", "thing_id", ("sort", "peers")),
    _act("retry", "delivery", "delivery_id"),
    _act("retry_all", "destination", "destination_id"),
    _act("message_retry", "inbound_message", "message_id"),
    _act("message_dismiss", "inbound_message", "message_id"),
]

_HANDS_OUT = f"{NEAR} stranger"
_HANDS_NOTHING_OUT = "researcher reader importer admin service"
_R4 = ("release", "r4")

FHIR_ROWS = [
    _read("fhir:metadata", {200: _HANDS_OUT, 403: _HANDS_NOTHING_OUT}, fixed=(_R4,)),
    # None of the reports themselves: some of the world's hold no more than the audit counts.
    _read("fhir:search", {200: _HANDS_OUT, 403: _HANDS_NOTHING_OUT}, fixed=(_R4,), query="_count=0"),
    _read(
        "fhir:read",
        {200: NEAR, 404: "stranger", 403: _HANDS_NOTHING_OUT},
        ids=(("resource_id", "final"),),
        fixed=(_R4, ("kind", "DiagnosticReport")),
    ),
]
