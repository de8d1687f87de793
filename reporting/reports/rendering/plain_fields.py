"""Fields whose wording is entirely in the template: normal sentence, one text per value, "not assessed" otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reporting.reports.places import Place
from reporting.reports.rendering.levels import closed, listed, listed_with_sides
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.reports.states import FindingState
from reporting.reports.template.spec import Block, Choice, Field, Kind, Scope


def chosen(sheet: Sheet, spec: Field) -> dict[str, list[Place]]:
    """Human choices of a field → places where each holds; places without meaning are left out."""
    result: dict[str, list[Place]] = {}
    for place in sheet.places(spec):
        value = sheet.human(place)
        if value is None or not sheet.applicable(place, human_only=True):
            continue
        for code in value if isinstance(value, list) else [str(value)]:
            result.setdefault(code, []).append(place)
    return result


def _where(spec: Field, places: list[Place], voice: Voice) -> str:
    by_level: dict[str, set[str]] = {}
    for place in places:
        by_level.setdefault(place.level, set()).add(place.side)
    return listed_with_sides(by_level, spec, voice)


def _is_whole(sheet: Sheet, spec: Field, places: list[Place]) -> bool:
    """Whether nothing is left out: all six discs, or the vertebrae that every report speaks of."""
    every = sheet.places(spec, usual=spec.block is not Block.DISC)
    return not spec.clause_en or set(every) <= set(places)


def normal_sentences(sheet: Sheet, specs: Iterable[Field], voice: Voice) -> Iterator[Sentence]:
    """What is normal: the whole sentence where nothing is left out; otherwise named levels, equal lists together."""
    by_where: dict[str, list[tuple[Field, list[Place]]]] = {}
    for spec in specs:
        places = [p for p in sheet.places(spec) if sheet.is_default(p, sheet.human(p))]
        if not places or not spec.normal_en:
            continue
        if _is_whole(sheet, spec, places):
            yield voice.sentence(spec.normal_en, spec.normal_zh, places)
        else:
            by_where.setdefault(_where(spec, places, voice), []).append((spec, places))
    for where, group in by_where.items():
        clauses_en, clauses_zh = [s.clause_en for s, _ in group], [s.clause_zh for s, _ in group]
        places = [p for _, own in group for p in own]
        yield voice.sentence(f"{where}: {'; '.join(clauses_en)}.", f"{where}{'，'.join(clauses_zh)}。", places)


def choice_sentence(
    sheet: Sheet, spec: Field, choice: Choice, voice: Voice, places: list[Place], *, impression: bool
) -> Sentence | None:
    """The text of one choice at ``places``, in the findings or in the impression; ``None`` when it has none."""
    en, zh = (choice.impression_en, choice.impression_zh) if impression else (choice.text_en, choice.text_zh)
    if not en:
        return None
    levels = {p.level for p in places if p.level}
    number = sheet.number(spec.number, instance=places[0].instance) if spec.number and not places[0].level else None
    mm, at = voice.mm(number), closed(levels, zh.partition("{at}")[2], voice)
    text_en, text_zh = en.format(at=listed(levels, voice), mm=mm), zh.format(at=at, mm=mm)
    more = [level for level in levels if sum(p.level == level for p in places) > 1]
    if more:  # the same at two places of one level
        where = listed(more, voice)
        text_en, text_zh = f"{text_en[:-1]} ({where}: more than one).", f"{text_zh[:-1]}（{where}多处）。"
    return voice.sentence(text_en, text_zh, places)


def abnormal_sentences(sheet: Sheet, spec: Field, voice: Voice) -> Iterator[Sentence]:
    """One sentence per value that is not the normal one and has a text."""
    by_code = chosen(sheet, spec)
    for choice in spec.choices:
        if choice.code in by_code and choice.code != spec.default:
            for places in _together(spec, by_code[choice.code]):
                sentence = choice_sentence(sheet, spec, choice, voice, places, impression=False)
                if sentence is not None:
                    yield sentence


def field_sentences(sheet: Sheet, spec: Field, voice: Voice) -> Iterator[Sentence]:
    """Abnormal values first, then the normal ones."""
    yield from abnormal_sentences(sheet, spec, voice)
    yield from normal_sentences(sheet, [spec], voice)


def _together(spec: Field, places: list[Place]) -> list[list[Place]]:
    return [[p] for p in places] if spec.scope is Scope.LESION else [places]


def comment_sentences(sheet: Sheet, spec: Field, voice: Voice) -> Iterator[Sentence]:
    """Free comments as written, after their level."""
    for place in sheet.places(spec):
        text = sheet.human(place)
        if isinstance(text, str):
            where = voice.say(f"{place.level}: ", f"{place.level}：") if place.level else ""
            yield Sentence(f"{where}{text}", (str(place),))


def not_assessed_sentence(sheet: Sheet, specs: Iterable[Field], voice: Voice, skip_levels: set[str]) -> Sentence | None:
    """One sentence naming every printed field that nobody set, so that silence is never read as normal."""
    items: list[str] = []
    sources: list[Place] = []
    for spec in specs:
        if not (spec.prints_when_default or spec.required) or (
            spec.kind is not Kind.CHOICE and spec.kind is not Kind.MULTI
        ):
            continue
        missing = [p for p in sheet.places(spec, usual=True) if p.level not in skip_levels and _is_missing(sheet, p)]
        if not missing:
            continue
        name = voice.say(spec.en.lower() if not spec.en.isupper() else spec.en, spec.zh)
        where = _where(spec, missing, voice) if missing[0].level else ""
        items.append(voice.say(f"{name} at {where}", f"{where}{name}") if where else name)
        sources.extend(missing)
    if not items:
        return None
    return voice.sentence(f"Not assessed: {'; '.join(items)}.", f"未评价：{'；'.join(items)}。", sources)


def _is_missing(sheet: Sheet, place: Place) -> bool:
    state = sheet.at(place).state
    decided = state in (FindingState.HUMAN_CONFIRMED, FindingState.HUMAN_CHANGED)
    return not decided and sheet.applicable(place, human_only=True)
