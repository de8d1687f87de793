"""T3: what the machine may suggest at a vertebra: slip, which belongs to the upper one of a pair, and osteophytes."""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope
from reporting.vocabulary import Code, MachineFinding


def _field(key: str, kind: Kind, en: str, zh: str, **rest: object) -> Field:
    return Field(key, Block.VERTEBRA, Scope.VERTEBRA, kind, en, zh, **rest)  # type: ignore[arg-type]


FIELDS = (
    _field(
        "slip",
        Kind.CHOICE,
        "Slip",
        "椎体滑脱",
        choices=(Choice("none", "none", "无"), Choice("present", "present", "有")),
        fill=Fill.MACHINE,
        machine=MachineFinding.SLIP,
        default="none",
        normal_en="Vertebral alignment is normal.",
        normal_zh="椎体序列规整。",
        clause_en="alignment normal",
        clause_zh="椎体序列规整",
        required=True,
        impression_group=5,
    ),
    _field(
        "slip_direction",
        Kind.CHOICE,
        "Slip direction",
        "滑脱方向",
        choices=(
            Choice("anterior", "anterior", "前滑脱"),
            Choice("posterior", "posterior", "后滑脱"),
            Choice("lateral_left", "lateral, to the left", "向左侧方滑脱"),
            Choice("lateral_right", "lateral, to the right", "向右侧方滑脱"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.SLIP,
        only_when=Condition("slip", ("present",)),
        required=True,
    ),
    _field(
        "slip_grade",
        Kind.CHOICE,
        "Slip grade",
        "滑脱分度",
        choices=(
            Choice("I", "I (<25%)", "I度"),
            Choice("II", "II (25-<50%)", "II度"),
            Choice("III", "III (50-<75%)", "III度"),
            Choice("IV", "IV (75-100%)", "IV度"),
            Choice("V", "V (off)", "V度(完全脱位)"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.SLIP,
        only_when=Condition("slip", ("present",)),
        required=True,
    ),
    _field(
        "slip_mm",
        Kind.NUMBER,
        "Slip distance",
        "滑移距离",
        fill=Fill.MEASURED,
        unit="mm",
        maximum=40,
        only_when=Condition("slip", ("present",)),
        coded=Code("DCM", "121206", "Distance"),
    ),
    _field(
        "lower_endplate_mm",
        Kind.NUMBER,
        "Upper endplate of the vertebra below, front to back",
        "下位椎体上缘前后径",
        fill=Fill.MEASURED,
        unit="mm",
        maximum=40,
        only_when=Condition("slip", ("present",)),
    ),
    _field(
        "osteophyte",
        Kind.CHOICE,
        "Osteophytes",
        "骨质增生",
        choices=(Choice("absent", "absent", "无"), Choice("present", "present", "有")),
        fill=Fill.MACHINE,
        machine=MachineFinding.OSTEOPHYTE,
        default="absent",
        normal_en="No vertebral osteophytes.",
        normal_zh="椎体未见骨质增生。",
        clause_en="no osteophytes",
        clause_zh="椎体未见骨质增生",
        impression_group=8,
        coded=Code("OIFM", "OIFM_OIDM_827630", "osteophyte formation"),
    ),
    _field(
        "osteophyte_site",
        Kind.MULTI,
        "Osteophyte site",
        "骨质增生部位",
        choices=(
            Choice("anterior", "anterior", "前缘"),
            Choice("posterior", "posterior", "后缘"),
            Choice("uncovertebral_left", "left uncovertebral", "左侧钩椎关节"),
            Choice("uncovertebral_right", "right uncovertebral", "右侧钩椎关节"),
        ),
        only_when=Condition("osteophyte", ("present",)),
    ),
    _field(
        "osteophyte_size",
        Kind.CHOICE,
        "Osteophyte size",
        "骨质增生程度",
        choices=(Choice("small", "small", "轻"), Choice("marked", "marked", "明显")),
        only_when=Condition("osteophyte", ("present",)),
    ),
)
