"""Reads a paragraph back into claims: which finding, at which level, on which side, present or denied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.reports.prose.levels import Named, named_levels, without_look_alikes
from reporting.reports.prose.lexicon import (
    CONCEPTS,
    DENIAL,
    NO_DENIAL,
    NOT_ASSESSED,
    REMAINDER,
    RESET,
    SIDES,
    At,
    Concept,
)
from reporting.vocabulary import DiscLevel

_SENTENCE_END = re.compile(
    r"(?<=[^0-9\s])\.(?=\s|$)|(?<=\))\.(?=\s|$)|(?<=[0-9])\.(?=\s+[A-Z\u4e00-\u9fff]|$)|[。！!?？\n]"
)
_BEHIND = re.compile(
    r"(?:to|on) (?:the|its) (?:left|right)|on both sides|偏[左右]|向[左右]|[(（](?:left|right|左|右)", re.IGNORECASE
)
# In English a level may follow its finding ("of C4", "at C5/6"); in Chinese it stands before it.
_PLACE_WORD = re.compile(r"\b(?:at|of|in|on|from|below|above|behind)\s+(?:the\s+)?\Z", re.IGNORECASE)
_ROOT_NAME = re.compile(r"(C[2-8])(?=\s*(?:nerve )?roots?\b|神经根)", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;；,，]|\bbut\b|但|[:：](?=\s*$)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Claim:
    """One thing a text says. Empty level: of the whole spine, or of no level in particular; empty side: of neither."""

    concept: str
    level: str
    side: str
    present: bool


_At = tuple[str, tuple[str, ...]]  # level, and the sides written behind it


@dataclass(frozen=True)
class _Clause:
    start: int
    end: int


def claims_in(text: str, own: tuple[Concept, ...] = ()) -> frozenset[Claim]:
    """Every claim of ``text``, whatever its language. What is said not to be assessed claims nothing.

    ``own``: the department's own words (``own_words.own_concepts``).
    """
    concepts = (*own, *CONCEPTS)
    return frozenset(claim for sentence in _sentences(text) for claim in _claims_of(sentence, concepts))


def levels_in(text: str) -> frozenset[str]:
    """Every level a text names, except where it says that it was not assessed."""
    return frozenset(
        level
        for sentence in _sentences(text)
        if not NOT_ASSESSED.search(sentence)
        for named in named_levels(without_look_alikes(sentence))
        for level in named.levels
    )


def _sentences(text: str) -> Iterator[str]:
    yield from (part for part in _SENTENCE_END.split(text) if part.strip())


def _claims_of(sentence: str, concepts: tuple[Concept, ...]) -> Iterator[Claim]:
    if NOT_ASSESSED.search(sentence):
        return
    plain = without_look_alikes(sentence)
    named = list(named_levels(plain))
    before: list[Named] = []
    for clause in _clauses(plain, named):
        own = [n for n in named if clause.start <= n.start < clause.end]
        roots = list(_levels_of_roots(sentence[clause.start : clause.end]))
        yield from _claims_of_clause(plain, clause, concepts, own, before, roots)
        before = [*own, *before]


def _clauses(text: str, named: list[Named]) -> Iterator[_Clause]:
    """Parts between commas and semicolons; the commas of a list of levels do not part it."""
    start = 0
    for match in _CLAUSE_END.finditer(text):
        if any(n.start < match.start() < n.end for n in named):
            continue
        yield _Clause(start, match.start())
        start = match.end()
    yield _Clause(start, len(text))


def _levels_of_roots(part: str) -> Iterator[str]:
    """The discs at which the roots named in ``part`` leave the canal."""
    for name in _ROOT_NAME.findall(part):
        yield from (disc.value for disc in DiscLevel if disc.nerve_root == name.upper())


def _claims_of_clause(
    text: str,
    clause: _Clause,
    concepts: tuple[Concept, ...],
    own: list[Named],
    told: list[Named],
    roots: list[str],
) -> Iterator[Claim]:
    part = _without_sides_of_levels(text, own)[clause.start : clause.end]
    found = _named_in(part, concepts)
    for match, concept in found:
        present = _is_present(part, match, concept)
        if present is None or (not present and REMAINDER.search(part)):
            continue
        before = max((m.end() for m, c in found if m.end() <= match.start() and c.key != concept.key), default=0)
        after = min((m.start() for m, c in found if m.start() >= match.end()), default=len(part))
        sides = _sides(text[clause.end :], part, before, match, after, concept) if concept.sided else ()
        where = _levels_for(text, concept, match.start() + clause.start, after + clause.start, own, told)
        if concept.key == "root" and roots:
            where = [(level, ()) for level in roots]
        for level, own_sides in where:
            meant = sides or (own_sides if concept.sided else ())
            if not present and len(meant) > 1:
                meant = ()  # "both foramina are patent" and "the foramina are patent" say the same
            for side in meant or ("",):
                yield Claim(concept.key, level, side, present)


def _named_in(part: str, concepts: tuple[Concept, ...]) -> list[tuple[re.Match[str], Concept]]:
    """Every name in ``part``, in order; what lies within words that the department agreed on is not read by itself."""
    found = [(match, concept) for concept in concepts for match in concept.names.finditer(part)]
    agreed = [match for match, concept in found if concept.is_agreed]
    return sorted(
        (
            (match, concept)
            for match, concept in found
            if concept.is_agreed or not any(a.start() <= match.start() and match.end() <= a.end() for a in agreed)
        ),
        key=lambda pair: (pair[0].start(), pair[0].end()),
    )


def _without_sides_of_levels(text: str, own: list[Named]) -> str:
    """The side written behind a level belongs to that level alone: blanked, so that it is not taken for a finding's."""
    for named in own:
        if named.sides:
            text = text[: named.start] + " " * (named.end - named.start) + text[named.end :]
    return text


def _levels_for(text: str, concept: Concept, at: int, next_word: int, own: list[Named], told: list[Named]) -> list[_At]:
    """Where a finding is: levels before its word, right behind it, of the clauses ``told`` before, further behind.

    A disc's finding is not placed at a vertebra that the clause names for something else.
    """
    if concept.at is At.STUDY:
        return [("", ())]
    earlier = [n for n in reversed(own) if n.start <= at]
    behind = [n for n in own if at < n.start < next_word and _PLACE_WORD.search(text, at, n.start)]
    further = [n for n in own if n.start >= next_word]
    candidates = [*earlier, *behind, *told, *further]
    fitting = [n for n in candidates if concept.at is not At.DISC or "/" in n.levels[0]]
    named = fitting[0] if fitting else own[0] if own else None
    if named is None:
        return [("", ())]
    sides = dict(named.sides)
    return [(level, sides.get(level, ())) for level in named.levels]


def _is_present(part: str, match: re.Match[str], concept: Concept) -> bool | None:
    """True for a finding, False for a denial, ``None`` when the clause only mentions the word."""
    start, end = match.span()
    if concept.abnormal is not None:
        abnormal = list(concept.abnormal.finditer(part))
        if not abnormal:
            return False if concept.normal is not None and concept.normal.search(part) else None
        nearest = min(abnormal, key=lambda a: max(a.start() - end, start - a.end(), 0))
        start, end = min(start, nearest.start()), max(end, nearest.end())
    elif concept.normal is not None and concept.normal.search(part):
        return False
    if NO_DENIAL.search(part):
        return True
    denials = [m for m in DENIAL.finditer(part) if m.start() < (start if concept.is_agreed else end)]
    if not denials:
        return True
    return RESET.search(part, denials[-1].end(), max(start, denials[-1].end())) is not None


def _sides(rest: str, part: str, before: int, match: re.Match[str], after: int, concept: Concept) -> tuple[str, ...]:
    """The side nearest before the word and after the finding before it, else one that follows ("to the left")."""
    earlier = _found_sides(part[before : match.start()])
    if earlier:
        return earlier[-1]
    behind = part[match.end() : after] + (rest if concept.at is At.STUDY else "")
    following = _BEHIND.search(behind)
    return (_found_sides(following[0]) or [()])[0] if following else ()


def _found_sides(text: str) -> list[tuple[str, ...]]:
    """Side words in order; "left and right" counts once."""
    found: list[tuple[int, tuple[str, ...]]] = []
    covered: list[tuple[int, int]] = []
    for pattern, sides in SIDES:
        for match in pattern.finditer(text):
            if not any(start <= match.start() < end for start, end in covered):
                covered.append(match.span())
                found.append((match.start(), sides))
    return [sides for _at, sides in sorted(found)]
