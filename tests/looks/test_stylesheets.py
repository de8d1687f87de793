"""One design system: colours live in tokens.css, and what a stylesheet names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.looks.stylesheets import SHEETS, TOKENS, USED, all_rules
from tests.paths import REPOSITORY

RAW = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(")
# The words CSS knows, as far as anybody would type them; currentcolor and transparent are no colours of their own.
NAMED = re.compile(r"(?<![\w-])(?:black|white|gr[ae]y|silver|red|green|blue|yellow|orange|purple|teal|navy)(?![\w-])")
PAGES = sorted((REPOSITORY / "templates").rglob("*.html"))
SCRIPTS = [*sorted((REPOSITORY / "static" / "js").glob("*js")), *sorted((REPOSITORY / "viewer").glob("*.mjs"))]


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("path", [path for path in SHEETS if path != TOKENS], ids=name)
def test_no_stylesheet_but_the_tokens_holds_a_colour(path: Path) -> None:
    raw = [
        f"{rule.selector} {{ {each}: {value} }}"
        for rule in all_rules()
        if rule.sheet == path.name
        for each, value in rule.declared.items()
        if RAW.search(value) or NAMED.search(value)
    ]
    assert raw == []


@pytest.mark.parametrize("path", [*PAGES, *SCRIPTS], ids=name)
def test_no_page_and_no_script_holds_a_colour(path: Path) -> None:
    """Anchors (#main) and private members (#face) are words, so a colour is looked for where a value would stand."""
    text = path.read_text()
    assert re.findall(r"(?:color|colour|fill|stroke|background)[\"']?\s*[:=,]\s*[\"']?(?:#|rgb)[\w(]*", text) == []


def test_every_variable_that_is_used_is_defined_and_every_defined_one_used() -> None:
    defined = {each[2:] for rule in all_rules() for each in rule.declared if each.startswith("--")}
    used = {token for path in SHEETS for token in USED.findall(path.read_text())}
    assert used - defined == set()
    assert defined - used == set()


def test_a_colour_outside_the_tokens_would_be_seen() -> None:
    for value in ("#fff", "1px solid rgb(0 0 0 / 60%)", "#16201e", "oklch(0.7 0.1 20)"):
        assert RAW.search(value)
    assert NAMED.search("1px solid red")
    assert not NAMED.search("var(--of-red)")
