"""Who sees and changes what Dens is connected to: administrators; auditors look at the outbox and the inbox."""

from __future__ import annotations

from tests.permissions.rows import EVERYBODY, NOT_ADMIN, Row, _page

_SEES = "admin auditor"
_AWAY = " ".join(person for person in EVERYBODY.split() if person not in _SEES.split())
_SORTS = ("destinations", "senders", "peers")
_MANAGES = {200: "admin", 403: NOT_ADMIN}


def _act(name: str, thing: str, key: str) -> Row:
    return Row(
        f"connections:{name}", "POST", {302: "admin anonymous", 403: NOT_ADMIN}, ids=((key, thing),), form=(("a", "b"),)
    )


CONNECTION_ROWS = [
    *(_page(f"connections:{name}", {200: _SEES, 403: _AWAY}) for name in ("queue", "inbox", "throughput")),
    *(_page("connections:things", _MANAGES, fixed=(("sort", sort),)) for sort in _SORTS),
    *(_page("connections:add", _MANAGES, fixed=(("sort", sort),)) for sort in ("senders", "peers")),
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
    _act("ask", "destination", "thing_id"),
    _act("retry", "delivery", "delivery_id"),
    _act("retry_all", "destination", "destination_id"),
    _act("message_retry", "inbound_message", "message_id"),
    _act("message_dismiss", "inbound_message", "message_id"),
]
