"""Files and API of the audit's boards: threshold bench, monitoring, peer learning."""

from __future__ import annotations

from tests.permissions.rows import NO_AUDIT, SEES_AUDIT, Row, _page, _read

_ANSWERS = {200: SEES_AUDIT, 403: NO_AUDIT}
_BENCH = (("algorithm_id", "active"),)

AUDIT_ROWS: list[Row] = [
    _page(
        "department_audit:threshold_file",
        _ANSWERS,
        ids=_BENCH,
        fixed=(("finding", "slip"), ("key", "rescored"), ("extension", "csv")),
    ),
    _page("department_audit:monitoring_file", _ANSWERS, fixed=(("key", "alarms"), ("extension", "csv"))),
    _page("department_audit:peer_file", _ANSWERS, fixed=(("extension", "csv"),)),
    _read("api:audit-threshold-bench", _ANSWERS, ids=_BENCH, fixed=(("finding", "slip"),)),
    _read("api:audit-monitoring", _ANSWERS),
    _read("api:audit-monitoring-line", _ANSWERS, query="measure=gate"),
    _read("api:audit-peer-learning", _ANSWERS),
]
