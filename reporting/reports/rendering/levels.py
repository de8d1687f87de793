"""Lists of levels in words: "C2/3, C3/4 and C6/7", "C3/4 to C5/6", "C5-C7". Ranges are only made of neighbours."""

from __future__ import annotations

from collections.abc import Iterable

from reporting.reports.rendering.sentences import Voice
from reporting.reports.template.spec import Field
from reporting.vocabulary import DiscLevel, Vertebra

_ORDER = {**{v.value: n for n, v in enumerate(Vertebra)}, **{d.value: n for n, d in enumerate(DiscLevel)}}


def runs(levels: Iterable[str]) -> list[list[str]]:
    """Neighbouring levels together, from the skull down."""
    result: list[list[str]] = []
    for level in sorted(levels, key=_ORDER.__getitem__):
        if result and _ORDER[level] == _ORDER[result[-1][-1]] + 1:
            result[-1].append(level)
        else:
            result.append([level])
    return result


def _items(levels: Iterable[str], voice: Voice) -> list[str]:
    items: list[str] = []
    for run in runs(levels):
        if len(run) < 3:
            items.extend(run)
        elif "/" in run[0]:
            items.append(voice.say(f"{run[0]} to {run[-1]}", f"{run[0]}至{run[-1]}"))
        else:
            items.append(f"{run[0]}-{run[-1]}")
    return items


def _joined(items: list[str], voice: Voice) -> str:
    return voice.say(voice.all_of(items), "、".join(items))


def listed(levels: Iterable[str], voice: Voice) -> str:
    """The levels in words; three or more neighbours become a range."""
    return _joined(_items(levels, voice), voice)


def listed_with_sides(by_level: dict[str, set[str]], spec: Field, voice: Voice) -> str:
    """Levels in words, with the side where only one of two is meant."""
    if not spec.sided:
        return listed(by_level, voice)
    items: list[str] = []
    whole: list[str] = []
    for level in sorted(by_level, key=_ORDER.__getitem__):
        if len(by_level[level]) == 2:
            whole.append(level)
            continue
        items.extend(_items(whole, voice))
        whole = []
        (side,) = by_level[level]
        items.append(voice.say(f"{level} ({side})", f"{level}{voice.side(side)}"))
    items.extend(_items(whole, voice))
    return _joined(items, voice)


def neighbour_groups(keys: dict[str, object]) -> list[list[str]]:
    """Neighbouring levels whose key is equal, from the skull down."""
    groups: list[list[str]] = []
    for run in runs(keys):
        for level in run:
            joins = groups and groups[-1][-1] in run and keys[groups[-1][-1]] == keys[level]
            if joins:
                groups[-1].append(level)
            else:
                groups.append([level])
    return groups
