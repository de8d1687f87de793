"""A department's own Chinese words of the canal grades, read back as the claims they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reporting.reports.house_rules import HouseRules
from reporting.reports.prose.lexicon import At, Concept

# Where words that do not say what is narrow can only mean the canal: a little after its name, right behind a level,
# at the beginning of a clause.
_OF_THE_CANAL = (
    *(rf"(?<=椎管[^，。；]{{{between}}})" for between in range(5)),
    r"(?<=[0-9])",
    r"(?<=水平)",
    r"(?<=节段)",
    r"\A\s*",
)
_PART_END = re.compile(r"[，,；;。]")


def own_concepts(rules: HouseRules) -> tuple[Concept, ...]:
    """Concepts for the words that are not the template's; none where the department says what ships.

    The first part of the words names the canal; of grade 3 the part that speaks of the signal says that it is changed.
    """
    canal = [pattern for grade in sorted(rules.canal_zh) for pattern in _canal(rules, grade)]
    signal = [re.escape(part) for part in _parts(rules, "3") if "信号" in part]
    found = (("canal", canal), ("signal", signal))
    return tuple(
        Concept(key, At.DISC, re.compile("|".join(patterns)), is_agreed=True) for key, patterns in found if patterns
    )


def _parts(rules: HouseRules, grade: str) -> list[str]:
    return [part.strip() for part in _PART_END.split(rules.canal_zh.get(grade, "")) if part.strip()]


def _canal(rules: HouseRules, grade: str) -> Iterator[str]:
    first = next(iter(_parts(rules, grade)), "")
    if not first:
        return
    if rules.names_the_canal(grade):
        yield re.escape(first)
    else:
        yield from (f"{before}{re.escape(first)}" for before in _OF_THE_CANAL)
