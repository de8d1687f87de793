"""What narrows the canal at a level: every contributor a person recorded there."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.reports.places import Place
from reporting.reports.rendering.discs import herniation_places, herniations, thick_lf_sides
from reporting.reports.rendering.sentences import Language, Voice
from reporting.reports.sheet import Sheet
from reporting.vocabulary import DiscLevel


@dataclass(frozen=True)
class Contributor:
    text: str
    places: tuple[Place, ...]
    is_disc: bool = False


def _with_article(phrase: str, voice: Voice) -> str:
    if voice.language is Language.ZH:
        return phrase
    return f"{'an' if phrase[:1] in 'aeiou' else 'a'} {phrase}"


def contributors(sheet: Sheet, level: str, voice: Voice) -> list[Contributor]:
    """Disc, ligaments, posterior osteophytes and slip at ``level``.

    A grade I slip has its own line and is not called a cause (docs/decisions.md).
    """
    found: list[Contributor] = []
    disc = sheet.code("disc_class", level)
    if disc == "bulge":
        found.append(Contributor(voice.say("a disc bulge", "椎间盘膨出"), (Place("disc_class", level),), is_disc=True))
    elif disc == "herniation":
        text = voice.all_of([_with_article(phrase, voice) for phrase in herniations(sheet, level, voice)])
        found.append(Contributor(text, tuple(herniation_places(sheet, level)), is_disc=True))
    if sheet.code("pll", level) == "thickened":
        text = voice.say("thickened posterior longitudinal ligament", "后纵韧带增厚")
        found.append(Contributor(text, (Place("pll", level),)))
    sides = thick_lf_sides(sheet, level)
    if sides:
        text = voice.say("thickened ligamentum flavum", "黄韧带增厚")
        found.append(Contributor(text, tuple(Place("lf", level, side) for side in sides)))
    upper, lower = DiscLevel(level).upper_vertebra.value, DiscLevel(level).lower_vertebra.value
    posterior = [v for v in (upper, lower) if "posterior" in sheet.codes("osteophyte_site", v)]
    posterior = [v for v in posterior if sheet.code("osteophyte", v) == "present"]
    if posterior:
        text = voice.say("posterior osteophytes", "椎体后缘骨质增生")
        found.append(Contributor(text, tuple(Place("osteophyte_site", v) for v in posterior)))
    if sheet.code("slip", upper) == "present" and sheet.code("slip_grade", upper) in ("II", "III", "IV", "V"):
        text = voice.say(f"the slip of {upper}", f"{upper}椎体滑脱")
        found.append(Contributor(text, (Place("slip", upper), Place("slip_grade", upper))))
    return found
