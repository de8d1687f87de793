"""The impression: what matters, in order of weight, with causes; only mild degeneration may fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporting.reports.places import Place
from reporting.reports.rendering import cord, vertebrae
from reporting.reports.rendering.causes import contributors
from reporting.reports.rendering.discs import LEVELS, herniation_places, herniations, thick_lf_sides
from reporting.reports.rendering.examination import anomaly_sentences
from reporting.reports.rendering.findings import incidental_places, incidental_text
from reporting.reports.rendering.foramina import exits, impression_text
from reporting.reports.rendering.levels import listed, neighbour_groups
from reporting.reports.rendering.plain_fields import choice_sentence, chosen
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.reports.template.spec import Block, Kind
from reporting.vocabulary import DiscLevel

AIM = 7  # lines; more are printed when nothing may fold
_ELSEWHERE = {"cord_lesion_kind", "cord_size", "numbering_anomaly"}


@dataclass(frozen=True)
class Item:
    """One line, where it belongs in the order, and whether it may fold into "mild degenerative change"."""

    group: int
    rank: int
    sentence: Sentence
    may_fold: bool = False


def _canal_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    keys: dict[str, object] = {}
    for level in LEVELS:
        grade = sheet.code("canal_grade", level)
        if grade in ("1", "2", "3"):
            causes = contributors(sheet, level, voice)
            keys[level] = (grade, tuple(c.text for c in causes), sheet.code("disc_class", level))
    for levels in neighbour_groups(keys):
        level, where = levels[0], listed(levels, voice)
        grade = sheet.code("canal_grade", level)
        causes = contributors(sheet, level, voice)
        cause = voice.all_of([c.text for c in causes])
        from_en, from_zh = (f", from {cause}", f"，由{cause}所致") if causes else ("", "")
        own = sheet.rules.canal_words(grade)
        narrowed = f"{own}（1级）" if own else "椎管狭窄1级"
        if grade == "3":
            signal = "" if "信号" in own else "伴T2信号异常"
            en, zh = (
                f"cord compression at {where} with T2 signal change (grade 3)",
                f"{where}水平{own or '脊髓受压'}{signal}（3级）",
            )
        elif grade == "2":
            en, zh = (
                f"cord compression at {where} without signal change (grade 2)",
                f"{where}水平{own or '脊髓受压变形'}（2级）",
            )
        elif len(causes) == 1 and causes[0].is_disc:
            bulges = sheet.code("disc_class", level) == "bulge"
            disc = voice.say("bulge", "膨出") if bulges else voice.all_of(herniations(sheet, level, voice))
            en, zh = f"{where} {disc} with grade 1 canal narrowing", f"{where}椎间盘{disc}，{narrowed}"
            from_en = from_zh = ""
        else:
            en, zh = f"grade 1 canal narrowing at {where}", f"{where}{narrowed}"
        places = [p for each in levels for p in (Place("canal_grade", each), *_cause_places(sheet, each, voice))]
        lesion = cord.lesion_at(sheet, level)
        if lesion is not None:
            places += cord.signal_places(sheet, lesion)
        sentence = voice.sentence(f"{en}{from_en}.", f"{zh}{from_zh}。", places)
        yield Item(1 if grade == "3" else 2, 3 - int(grade), sentence)


def _cause_places(sheet: Sheet, level: str, voice: Voice) -> list[Place]:
    return [p for c in contributors(sheet, level, voice) for p in c.places]


def _cord_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    told = {n for level in LEVELS if (n := cord.lesion_at(sheet, level)) is not None}
    for n in cord.lesions(sheet):
        if n not in told:
            yield Item(1, 4, cord.signal_sentence(sheet, n, voice))
    for sentence in cord.lesion_kind_sentences(sheet, voice, impression=True):
        yield Item(1, 5, sentence)
    size = sheet.code("cord_size")
    if size not in ("", "normal"):
        spec = sheet.template["cord_size"]
        found = choice_sentence(sheet, spec, spec.choice(size), voice, [Place("cord_size")], impression=True)
        if found is not None:
            yield Item(1, 6, found)
    if any(sheet.code("extramedullary", instance=n) not in ("", "none") for n in sheet.instances("extramedullary")):
        for sentence in cord.extramedullary_sentences(sheet, voice):
            yield Item(1, 0, sentence)


def _disc_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    for level in LEVELS:
        if sheet.code("canal_grade", level) in ("1", "2", "3"):
            continue
        disc = sheet.code("disc_class", level)
        if disc == "herniation":
            phrase, places = voice.all_of(herniations(sheet, level, voice)), herniation_places(sheet, level)
            yield Item(3, 0, voice.sentence(f"{phrase} at {level}.", f"{level}椎间盘{phrase}。", places))
        elif disc == "bulge" and any(e.grade for e in exits(sheet, level)):
            sentence = voice.sentence(f"{level} disc bulge.", f"{level}椎间盘膨出。", [Place("disc_class", level)])
            yield Item(3, 1, sentence, may_fold=True)


def _foramen_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    symptomatic = {s for s in ("left", "right") if f"radicular_{s}" in sheet.codes("indication_tags")}
    for level in LEVELS:
        for each in exits(sheet, level):
            on_symptomatic_side = bool(symptomatic) if each.side == "both" else each.side in symptomatic
            if each.grade == "2" or each.root in ("displaced", "compressed") or (each.grade and on_symptomatic_side):
                text = impression_text(each, voice)
                yield Item(4, 2 - int(each.grade or 0), voice.sentence(text, text, each.places))


def _slip_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    for level in vertebrae.slipped(sheet):
        phrase = vertebrae.slip_phrase(sheet, level, voice, on_vertebra=False)
        mild = sheet.code("slip_grade", level) == "I"
        sentence = voice.sentence(f"{phrase}.", f"{phrase}。", vertebrae.slip_places(sheet, level))
        yield Item(5 if mild else 1, 7, sentence, may_fold=mild)


def _osteophyte_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    levels = vertebrae.with_osteophytes(sheet)
    if levels:
        where = listed(levels, voice)
        places = vertebrae.osteophyte_places(sheet, levels)
        sentence = voice.sentence(f"osteophytes {where}.", f"{where}椎体骨质增生。", places)
        if any(_narrows_a_deformed_canal(sheet, level) for level in levels):
            yield Item(3, 2, sentence)
        else:
            yield Item(8, 0, sentence, may_fold=True)


def _narrows_a_deformed_canal(sheet: Sheet, vertebra: str) -> bool:
    """Posterior osteophytes beside a disc where the cord is deformed: no mere degeneration."""
    beside = [d.value for d in DiscLevel if vertebra in (d.upper_vertebra.value, d.lower_vertebra.value)]
    deformed = any(sheet.code("canal_grade", level) in ("2", "3") for level in beside)
    return deformed and "posterior" in sheet.codes("osteophyte_site", vertebra)


def _plain_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    for spec in sheet.template.fields:
        if spec.kind not in (Kind.CHOICE, Kind.MULTI) or spec.key in _ELSEWHERE:
            continue
        by_code = chosen(sheet, spec)
        for choice in spec.choices:
            if choice.code in by_code and choice.impression_en:
                found = choice_sentence(sheet, spec, choice, voice, by_code[choice.code], impression=True)
                if found is not None:
                    yield Item(spec.impression_group, 8, found)


def _other_items(sheet: Sheet, voice: Voice) -> Iterator[Item]:
    for sentence in anomaly_sentences(sheet, voice, impression=True):
        yield Item(sheet.template["numbering_anomaly"].impression_group, 8, sentence)
    for n in sheet.instances("incidental"):
        text = incidental_text(sheet, n, voice)
        if text and sheet.code("incidental_action", instance=n) == "yes":
            en, zh = f"{text}; further work-up is advised.", f"{text}，建议进一步检查。"
            yield Item(9, 9, voice.sentence(en, zh, incidental_places(sheet, n)))
    for spec in sheet.template.fields:
        if spec.key.startswith("comment_") and spec.kind is Kind.TEXT:
            for place in sheet.places(spec):
                text_value = sheet.human(place)
                if isinstance(text_value, str) and sheet.code(f"{spec.key}_to_impression", place.level) == "yes":
                    where = voice.say(f"{place.level}: ", f"{place.level}：") if place.level else ""
                    yield Item(9, 10, Sentence(f"{where}{text_value}", (str(place),)))


def _mild_levels(sheet: Sheet) -> list[Place]:
    """Bulges and thick ligaments at levels that have no line of their own."""
    places: list[Place] = []
    for level in LEVELS:
        own_line = (
            sheet.code("canal_grade", level) in ("1", "2", "3")
            or sheet.code("disc_class", level) == "herniation"
            or any(e.grade for e in exits(sheet, level))
        )
        if own_line:
            continue
        if sheet.code("disc_class", level) == "bulge":
            places.append(Place("disc_class", level))
        if sheet.code("pll", level) == "thickened":
            places.append(Place("pll", level))
        places += [Place("lf", level, side) for side in thick_lf_sides(sheet, level)]
    return places


def _nothing_abnormal(sheet: Sheet, voice: Voice) -> Sentence:
    required = [p for spec in sheet.template.fields if spec.required for p in sheet.places(spec, usual=True)]
    required = [p for p in required if sheet.applicable(p, human_only=True)]
    if all(sheet.human(p) is not None for p in required):
        return voice.sentence("No significant abnormality of the cervical spine.", "颈椎MR平扫未见明显异常。", required)
    # That the levels were counted or the images are good says nothing of the spine.
    told = [p for p in required if sheet.human(p) is not None and sheet.template[p.field].block is not Block.EXAM]
    if not told:
        return voice.sentence("Not assessed.", "未评价。", required)
    return voice.sentence(
        "No significant abnormality of what was assessed; see what was not.",
        "已评价内容未见明显异常，未评价内容见所见。",
        told,
    )


def impression(sheet: Sheet, voice: Voice) -> tuple[Sentence, ...]:
    """The lines in order. Folds only what may fold, and only beyond :data:`AIM` lines."""
    items = [
        *_canal_items(sheet, voice),
        *_cord_items(sheet, voice),
        *_disc_items(sheet, voice),
        *_foramen_items(sheet, voice),
        *_slip_items(sheet, voice),
        *_osteophyte_items(sheet, voice),
        *_plain_items(sheet, voice),
        *_other_items(sheet, voice),
    ]
    folded = [str(p) for p in _mild_levels(sheet)]
    if len(items) + bool(folded) > AIM:
        folded += [source for item in items if item.may_fold for source in item.sentence.sources]
        items = [item for item in items if not item.may_fold]
    if folded:
        en, zh = ("Other levels: mild degenerative change.", "余节段轻度退行性改变。")
        if not items:
            en, zh = ("Mild degenerative change.", "轻度退行性改变。")
        items.append(Item(8, 9, Sentence(voice.say(en, zh), tuple(dict.fromkeys(folded)))))
    if not items:
        return (_nothing_abnormal(sheet, voice),)
    ordered = sorted(enumerate(items), key=lambda pair: (pair[1].group, pair[1].rank, pair[0]))
    return tuple(item.sentence for _, item in ordered)
