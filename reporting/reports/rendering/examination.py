"""Indication, technique, quality and comparison in words."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.places import Place
from reporting.reports.rendering.levels import listed
from reporting.reports.rendering.plain_fields import choice_sentence, field_sentences
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import OTHER_SERIES, Sheet
from reporting.vocabulary import SeriesRole

_SAGITTAL = {
    SeriesRole.SAGITTAL_T1: ("T1", "T1WI"),
    SeriesRole.SAGITTAL_T2: ("T2", "T2WI"),
    SeriesRole.SAGITTAL_STIR: ("STIR", "STIR"),
}
_AXIAL = {SeriesRole.AXIAL_T2: ("T2", "T2WI"), SeriesRole.AXIAL_FS_T2: ("fat-suppressed T2", "脂肪抑制T2WI")}


def _indication(sheet: Sheet, voice: Voice) -> Sentence:
    text, tags = sheet.human(Place("indication")), sheet.codes("indication_tags")
    onset = sheet.code("onset")
    spec = sheet.template["indication_tags"]
    words = [voice.say(c.en, c.zh) for c in (spec.choice(t) for t in tags)]
    if onset and onset != "unknown":
        choice = sheet.template["onset"].choice(onset)
        words.append(voice.say(f"{choice.en} onset", f"{choice.zh}起病"))
    if isinstance(text, str):
        words.insert(0, text.rstrip("。. "))
    if not words:
        return voice.sentence("Indication: not provided.", "检查目的：未提供。", [Place("indication")])
    keys = ("indication", "indication_tags", "onset")
    told = [p for key in keys if sheet.human(p := Place(key)) is not None]
    return voice.sentence(f"Indication: {', '.join(words)}.", f"检查目的：{'、'.join(words)}。", told)


def _technique(sheet: Sheet, voice: Voice) -> Sentence:
    planes: list[str] = []
    for plane, zh, roles in (("sagittal", "矢状面", _SAGITTAL), ("axial", "轴面", _AXIAL)):
        present = [voice.say(*words) for role, words in roles.items() if role.value in sheet.facts.sequences]
        if present:
            planes.append(voice.say(f"{plane} {voice.all_of(present)}", f"{zh}{'、'.join(present)}"))
    if not planes:
        return voice.sentence(
            "Technique: no series was recognised.", "检查方法：未识别扫描序列。", [Place("sequences")]
        )
    together = voice.all_of(planes)
    more_en, more_zh = ("; other series", "，另有其他序列") if OTHER_SERIES in sheet.facts.sequences else ("", "")
    return voice.sentence(
        f"{together} images without contrast{more_en}.", f"{together}平扫{more_zh}。", [Place("sequences")]
    )


def _quality_reason(sheet: Sheet, voice: Voice) -> Sentence | None:
    spec = sheet.template["quality_reason"]
    codes = sheet.codes(spec.key) if sheet.applicable(Place(spec.key), human_only=True) else []
    if not codes:
        return None
    words = [voice.say(c.en, c.zh) for c in (spec.choice(code) for code in codes)]
    return voice.sentence(f"Limited by {voice.all_of(words)}.", f"受限原因：{'、'.join(words)}。", [Place(spec.key)])


_RIBS = {"left": (" on the left", "左侧"), "right": (" on the right", "右侧"), "both": (" on both sides", "双侧")}


def anomaly_sentences(sheet: Sheet, voice: Voice, *, impression: bool) -> Iterator[Sentence]:
    """A block vertebra with its vertebrae, a cervical rib with its side; in the template's words where they wait."""
    spec = sheet.template["numbering_anomaly"]
    fused, side = sheet.codes("block_vertebra_levels"), sheet.code("cervical_rib_side")
    code = sheet.code(spec.key)
    if code == "block_vertebra" and fused:
        where, places = listed(fused, voice), [Place(spec.key), Place("block_vertebra_levels")]
        yield voice.sentence(f"block vertebra {where}.", f"{where}阻滞椎。", places)
    elif code == "cervical_rib" and side:
        (en, zh), places = _RIBS[side], [Place(spec.key), Place("cervical_rib_side")]
        yield voice.sentence(f"cervical rib{'s' if side == 'both' else ''}{en}.", f"{zh}颈肋。", places)
    elif code not in ("", spec.default):
        told = choice_sentence(sheet, spec, spec.choice(code), voice, [Place(spec.key)], impression=impression)
        if told is not None:
            yield told


def _missing_levels(sheet: Sheet, voice: Voice) -> Sentence | None:
    levels = sheet.codes("coverage_missing") if sheet.code("coverage") == "missing" else []
    if not levels:
        return None
    return voice.sentence(
        f"Not covered: {', '.join(levels)}.", f"未覆盖节段：{'、'.join(levels)}。", [Place("coverage_missing")]
    )


def _earlier_study(sheet: Sheet, voice: Voice) -> Sentence | None:
    if sheet.code("comparison") != "available":
        return None
    text = sheet.human(Place("comparison_text"))
    if not isinstance(text, str):
        text = sheet.facts.earlier_study
    if not text:
        return None
    return voice.sentence(f"Earlier study: {text}.", f"既往检查：{text}。", [Place("comparison_text")])


def examination_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    yield _indication(sheet, voice)
    yield _technique(sheet, voice)
    yield from field_sentences(sheet, sheet.template["quality"], voice)
    optional = [_quality_reason(sheet, voice)]
    yield from (s for s in optional if s is not None)
    yield from field_sentences(sheet, sheet.template["level_method"], voice)
    yield from anomaly_sentences(sheet, voice, impression=False)
    yield from field_sentences(sheet, sheet.template["coverage"], voice)
    missing = _missing_levels(sheet, voice)
    if missing is not None:
        yield missing
    yield from field_sentences(sheet, sheet.template["comparison"], voice)
    earlier = _earlier_study(sheet, voice)
    if earlier is not None:
        yield earlier
