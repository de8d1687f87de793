"""The findings, section by section, in the order of the template."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.places import Place
from reporting.reports.rendering import cord, discs, vertebrae
from reporting.reports.rendering.examination import examination_sentences
from reporting.reports.rendering.plain_fields import (
    abnormal_sentences,
    comment_sentences,
    field_sentences,
    not_assessed_sentence,
)
from reporting.reports.rendering.sentences import Section, Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.reports.template import TITLES
from reporting.reports.template.spec import Block, Kind


def _plain(sheet: Sheet, voice: Voice, *keys: str) -> Iterator[Sentence]:
    for key in keys:
        if key in sheet.template.by_key:  # some came with a later version
            yield from field_sentences(sheet, sheet.template[key], voice)


def _alignment(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    yield from _plain(sheet, voice, "lordosis")
    angle = sheet.number("c2c7_angle_deg")
    if angle is not None:
        yield voice.sentence(f"C2-C7 angle {angle:g}°.", f"C2-C7 Cobb角{angle:g}°。", [Place("c2c7_angle_deg")])
    yield from _plain(sheet, voice, "scoliosis", "cvj", "cvj_cord_contact", "tonsils", "canal_congenital")


def _vertebra(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    yield from _plain(sheet, voice, "fracture", "fracture_canal", "dislocation", "dislocation_canal")
    yield from vertebrae.slip_sentences(sheet, voice)
    yield from vertebrae.osteophyte_sentences(sheet, voice)
    keys = ("height", "marrow", "endplate_upper", "endplate_lower", "posterior_elements", "postop")
    yield from _plain(sheet, voice, *keys)


def _disc(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    yield from discs.level_sentences(sheet, voice)
    for key in ("disc_signal", "disc_height", "discitis", "pll_ossification", "change"):
        yield from abnormal_sentences(sheet, sheet.template[key], voice)
    yield from discs.normal_level_sentences(sheet, voice)
    yield from discs.unassessed_sentences(sheet, voice)


def _cord(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    told = {n for level in discs.LEVELS if (n := cord.lesion_at(sheet, level)) is not None}
    yield from cord.signal_sentences(sheet, voice, told)
    yield from cord.lesion_kind_sentences(sheet, voice, impression=False)
    size = cord.size_sentence(sheet, voice)
    if size is not None:
        yield size
    yield from cord.size_numbers(sheet, voice)
    yield from cord.extramedullary_sentences(sheet, voice)


def incidental_text(sheet: Sheet, instance: int, voice: Voice) -> str:
    """ "Incidental finding, thyroid: nodule (9 mm)", without full stop; empty when there is none."""
    code = sheet.code("incidental", instance=instance)
    if code in ("", "none"):
        return ""
    where = sheet.template["incidental"].choice(code)
    text = sheet.human(Place("incidental_text", instance=instance))
    text = str(text).rstrip("。. ") if text is not None else ""
    mm = voice.mm(sheet.number("incidental_mm", instance=instance))
    return voice.say(
        f"incidental finding, {where.en}{f': {text}' if text else ''}{mm}",
        f"偶然发现（{where.zh}）{f'：{text}' if text else ''}{mm}",
    )


def incidental_places(sheet: Sheet, instance: int) -> list[Place]:
    keys = ("incidental", "incidental_text", "incidental_mm", "incidental_action")
    return [p for key in keys if sheet.human(p := Place(key, instance=instance)) is not None]


def _other(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    yield from _plain(sheet, voice, "prevertebral", "paraspinal", "vertebral_arteries", "vertebral_artery_dominant")
    found = False
    for n in sheet.instances("incidental"):
        text = incidental_text(sheet, n, voice)
        if text:
            found = True
            yield voice.sentence(f"{text}.", f"{text}。", incidental_places(sheet, n))
    if not found and sheet.code("incidental") == "none":
        spec = sheet.template["incidental"]
        yield voice.sentence(spec.normal_en, spec.normal_zh, [Place("incidental")])


_BLOCKS = {
    Block.EXAM: examination_sentences,
    Block.ALIGNMENT: _alignment,
    Block.VERTEBRA: _vertebra,
    Block.DISC: _disc,
    Block.CORD: _cord,
    Block.OTHER: _other,
}


def sections(sheet: Sheet, voice: Voice) -> tuple[Section, ...]:
    """Every section; each ends with what nobody assessed, so that silence is never read as normal."""
    result: list[Section] = []
    for block, sentences_of in _BLOCKS.items():
        specs = sheet.template.of_block(block)
        sentences = list(sentences_of(sheet, voice))
        skip = set(discs.unassessed_levels(sheet)) if block is Block.DISC else set()
        missing = not_assessed_sentence(sheet, specs, voice, skip)
        if missing is not None:
            sentences.append(missing)
        for spec in specs:
            if spec.kind is Kind.TEXT and spec.key.startswith("comment_"):
                sentences.extend(comment_sentences(sheet, spec, voice))
        result.append(Section(block, voice.say(*TITLES[block]), tuple(sentences)))
    return tuple(result)
