"""Cord signal and what lies beside the cord, in words."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.places import Place
from reporting.reports.rendering.plain_fields import choice_sentence
from reporting.reports.rendering.sentences import Sentence, Voice
from reporting.reports.sheet import Sheet

_SIGNAL_KEYS = ("cord_signal", "signal_level_from", "signal_level_to", "signal_length_mm")
_KINDS = {
    "haematoma": ("haematoma", "血肿"),
    "abscess": ("abscess", "脓肿"),
    "tumour": ("tumour", "肿瘤"),
    "cyst": ("cyst", "囊肿"),
    "other": ("lesion", "病变"),
    "": ("lesion", "病变"),
}
_PLACES = {"epidural": ("epidural", "硬膜外"), "intradural": ("intradural extramedullary", "髓外硬膜下")}


def lesions(sheet: Sheet) -> list[int]:
    """Instances with an abnormal cord signal a person stands behind."""
    return [n for n in sheet.instances("cord_signal") if sheet.code("cord_signal", instance=n) not in ("", "normal")]


def lesion_at(sheet: Sheet, level: str) -> int | None:
    """The lesion that lies at this one level where the canal is grade 3: it is told with the level."""
    if sheet.code("canal_grade", level) != "3":
        return None
    for n in lesions(sheet):
        start, end = sheet.code("signal_level_from", instance=n), sheet.code("signal_level_to", instance=n)
        if start == level and end in ("", level):
            return n
    return None


def signal_places(sheet: Sheet, instance: int) -> list[Place]:
    return [p for key in _SIGNAL_KEYS if sheet.human(p := Place(key, instance=instance)) is not None]


def _where(sheet: Sheet, instance: int, voice: Voice) -> str:
    start, end = (sheet.code(f"signal_level_{e}", instance=instance) for e in ("from", "to"))
    if start and end and start != end:
        return voice.say(f" from {start} to {end}", f"{start}至{end}水平")
    return voice.say(f" at {start}", f"{start}水平") if start else ""


def signal_sentence(sheet: Sheet, instance: int, voice: Voice) -> Sentence:
    """ "Faint T2 high signal of the cord at C5/6 over 8 mm." """
    words = sheet.template["cord_signal"].choice(sheet.code("cord_signal", instance=instance))
    length = sheet.number("signal_length_mm", instance=instance)
    over_en, over_zh = (f" over {length:g} mm", f"，长约{length:g} mm") if length is not None else ("", "")
    where = _where(sheet, instance, voice)
    return voice.sentence(
        f"{words.en} of the cord{where}{over_en}.",
        f"{where}脊髓内见{words.zh}{over_zh}。",
        signal_places(sheet, instance),
    )


def signal_sentences(sheet: Sheet, voice: Voice, told_with_level: set[int]) -> Iterator[Sentence]:
    found = lesions(sheet)
    for n in found:
        if n not in told_with_level:
            yield signal_sentence(sheet, n, voice)
    if not found and sheet.code("cord_signal") == "normal":
        spec = sheet.template["cord_signal"]
        yield voice.sentence(spec.normal_en, spec.normal_zh, [Place("cord_signal")])


def lesion_kind_sentences(sheet: Sheet, voice: Voice, *, impression: bool) -> Iterator[Sentence]:
    spec = sheet.template["cord_lesion_kind"]
    for n in sheet.instances(spec.key):
        code = sheet.code(spec.key, instance=n)
        if code in ("", "none"):
            continue
        choice, at = spec.choice(code), _where(sheet, n, voice)
        en, zh = choice.text_en.replace("{at}", at), choice.text_zh.replace("{at}", f"（{at}）" if at else "")
        yield voice.sentence(en, zh, [Place(spec.key, instance=n)])


def extramedullary_sentences(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    spec = sheet.template["extramedullary"]
    any_lesion = False
    for n in sheet.instances(spec.key):
        where = sheet.code(spec.key, instance=n)
        if where not in _PLACES:
            continue
        any_lesion = True
        kind_en, kind_zh = _KINDS[sheet.code("extramedullary_kind", instance=n)]
        place_en, place_zh = _PLACES[where]
        contact = sheet.code("extramedullary_cord_contact", instance=n)
        contact_en = {"yes": " with cord contact", "no": " without cord contact"}.get(contact, "")
        contact_zh = {"yes": "，与脊髓接触", "no": "，未接触脊髓"}.get(contact, "")
        escc = sheet.code("escc", instance=n) if kind_en == "tumour" else ""
        escc_en, escc_zh = (f" (ESCC grade {escc})", f"（ESCC {escc}级）") if escc else ("", "")
        keys = ("extramedullary", "extramedullary_kind", "extramedullary_cord_contact", "escc")
        yield voice.sentence(
            f"{place_en} {kind_en}{escc_en}{contact_en}.",
            f"{place_zh}{kind_zh}{escc_zh}{contact_zh}。",
            [p for k in keys if sheet.human(p := Place(k, instance=n)) is not None],
        )
    if not any_lesion and sheet.code(spec.key) == "none":
        yield voice.sentence(spec.normal_en, spec.normal_zh, [Place(spec.key)])


def size_sentence(sheet: Sheet, voice: Voice) -> Sentence | None:
    spec = sheet.template["cord_size"]
    code = sheet.code("cord_size")
    if code in ("", spec.default):
        return voice.sentence(spec.normal_en, spec.normal_zh, [Place("cord_size")]) if code else None
    return choice_sentence(sheet, spec, spec.choice(code), voice, [Place("cord_size")], impression=False)


_Z_OF = {
    "cord_ap_mm": "cord_ap_z",
    "cord_csa_mm2": "cord_csa_z",
    "mscc_pct": "mscc_z",
    "mcc_pct": "mcc_z",
    "ascor": "ascor_z",
}


def size_numbers(sheet: Sheet, voice: Voice) -> Iterator[Sentence]:
    """Each confirmed number with its z-score where somebody confirmed that too."""
    for key in ("cord_ap_mm", "cord_csa_mm2", "mscc_pct", "mcc_pct", "ascor"):
        spec, number = sheet.template[key], sheet.number(key)
        if number is None:
            continue
        unit = {"mm2": " mm²", "%": "%", "1": ""}.get(spec.unit, f" {spec.unit}")
        z = sheet.number(_Z_OF[key]) if key in _Z_OF else None
        z_en, z_zh = (f" (z-score {signed(z)})", f"（z值{signed(z)}）") if z is not None else ("", "")
        places = [Place(key), *([Place(_Z_OF[key])] if z is not None else [])]
        yield voice.sentence(f"{spec.en}: {number:g}{unit}{z_en}.", f"{spec.zh}{number:g}{unit}{z_zh}。", places)


def signed(number: float) -> str:
    """With a sign that is as wide as the digits: "−2.1", "+0.4"."""
    return f"{number:+.2f}".rstrip("0").rstrip(".").replace("-", "−")
