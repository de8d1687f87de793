"""The list of fault cases names tests that exist."""

from __future__ import annotations

import re

from tests.paths import REPOSITORY

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_list_names_exists() -> None:
    named = set(NAMED.findall((REPOSITORY / "docs" / "fault_cases.md").read_text()))
    assert len(named) > 50
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (REPOSITORY / path).exists() or f"def {name}(" not in (REPOSITORY / path).read_text()
    ]
    assert missing == []
