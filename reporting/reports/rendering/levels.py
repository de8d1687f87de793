"""Lists of levels in words: "C2/3, C3/4 and C6/7", "C3/4 to C5/6", "C5-C7". Ranges are only made of neighbours."""

from __future__ import annotations

from collections.abc import Collection, Iterable

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
    """Levels in words; once the side of one is told, that of each is: "C2/3 (both sides) and C5/6 (left)".

    With the sides of only some told, "C2/3、C5/6左侧" would read as the left side of both.
    """
    if not spec.sided or all(len(sides) == 2 for sides in by_level.values()):
        return listed(by_level, voice)
    alike: list[tuple[str, list[str]]] = []
    for level in sorted(by_level, key=_ORDER.__getitem__):
        side = "both" if len(by_level[level]) == 2 else next(iter(by_level[level]))
        if alike and alike[-1][0] == side:
            alike[-1][1].append(level)
        else:
            alike.append((side, [level]))
    return _joined([_at_side(item, side, voice) for side, levels in alike for item in _items(levels, voice)], voice)


def _at_side(item: str, side: str, voice: Voice) -> str:
    return voice.say(f"{item} ({'both sides' if side == 'both' else side})", f"{item}{voice.side(side)}")


def closed(levels: Collection[str], rest_zh: str, voice: Voice) -> str:
    """The levels before ``rest_zh``: where that begins with a side, 水平 keeps the side from the last level alone."""
    where = listed(levels, voice)
    return f"{where}水平" if len(levels) > 1 and rest_zh.startswith(("左", "右", "双")) else where


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
