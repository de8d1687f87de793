"""The stylesheets as rules, and colours as WCAG 2.2 counts them. Knows as much CSS as ours has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.paths import REPOSITORY

FOLDER = REPOSITORY / "static" / "css"
TOKENS = FOLDER / "tokens.css"
SHEETS = sorted(FOLDER.glob("*.css"))
USED = re.compile(r"var\(--([\w-]+)")
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Rule:
    """One selector list with its declarations; ``within`` are the at-rules around it."""

    sheet: str
    within: tuple[str, ...]
    selector: str
    declared: dict[str, str]

    def __str__(self) -> str:
        return f"{self.sheet}: {self.selector}"

    def tokens(self, *properties: str) -> list[str]:
        """The variables that these properties use."""
        return [name for each in properties for name in USED.findall(self.declared.get(each, ""))]


def rules_of(sheet: str, text: str, within: tuple[str, ...] = ()) -> Iterator[Rule]:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    at = 0
    while (opened := text.find("{", at)) >= 0:
        head, depth, end = text[at:opened].strip(), 1, opened + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        body = text[opened + 1 : end - 1]
        if "{" in body:
            yield from rules_of(sheet, body, (*within, head))
        else:
            pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
            declared = {name.strip(): " ".join(value.split()) for name, value in pairs}
            yield Rule(sheet, within, " ".join(head.split()), declared)
        at = end


def all_rules() -> list[Rule]:
    return [rule for path in SHEETS for rule in rules_of(path.name, path.read_text())]


def themes() -> dict[str, dict[str, str]]:
    """The tokens of each theme: what :root says, then the theme's own; paper is what is printed."""
    rules = list(rules_of(TOKENS.name, TOKENS.read_text()))
    found = {name: {} for name in ("light", "dark", "paper")}  # type: dict[str, dict[str, str]]
    for rule in rules:
        tokens = {name[2:]: value for name, value in rule.declared.items() if name.startswith("--")}
        printed = "@media print" in rule.within
        for theme, known in found.items():
            applies = (
                (not rule.within and rule.selector == ":root")
                or (not rule.within and rule.selector == f".theme-{theme}")
                or (not rule.within and rule.selector == ".theme-light" and theme == "paper")
                or (printed and theme == "paper")
            )
            if applies:
                known.update(tokens)
    return found


def colour(value: str) -> Colour:
    """An opaque sRGB colour, 0 … 1 each."""
    if match := re.fullmatch(r"#([0-9a-f]{6})", value):
        return tuple(int(match[1][n : n + 2], 16) / 255 for n in (0, 2, 4))  # type: ignore[return-value]
    raise ValueError(f"not an opaque colour: {value}")


def over(top: str, below: Colour) -> Colour:
    """``rgb(r g b / a%)`` laid over an opaque colour."""
    match = re.fullmatch(r"rgb\((\d+) (\d+) (\d+) / (\d+)%\)", top)
    if match is None:
        return colour(top)
    share = int(match[4]) / 100
    laid = [int(match[n]) / 255 * share + under * (1 - share) for n, under in zip((1, 2, 3), below, strict=True)]
    return laid[0], laid[1], laid[2]


def luminance(of: Colour) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in of]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
