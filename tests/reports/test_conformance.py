"""The conformance statement says what the code does."""

from __future__ import annotations

from reporting.reports.exports.conformance import conformance_tables
from tests.paths import REPOSITORY


def test_the_statement_is_the_one_that_the_code_prints() -> None:
    text = (REPOSITORY / "docs" / "connected.md").read_text()
    assert conformance_tables() in text, "put the output of manage.py conformance into docs/connected.md"
