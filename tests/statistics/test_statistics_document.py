"""docs/statistics.md names every statistic, and nothing else; its modules exist."""

from __future__ import annotations

import re

from reporting.statistics.catalogue import CATALOGUE
from tests.paths import REPOSITORY


def test_the_table_holds_the_catalogue() -> None:
    text = (REPOSITORY / "docs" / "statistics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| `([\w/]+\.py)` \|$", text, flags=re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(CATALOGUE)
    for _, module in rows:
        assert (REPOSITORY / "reporting" / "statistics" / module).is_file()
