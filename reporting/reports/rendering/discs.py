"""Each disc level in words: disc, ligaments, canal with the cord signal that belongs to it, then foramina and roots."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.places import Place
from reporting.reports.rendering.cord import lesion_at
from reporting.reports.rendering.foramina import foramen_sentences
from reporting.reports.rendering.levels import closed, listed, neighbour_groups
from reporting.reports.rendering.plain_fields import normal_sentences
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet
from reporting.vocabulary import DiscLevel, Side

LEVELS = [d.value for d in DiscLevel]
_OTHER_ASPECTS = ("pll", "lf", "canal_grade", "thecal_sac", "foramen", "disc_signal", "disc_height")
_HERNIATION_FIELDS = ("disc_class", "hern_zone", "hern_side", "hern_form", "hern_migration")
_LEVEL_FIELDS = (
    *(*_HERNIATION_FIELDS, "bulge_mm"),
    *("pll", "pll_mm", "lf", "lf_mm", "canal_grade", "canal_ap_mm", "thecal_sac"),
)
_FORMS = {
    "": ("herniation", "突出"),
    "protrusion": ("protrusion", "突出"),
    "extrusion": ("extrusion", "脱出"),
    "sequestration": ("sequestrated herniation", "游离型突出"),
}
_MIGRATIONS = {"up": (" with upward migration", "并向上移位"), "down": (" with downward migration", "并向下移位")}


def _places(sheet: Sheet, level: str) -> list[Place]:
    specs = (sheet.template[key] for key in _LEVEL_FIELDS)
    return [
        place
        for spec in specs
        for place in sheet.places(spec)
        if place.level == level and sheet.human(place) is not None and sheet.applicable(place, human_only=True)
    ]


def herniation_places(sheet: Sheet, level: str) -> list[Place]:
    """The disc's class and what was said of each of its herniations."""
    return [place for place in _places(sheet, level) if place.field in _HERNIATION_FIELDS]


def herniations(sheet: Sheet, level: str, voice: Voice) -> list[str]:
    """One phrase for each herniation of a disc: "right paracentral herniation" / "右侧旁中央型突出"."""
    return [_herniation(sheet, level, n, voice) for n in sheet.instances("hern_zone", level)]


def _herniation(sheet: Sheet, level: str, instance: int, voice: Voice) -> str:
    zone, side = (sheet.code(key, level, instance=instance) for key in ("hern_zone", "hern_side"))
    zone_words = sheet.template["hern_zone"].choice(zone) if zone else None
    zone_en, zone_zh = (f"{zone_words.en} ", zone_words.zh) if zone_words else ("", "")
    sided = side in (Side.LEFT, Side.RIGHT) and zone != "central"
    side_en, side_zh = (f"{side} ", voice.side(side)) if sided else ("", "")
    form_en, form_zh = _FORMS[sheet.code("hern_form", level, instance=instance)]
    move_en, move_zh = _MIGRATIONS.get(sheet.code("hern_migration", level, instance=instance), ("", ""))
    return voice.say(f"{side_en}{zone_en}{form_en}{move_en}", f"{side_zh}{zone_zh}{form_zh}{move_zh}")


def thick_lf_sides(sheet: Sheet, level: str) -> list[str]:
    return [s.value for s in (Side.LEFT, Side.RIGHT) if sheet.code("lf", level, s.value) == "thickened"]


def _ligaments(sheet: Sheet, level: str, voice: Voice) -> list[str]:
    parts: list[str] = []
    if sheet.code("pll", level) == "thickened":
        mm = voice.mm(sheet.number("pll_mm", level))
        parts.append(voice.say(f"posterior longitudinal ligament thickening{mm}", f"后纵韧带增厚{mm}"))
    sides = thick_lf_sides(sheet, level)
    numbers = [sheet.number("lf_mm", level, side) for side in sides]
    if len(sides) == 2 and numbers[0] == numbers[1]:
        sides = ["both"]
    for side, number in zip(sides, numbers, strict=False):
        mm = voice.mm(number)
        parts.append(
            voice.say(f"{voice.side(side)} ligamentum flavum thickening{mm}", f"{voice.side(side)}黄韧带增厚{mm}")
        )
    return parts


def _disc(sheet: Sheet, level: str, voice: Voice) -> str:
    disc = sheet.code("disc_class", level)
    if disc == "bulge":
        mm = voice.mm(sheet.number("bulge_mm", level))
        return voice.say(f"disc bulge{mm}", f"椎间盘膨出{mm}")
    if disc == "herniation":
        return voice.say("", "椎间盘") + voice.all_of(herniations(sheet, level, voice))
    return ""


def _canal(sheet: Sheet, level: str, voice: Voice) -> list[str]:
    parts: list[str] = []
    grade, ap = sheet.code("canal_grade", level), sheet.number("canal_ap_mm", level)
    own = sheet.rules.canal_words(grade)
    silent = "信号" not in own  # of the cord's signal, which grades 2 and 3 speak of
    if grade == "1":
        parts.append(voice.say("CSF space mostly lost, cord shape kept", own or "蛛网膜下腔大部消失，脊髓形态尚可"))
    elif grade == "2":
        parts.append(
            voice.say(
                "the cord is deformed without signal change",
                f"{own or '脊髓受压变形'}{'，内部信号未见异常' if silent else ''}",
            )
        )
    elif grade == "3":
        lesion = lesion_at(sheet, level)
        if lesion is None:
            parts.append(
                voice.say(
                    "the cord is deformed with T2 signal change",
                    f"{own or '脊髓受压变形'}{'，伴T2信号异常' if silent else ''}",
                )
            )
        else:
            words = sheet.template["cord_signal"].choice(sheet.code("cord_signal", instance=lesion))
            length = sheet.number("signal_length_mm", instance=lesion)
            over_en, over_zh = (f" over {length:g} mm", f"长约{length:g} mm") if length is not None else ("", "")
            parts.append(
                voice.say(
                    f"the cord is deformed and shows {words.en}{over_en}",
                    f"{own or '脊髓受压变形'}，内见{over_zh}{words.zh}",
                )
            )
    if grade and ap is not None:
        parts.append(voice.say(f"canal {ap:g} mm front to back", f"椎管前后径{ap:g} mm"))
    sac = sheet.code("thecal_sac", level)
    if sac == "indented":
        parts.append(voice.say("the thecal sac is indented", "硬膜囊受压变形"))
    elif sac == "effaced":
        parts.append(voice.say("the space in front of the cord is effaced", "硬膜囊前间隙消失"))
    return parts


def _is_abnormal(sheet: Sheet, level: str) -> bool:
    return (
        sheet.code("disc_class", level) in ("bulge", "herniation")
        or sheet.code("pll", level) == "thickened"
        or bool(thick_lf_sides(sheet, level))
        or sheet.code("canal_grade", level) in ("1", "2", "3")
        or sheet.code("thecal_sac", level) in ("indented", "effaced")
    )


def _level_sentence(sheet: Sheet, levels: list[str], voice: Voice) -> Sentence:
    level = levels[0]
    disc, ligaments, canal = _disc(sheet, level, voice), _ligaments(sheet, level, voice), _canal(sheet, level, voice)
    tissue_en = " with ".join(p for p in (disc, voice.all_of(ligaments)) if p)
    joint = "; " if sheet.code("canal_grade", level) in ("2", "3") else ", "
    body_en = joint.join(p for p in (tissue_en, ", ".join(canal)) if p)
    body_zh = "，".join(p for p in (disc, *ligaments, *canal) if p)
    places = [p for each in levels for p in _places(sheet, each)]
    lesion = lesion_at(sheet, level)
    if lesion is not None:
        keys = ("cord_signal", "signal_level_from", "signal_level_to", "signal_length_mm")
        places += [p for k in keys if sheet.human(p := Place(k, instance=lesion)) is not None]
    return voice.sentence(
        f"{listed(levels, voice)}: {body_en}.", f"{closed(levels, body_zh, voice)}{body_zh}。", places
    )


def unassessed_levels(sheet: Sheet) -> list[str]:
    """Disc levels of which nobody said anything."""
    return [
        level
        for level in LEVELS
        if not any(
            sheet.human(p) is not None
            for spec in sheet.template.fields
            if spec.block.value == "disc"
            for p in sheet.places(spec)
            if p.level == level
        )
    ]


def level_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    """Abnormal levels from C2/3 down, equal neighbours together, each followed by its foramina."""
    keys: dict[str, object] = {}
    for level in LEVELS:
        values = tuple((p.field, p.side, p.instance, str(sheet.human(p))) for p in _places(sheet, level))
        keys[level] = (_is_abnormal(sheet, level), values, lesion_at(sheet, level))
    for group in neighbour_groups(keys):
        if _is_abnormal(sheet, group[0]):
            yield _level_sentence(sheet, group, voice)
        for level in group:
            yield from foramen_sentences(sheet, level, voice)


def normal_level_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    """What is normal, the disc itself first."""
    yield from normal_sentences(sheet, [sheet.template["disc_class"]], voice)
    yield from normal_sentences(sheet, [sheet.template[key] for key in _OTHER_ASPECTS], voice)


def unassessed_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    levels = unassessed_levels(sheet)
    if levels:
        where = listed(levels, voice)
        spec = sheet.template["disc_class"]
        yield voice.sentence(
            f"{where}: not assessed.", f"{where}未评价。", [Place(spec.key, level) for level in levels]
        )
