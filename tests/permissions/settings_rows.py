"""Rows of the table role × address: the department's settings."""

from __future__ import annotations

from tests.permissions.rows import NOT_SENIOR, NOT_SENIOR_NOR_AUDITOR, Row, _page, _read

_READS = "owner colleague stranger senior auditor"
_AWAY = "researcher reader importer admin service"

SETTINGS = (
    _page("rules:house", {200: _READS, 403: _AWAY}),
    Row("rules:house_propose", "POST", {200: "senior", 403: NOT_SENIOR, 302: "anonymous"}, form=(("reason", ""),)),
    Row(
        "rules:house_decide",
        "POST",
        {302: "auditor anonymous", 403: f"{NOT_SENIOR_NOR_AUDITOR} senior"},
        fixed=(("number", 2), ("act", "activate")),
        form=(("a", "b"),),
    ),
    Row(
        "rules:house_decide",
        "POST",
        {302: "senior auditor anonymous", 403: NOT_SENIOR_NOR_AUDITOR},
        fixed=(("number", 2), ("act", "decline")),
        form=(("reason", "why not"),),
    ),
    _read("api:department-settings-versions", {200: _READS, 403: _AWAY}),
    _read("api:department-settings-version", {200: _READS, 403: _AWAY}, fixed=(("number", 2),)),
    Row("api:department-settings-versions", "POST", {400: "senior", 403: NOT_SENIOR, 401: "anonymous"}),
    Row(
        "api:department-settings-activate",
        "POST",
        {200: "auditor", 403: f"{NOT_SENIOR_NOR_AUDITOR} senior", 401: "anonymous"},
        fixed=(("number", 2),),
    ),
    Row(
        "api:department-settings-decline",
        "POST",
        {200: "senior auditor", 403: NOT_SENIOR_NOR_AUDITOR, 401: "anonymous"},
        fixed=(("number", 2),),
        body="reason",
    ),
)
