"""Every text reads on every ground of its theme, and every control can be seen: WCAG 2.2 AA, 1.4.3 and 1.4.11."""

from __future__ import annotations

import re

import pytest

from reporting.reports.images.slice_picture import CONTOUR_COLOURS
from tests.looks.stylesheets import Rule, all_rules, colour, contrast, over, themes

TEXT, EDGE = 4.5, 3.0
WHITE = (1.0, 1.0, 1.0)
THEMES = themes()
CONTROL = re.compile(r"(^|[\s>~+])(button|input|select|textarea|\.button|\.choice|\.strip-item)[\w.\[\]=\"():-]*$")
# What a mark's shape is made of: nothing is written on it.
SHAPES = re.compile(r"::before|\.mark-|\.bar-|\.legend-")


def texts() -> set[str]:
    """Variables that words are written in, on pages."""
    return {name for rule in all_rules() for name in rule.tokens("color") if not is_of_picture(name)}


def grounds() -> set[str]:
    """Variables that words may stand on, on pages."""
    used = {name for rule in all_rules() if not SHAPES.search(rule.selector) for name in grounds_of(rule)}
    return {name for name in used if not is_of_picture(name)} - {"accent"}


def grounds_of(rule: Rule) -> list[str]:
    return rule.tokens("background", "background-color")


def is_of_picture(name: str) -> bool:
    return name.startswith(("picture", "of-pane", "structure"))


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_reads_on_every_ground(theme: str) -> None:
    """All with all: what is nested in what need not be known, and a pair nobody thought of is covered."""
    tokens = THEMES[theme]
    assert {"ink", "muted", "danger", "level"} <= texts()
    assert {"ground", "surface", "raised", "warn-ground"} <= grounds()
    pairs = [(text, ground) for text in texts() - {"accent-ink"} for ground in grounds()]
    pairs.append(("accent-ink", "accent"))
    pale = {
        f"{text} on {ground}": round(contrast(colour(tokens[text]), colour(tokens[ground])), 2)
        for text, ground in pairs
        if contrast(colour(tokens[text]), colour(tokens[ground])) < TEXT
    }
    assert pale == {}


def test_the_accent_is_a_ground_only_of_its_own_ink() -> None:
    wrong = [
        str(rule)
        for rule in all_rules()
        if not SHAPES.search(rule.selector)
        and ("accent" in grounds_of(rule)) != ("accent-ink" in rule.tokens("color"))
        and not rule.selector.endswith(":hover")
    ]
    assert wrong == []


def test_what_lies_on_a_picture_reads_on_its_veil_even_over_white() -> None:
    tokens = THEMES["dark"]
    veil = over(tokens["picture-veil"], WHITE)
    inks = [name for name in tokens if name.startswith("picture-") and name != "picture-veil"]
    assert len(inks) >= 8
    pale = {name: round(contrast(colour(tokens[name]), veil), 2) for name in inks}
    assert {name: ratio for name, ratio in pale.items() if ratio < TEXT} == {}
    # Notes of the dark page stand on the black of the images' column.
    black = colour(tokens["picture"])
    assert [name for name in texts() - {"accent-ink"} if contrast(colour(tokens[name]), black) < TEXT] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_are_seen_on_every_ground(theme: str) -> None:
    tokens = THEMES[theme]
    edges = {name for rule in all_rules() if is_control(rule) for name in rule.tokens("border", "border-color")}
    edges |= {name for rule in all_rules() for name in rule.tokens("outline", "outline-color")}
    assert {"line-strong", "focus", "danger"} <= edges
    faint = {
        f"{edge} on {ground}": round(contrast(colour(tokens[edge]), colour(tokens[ground])), 2)
        for edge in edges
        for ground in grounds()
        if contrast(colour(tokens[edge]), colour(tokens[ground])) < EDGE
    }
    assert faint == {}


def is_control(rule: Rule) -> bool:
    return any(CONTROL.search(each.strip()) for each in rule.selector.split(","))


def test_text_is_not_made_paler_by_opacity() -> None:
    """A disabled control may be (WCAG 1.4.3 exempts it), and a name over a picture, which has an outline."""
    faded = [str(rule) for rule in all_rules() if "opacity" in rule.declared and not rule.within]
    assert [each for each in faded if "disabled" not in each and ".over-" not in each] == []


@pytest.mark.parametrize("structure", CONTOUR_COLOURS)
def test_the_legend_has_the_colours_of_the_contours(structure: str) -> None:
    drawn = tuple(part / 255 for part in CONTOUR_COLOURS[structure])  # type: ignore[index]
    assert colour(THEMES["dark"][f"structure-{structure}"]) == drawn
