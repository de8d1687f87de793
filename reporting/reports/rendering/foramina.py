"""Foramina and the roots that leave through them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporting.reports.places import Place
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.vocabulary import DiscLevel, Side

_DEGREES = {"1": ("mildly to moderately", "轻中度"), "2": ("severely", "重度")}
_DEGREES_OF = {"1": ("mild to moderate", "轻中度"), "2": ("severe", "重度")}
_CAUSES = {
    "disc": (" by the disc", "（椎间盘所致）"),
    "uncovertebral": (" by uncovertebral change", "（钩椎关节增生所致）"),
    "facet": (" by facet change", "（小关节增生所致）"),
    "mixed": (" by mixed causes", "（混合因素所致）"),
}
_ROOTS = {
    "contacted": ("contact", "contacted", "受接触"),
    "displaced": ("displacement", "displaced", "受推移"),
    "compressed": ("compression", "compressed", "受压"),
}


@dataclass(frozen=True)
class Exit:
    """One foramen and its root as a person described them; ``side`` may be ``both`` when the two are alike."""

    level: str
    side: str
    grade: str
    cause: str
    root: str
    places: tuple[Place, ...]


def exits(sheet: Sheet, level: str) -> list[Exit]:
    """Narrowed foramina and touched roots of a level; both sides in one when they are alike."""
    found: list[Exit] = []
    for side in (Side.LEFT.value, Side.RIGHT.value):
        grade = sheet.code("foramen", level, side)
        narrowed = grade in _DEGREES
        cause = sheet.code("foramen_cause", level, side) if narrowed else ""
        root = sheet.code("nerve_root", level, side)
        root = root if root in _ROOTS else ""
        if narrowed or root:
            keys = [k for k, v in (("foramen", narrowed), ("foramen_cause", cause), ("nerve_root", root)) if v]
            places = tuple(Place(k, level, side) for k in keys)
            found.append(Exit(level, side, grade if narrowed else "", cause, root, places))
    if _alike(found):
        first, second = found
        return [Exit(level, "both", first.grade, first.cause, first.root, first.places + second.places)]
    return found


def _alike(found: list[Exit]) -> bool:
    return len(found) == 2 and (found[0].grade, found[0].cause, found[0].root) == (
        found[1].grade,
        found[1].cause,
        found[1].root,
    )


def _root_name(exit_: Exit, voice: Voice) -> str:
    root = DiscLevel(exit_.level).nerve_root
    if exit_.side == "both":
        return voice.say(f"both {root} roots", f"双侧{root}神经根")
    return voice.say(f"{exit_.side} {root} root", f"{voice.side(exit_.side)}{root}神经根")


def foramen_sentences(sheet: Sheet, level: str, voice: Voice) -> Iterator[Sentence]:
    for each in exits(sheet, level):
        name = _root_name(each, voice)
        noun, participle, zh_root = _ROOTS.get(each.root, ("", "", ""))
        if not each.grade:
            yield voice.sentence(f"{name} {participle} at {level}.", f"{level}水平{name}{zh_root}。", each.places)
            continue
        degree_en, degree_zh = _DEGREES[each.grade]
        cause_en, cause_zh = _CAUSES.get(each.cause, ("", ""))
        subject = f"both {level} foramina" if each.side == "both" else f"{each.side} {level} foramen"
        the_root = name if each.side == "both" else f"the {name}"
        root_en = f" with {noun} of {the_root}" if each.root else ""
        root_zh = f"，{name}{zh_root}" if each.root else ""
        yield voice.sentence(
            f"{subject} {degree_en} narrowed{cause_en}{root_en}.",
            f"{voice.side(each.side)}{level}椎间孔{degree_zh}狭窄{cause_zh}{root_zh}。",
            each.places,
        )


def impression_text(each: Exit, voice: Voice) -> str:
    """One line of the impression about this foramen or root."""
    name = _root_name(each, voice)
    _, participle, zh_root = _ROOTS.get(each.root, ("", "", ""))
    if not each.grade:
        return voice.say(f"{name} {participle} at {each.level}.", f"{each.level}水平{name}{zh_root}。")
    degree_en, degree_zh = _DEGREES_OF[each.grade]
    root_en = f", {name} {participle}" if each.root else ""
    root_zh = f"，{name}{zh_root}" if each.root else ""
    return voice.say(
        f"{degree_en} {voice.side(each.side)} {each.level} foraminal narrowing{root_en}.",
        f"{voice.side(each.side)}{each.level}椎间孔{degree_zh}狭窄{root_zh}。",
    )
