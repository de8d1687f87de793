"""Level words in running text: single levels, lists and ranges, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.vocabulary import DiscLevel, Vertebra

_ORDERS = ([v.value for v in Vertebra], [d.value for d in DiscLevel])

# "T1" is also a kind of image: alone it is a level only after a word of place or before 椎体.
_T1 = r"T1(?![0-9A-Za-z]|\s*(?:low|high|marrow|signal|image|and T2|低|高|信号))"
_DISC = r"C[2-6]\s*[/／]\s*C?[3-7](?![0-9])|C7\s*[/／]\s*T1(?![0-9A-Za-z])"
_ONE = rf"(?:{_DISC}|C[1-7](?![0-9/／]))"
_NEXT = rf"(?:{_DISC}|C[1-7](?![0-9/／])|{_T1})"
_SIDE = (
    r"(?:\s*[（(](?:left|right|both(?: sides)?|bilateral|左侧?|右侧?|双侧|两侧)[)）]"
    r"|[左右双两]侧(?=[、，,：:及和]|黄韧带|椎间孔))?"
)
_TO = r"\s*(?:-|–|—|~|～|至|\bto\b)\s*"
_AND = r"\s*(?:,|、|，|\band\b|和|及|与)\s*(?:\band\b\s*)?"
_FIRST = rf"(?:{_ONE}|(?<=\bof )T1\b|(?<=\bin )T1\b|(?<=\bat )T1\b|T1(?=椎体))"
_LIST = re.compile(rf"{_FIRST}{_SIDE}(?:(?:{_TO}|{_AND}){_NEXT}{_SIDE})*", re.IGNORECASE)
_ITEM = re.compile(
    rf"(?P<joint>{_TO}|{_AND})?(?P<level>{_NEXT})(?P<tail>\s*[（(][^)）]*[)）]|[左右双两]侧)?", re.IGNORECASE
)
# A root is called by a level's name and is none; what lies below a slip is not what slipped.
_NO_LEVEL = re.compile(r"C[2-8](?=\s*(?:nerve )?roots?\b|神经根)|(?<=C[2-7])\s+on\s+(?:C[3-7]|T1)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """One place in a text where levels are named; ``sides`` gives the sides written right behind a level."""

    start: int
    end: int
    levels: tuple[str, ...]
    sides: tuple[tuple[str, tuple[str, ...]], ...] = ()


def without_look_alikes(text: str) -> str:
    """The text with roots' names and "on C5" blanked, so that positions stay."""
    return _NO_LEVEL.sub(lambda match: " " * len(match[0]), text)


def _canonical(level: str) -> str:
    upper, _slash, lower = re.sub(r"\s", "", level.upper()).replace("／", "/").partition("/")
    return f"{upper}/{lower.removeprefix('C')}" if lower else upper


def _range(start: str, end: str) -> tuple[str, ...]:
    for order in _ORDERS:
        if start in order and end in order:
            return tuple(order[order.index(start) : order.index(end) + 1])
    return (start, end)


def named_levels(text: str) -> Iterator[Named]:
    """Every list of levels in ``text``, ranges written out.

    A side in brackets belongs to its own level or range. One without ("C4/5、C5/6左侧") also belongs to the levels
    before it that have none, as it is read in Chinese.
    """
    for match in _LIST.finditer(text):
        levels: list[str] = []
        sides: dict[str, tuple[str, ...]] = {}
        waiting: list[str] = []  # levels named since the last side
        for item in _ITEM.finditer(match[0]):
            level = _canonical(item["level"])
            if levels and item["joint"] and re.fullmatch(_TO, item["joint"], re.IGNORECASE):
                own = list(_range(levels[-1], level))
            else:
                own = [level]
            levels.extend(own)
            waiting.extend(own)
            side = _sides_of(item["tail"] or "")
            if side:
                sides |= dict.fromkeys(own if _in_brackets(item["tail"]) else waiting, side)
                waiting.clear()
        known = tuple(level for level in dict.fromkeys(levels) if any(level in order for order in _ORDERS))
        if known:
            yield Named(match.start(), match.end(), known, tuple(sides.items()))


def _in_brackets(tail: str) -> bool:
    return tail.strip().startswith(("(", "（"))


def _sides_of(tail: str) -> tuple[str, ...]:
    if re.search("both|bilateral|双|两", tail, re.IGNORECASE):
        return ("left", "right")
    found = re.search("left|右|right|左", tail, re.IGNORECASE)
    return () if found is None else ("left",) if found[0].lower() in ("left", "左") else ("right",)
