"""Slip and osteophytes in words."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.places import Place
from reporting.reports.rendering.levels import listed, neighbour_groups
from reporting.reports.rendering.plain_fields import normal_sentences
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.vocabulary import Vertebra

_SLIPS = {
    "anterior": ("anterolisthesis", "前滑脱"),
    "posterior": ("retrolisthesis", "后滑脱"),
    "lateral_left": ("lateral slip to the left", "向左侧方滑脱"),
    "lateral_right": ("lateral slip to the right", "向右侧方滑脱"),
    "": ("slip", "滑脱"),
}
_SITES = {
    "anterior": ("anterior", "前缘"),
    "posterior": ("posterior", "后缘"),
    "uncovertebral_left": ("left uncovertebral", "左侧钩椎关节"),
    "uncovertebral_right": ("right uncovertebral", "右侧钩椎关节"),
}
_SIZES = {"small": ("small ", "轻度"), "marked": ("marked ", "明显"), "": ("", "")}


def slipped(sheet: Sheet) -> list[str]:
    """Vertebrae with a slip a person stands behind."""
    return [p.level for p in sheet.places(sheet.template["slip"]) if sheet.human(p) == "present"]


def slip_places(sheet: Sheet, level: str) -> list[Place]:
    keys = ("slip", "slip_direction", "slip_grade", "slip_mm")
    return [p for key in keys if sheet.human(p := Place(key, level)) is not None]


def slip_phrase(sheet: Sheet, level: str, voice: Voice, *, on_vertebra: bool) -> str:
    """ "grade I retrolisthesis of C4 on C5", without full stop."""
    en, zh = _SLIPS[sheet.code("slip_direction", level)]
    grade = sheet.code("slip_grade", level)
    below = Vertebra(level).below
    on = f" on {below.value}" if on_vertebra and below is not None else ""
    return voice.say(
        f"{f'grade {grade} ' if grade else ''}{en} of {level}{on}", f"{level}椎体{f'{grade}度' if grade else ''}{zh}"
    )


def slip_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    for level in slipped(sheet):
        phrase = slip_phrase(sheet, level, voice, on_vertebra=True)
        mm = voice.mm(sheet.number("slip_mm", level))
        yield voice.sentence(f"{phrase}{mm}.", f"{phrase}{mm}。", slip_places(sheet, level))
    yield from normal_sentences(sheet, [sheet.template["slip"]], voice)


def with_osteophytes(sheet: Sheet) -> list[str]:
    return [p.level for p in sheet.places(sheet.template["osteophyte"]) if sheet.human(p) == "present"]


def osteophyte_places(sheet: Sheet, levels: list[str]) -> list[Place]:
    keys = ("osteophyte", "osteophyte_site", "osteophyte_size")
    return [p for level in levels for key in keys if sheet.human(p := Place(key, level)) is not None]


def osteophyte_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    keys: dict[str, object] = {
        level: (tuple(sheet.codes("osteophyte_site", level)), sheet.code("osteophyte_size", level))
        for level in with_osteophytes(sheet)
    }
    for group in neighbour_groups(keys):
        sites = [voice.say(*_SITES[s]) for s in sheet.codes("osteophyte_site", group[0])]
        size = voice.say(*_SIZES[sheet.code("osteophyte_size", group[0])])
        where, site = listed(group, voice), voice.all_of(sites)
        yield voice.sentence(
            f"{size}{f'{site} ' if site else ''}osteophytes at {where}.",
            f"{where}椎体{site}{size}骨质增生。",
            osteophyte_places(sheet, group),
        )
    yield from normal_sentences(sheet, [sheet.template["osteophyte"]], voice)
