"""What the documents say exists, and what exists is in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.architecture.compose_file import variables_read
from tests.paths import REPOSITORY

DOCUMENTS = [path for path in [REPOSITORY / "README.md", *REPOSITORY.glob("docs/*.md")] if path.exists()]
_TOP = "|".join(["config", "reporting", "inference", "templates", "static", "fixtures", "tests", "docs", "docker"])
_MADE_AT_SETUP = {"node_modules", "var"}


def _paths(text: str) -> set[str]:
    """Project paths in back quotes: ``reporting/core/rest.py``, ``docs/operations.md``, ``fixtures/weights/``."""
    quoted = re.findall(r"`([^`\s]+)`", text)
    return {part for part in quoted if re.fullmatch(rf"(?:{_TOP})/[\w./-]*", part)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_a_document_exists(document: Path) -> None:
    missing = {path for path in _paths(document.read_text(encoding="utf-8")) if not (REPOSITORY / path).exists()}
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_in_a_document_exists(document: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", document.read_text(encoding="utf-8"))
    missing = [f"{path}::{test}" for path, test in named if f"def {test}(" not in (REPOSITORY / path).read_text()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    commands = set(re.findall(r"manage\.py ([a-z_]+)", document.read_text(encoding="utf-8")))
    assert commands <= set(get_commands())


def test_the_variables_table_is_complete_and_holds_nothing_else() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (REPOSITORY / "docs" / "operations.md").read_text(), re.MULTILINE))
    assert table == variables_read()
