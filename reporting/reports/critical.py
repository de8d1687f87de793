"""Critical and actionable findings: expressions over the fields, computed from human values only. Pure.

Categories are RadLex actionable findings: 1 within minutes, 2 within hours, 3 within days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.reports.fingerprints import fingerprint
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet
from reporting.reports.template.spec import Scope
from reporting.vocabulary import Code

CATEGORY_CODES = {
    1: Code("RADLEX", "RID49480", "Actionable finding category 1"),
    2: Code("RADLEX", "RID49481", "Actionable finding category 2"),
    3: Code("RADLEX", "RID49482", "Actionable finding category 3"),
}


CLOCK_MINUTES = {1: 60, 2: 12 * 60, 3: 3 * 24 * 60}
"""Within which somebody must have received the message, counted from when it was found."""


@dataclass(frozen=True)
class Is:
    """Some place of ``field`` holds one of ``values``."""

    field: str
    values: tuple[str, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        """Where it is so; empty means no."""
        found: list[Place] = []
        for place in sheet.places(sheet.template[self.field]):
            value = sheet.human(place)
            held = value if isinstance(value, list) else [value]
            if any(v in self.values for v in held) and sheet.applicable(place, human_only=True):
                found.append(place)
        return found

    def __str__(self) -> str:
        return f"{self.field} in ({', '.join(self.values)})"


@dataclass(frozen=True)
class FirstTime:
    """As ``what``, but not at a level that is called known from an earlier study."""

    what: Is

    def places(self, sheet: Sheet) -> list[Place]:
        known = ("unchanged", "improved", "progressed")
        return [place for place in self.what.places(sheet) if sheet.code("change", place.level) not in known]

    def __str__(self) -> str:
        return f"{self.what}, seen for the first time"


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Expression, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        return [p for part in self.parts for p in part.places(sheet)]

    def __str__(self) -> str:
        return f"({' or '.join(str(p) for p in self.parts)})"


@dataclass(frozen=True)
class AllOf:
    parts: tuple[Expression, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        each = [part.places(sheet) for part in self.parts]
        return [p for places in each for p in places] if all(each) else []

    def __str__(self) -> str:
        return f"({' and '.join(str(p) for p in self.parts)})"


@dataclass(frozen=True)
class Together:
    """All hold at the same level, or in the same lesion."""

    parts: tuple[Is, ...]

    def places(self, sheet: Sheet) -> list[Place]:
        each = [part.places(sheet) for part in self.parts]
        lesion = sheet.template[self.parts[0].field].scope is Scope.LESION
        keys = [{p.instance if lesion else p.level for p in places} for places in each]
        shared = set.intersection(*keys)
        return [p for places in each for p in places if (p.instance if lesion else p.level) in shared]

    def __str__(self) -> str:
        return f"({' and, at the same place, '.join(str(p) for p in self.parts)})"


Expression = Is | FirstTime | AnyOf | AllOf | Together


@dataclass(frozen=True)
class Trigger:
    """One line of the critical list. ``superseded_by`` names triggers that make this one silent."""

    code: str
    category: int
    en: str
    zh: str
    when: Expression
    superseded_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Critical:
    """A trigger that fired, where, and the fingerprint its answer is tied to."""

    trigger: Trigger
    places: tuple[Place, ...]
    fingerprint: str


_ABNORMAL_SIGNAL = Is("cord_signal", ("faint_t2", "intense_t2", "t2_high_t1_low"))
COMPRESSED_CORD = AnyOf(
    (
        Is("canal_grade", ("3",)),
        AllOf((_ABNORMAL_SIGNAL, Is("cord_lesion_kind", ("compressive_myelopathy",)))),
        AllOf((_ABNORMAL_SIGNAL, Is("canal_grade", ("2",)))),
    )
)
_URGENT = AnyOf((Is("onset", ("acute", "progressive")), Is("indication_tags", ("trauma", "sphincter", "gait_change"))))
_CORD_DEFORMED = Is("canal_grade", ("2", "3"))

TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        "compression_urgent",
        1,
        "Cord compression with signal change, acute or progressive",
        "危急值：颈髓受压伴信号异常，急性或进行性",
        AllOf((COMPRESSED_CORD, _URGENT)),
    ),
    Trigger(
        "cord_injury",
        1,
        "Acute cord injury",
        "危急值：急性颈髓损伤",
        AnyOf(
            (
                Is("cord_lesion_kind", ("haemorrhage", "transection")),
                Is("fracture_canal", ("yes",)),
                Is("dislocation_canal", ("yes",)),
            )
        ),
    ),
    Trigger(
        "epidural_collection",
        1,
        "Epidural haematoma, abscess or spondylodiscitis compressing the cord",
        "危急值：硬膜外血肿/脓肿压迫脊髓",
        AnyOf(
            (
                Together(
                    (
                        Is("extramedullary", ("epidural",)),
                        Is("extramedullary_kind", ("haematoma", "abscess")),
                        Is("extramedullary_cord_contact", ("yes",)),
                    )
                ),
                Together((Is("discitis", ("suspected",)), _CORD_DEFORMED)),
            )
        ),
    ),
    Trigger("tumour_compression", 1, "Tumour compressing the cord", "危急值：肿瘤压迫脊髓", Is("escc", ("2", "3"))),
    Trigger(
        "atlantoaxial",
        1,
        "Atlantoaxial instability compressing the cord",
        "危急值：寰枢不稳压迫脊髓",
        AllOf((Is("cvj", ("atlantodental_widening", "os_odontoideum", "pannus")), Is("cvj_cord_contact", ("yes",)))),
    ),
    Trigger(
        "compression",
        2,
        "Cord compression with signal change",
        "重要异常：脊髓受压伴信号异常",
        Is("canal_grade", ("3",)),
        superseded_by=("compression_urgent",),
    ),
    Trigger(
        "extrusion",
        2,
        "Extrusion or sequestration deforming the cord",
        "重要异常：椎间盘脱出或游离压迫脊髓",
        Together((Is("hern_form", ("extrusion", "sequestration")), _CORD_DEFORMED)),
    ),
    Trigger(
        "slip", 2, "Slip of grade II or more", "重要异常：II度及以上滑脱", Is("slip_grade", ("II", "III", "IV", "V"))
    ),
    Trigger(
        "discitis",
        2,
        "Suspected spondylodiscitis",
        "重要异常：椎间盘炎可疑",
        Is("discitis", ("suspected",)),
        superseded_by=("epidural_collection",),
    ),
    Trigger(
        "vertebral_artery",
        2,
        "Absent vertebral artery flow void after trauma",
        "重要异常：外伤后椎动脉流空消失",
        AllOf(
            (
                Is("vertebral_arteries", ("absent_left", "absent_right", "absent_both")),
                Is("indication_tags", ("trauma",)),
            )
        ),
    ),
    Trigger(
        "deformed_cord",
        3,
        "Deformed cord without signal change",
        "需随访异常：脊髓受压变形",
        FirstTime(Is("canal_grade", ("2",))),
        superseded_by=("compression_urgent",),
    ),
    Trigger(
        "marrow",
        3,
        "Suspicious marrow",
        "需随访异常：可疑骨髓病变",
        Is("marrow", ("focal_suspicious", "diffuse_low_t1")),
    ),
    Trigger(
        "ossification",
        3,
        "Suspected ossification of the PLL narrowing the canal",
        "需随访异常：后纵韧带骨化可疑伴椎管狭窄",
        Together(
            (
                Is("pll_ossification", ("continuous", "segmental", "mixed", "localised")),
                Is("canal_grade", ("1", "2", "3")),
            )
        ),
    ),
    Trigger(
        "incidental",
        3,
        "Incidental finding that needs action",
        "需随访异常：需处理的偶然发现",
        Is("incidental_action", ("yes",)),
    ),
)


def criticals(sheet: Sheet, triggers: Sequence[Trigger] = TRIGGERS) -> list[Critical]:
    """Every trigger that fires, gravest first."""
    fired = {t.code: places for t in triggers if (places := t.when.places(sheet))}
    return [
        Critical(t, tuple(dict.fromkeys(fired[t.code])), fingerprint(sheet, f"critical.{t.code}", fired[t.code]))
        for t in triggers
        if t.code in fired and not any(code in fired for code in t.superseded_by)
    ]


def urgency_is_unknown(sheet: Sheet) -> list[Place]:
    """Places of a compressed cord while onset or symptoms are unset: unset never means "not critical"."""
    if sheet.code("onset") and (sheet.codes("indication_tags") or sheet.human(Place("indication")) is not None):
        return []
    return COMPRESSED_CORD.places(sheet)
