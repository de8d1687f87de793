"""Every string that a page, form or refusal can say exists in Simplified Chinese."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.paths import REPOSITORY

CATALOGUE = REPOSITORY / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")


def messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale="zh_Hans") if message.id]


def forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


def name(message: Message) -> tuple[str | None, str]:
    return message.context, forms(message.id)[0]


def test_no_translation_is_missing_or_uncertain() -> None:
    catalogue = messages(CATALOGUE)
    assert len(catalogue) > 300
    untranslated = [message.id for message in catalogue if not all(forms(message.string)) or not message.string]
    assert untranslated == []
    assert [message.id for message in catalogue if message.fuzzy] == []


def test_translations_keep_every_placeholder() -> None:
    wrong = []
    for message in messages(CATALOGUE):
        expected = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        wrong += [message.id for text in forms(message.string) if set(PLACEHOLDER.findall(text)) != expected]
    assert wrong == []


def test_translations_are_chinese() -> None:
    """Apart from names and units nothing was left in English."""
    chinese = re.compile(r"[\u4e00-\u9fff]")
    kept = {"TR, ms", "TE, ms"}
    left = [m.id for m in messages(CATALOGUE) if m.id not in kept and not chinese.search(forms(m.string)[0])]
    assert left == []


def test_the_catalogue_holds_every_string_of_the_program(tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        pytest.skip("gettext is not installed: the catalogue was not compared with the program")
    tree = tmp_path / "tree"
    for part in ("config", "reporting", "inference", "templates"):
        shutil.copytree(REPOSITORY / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (tree / "locale" / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-obsolete", "--no-location"]
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True)
    fresh = {name(message) for message in messages(tree / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")}
    assert fresh - {name(message) for message in messages(CATALOGUE)} == set()
