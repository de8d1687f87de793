"""T4: the disc itself."""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope
from reporting.vocabulary import Code, MachineFinding, Zone


def _field(key: str, kind: Kind, en: str, zh: str, **rest: object) -> Field:
    return Field(key, Block.DISC, Scope.DISC, kind, en, zh, **rest)  # type: ignore[arg-type]


_HERNIATION = Condition("disc_class", ("herniation",))

FIELDS = (
    _field(
        "disc_class",
        Kind.CHOICE,
        "Disc",
        "椎间盘",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice("bulge", "bulge", "膨出"),
            Choice("herniation", "herniation", "突出"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.HERNIATION,
        default="normal",
        normal_en="No disc bulge or herniation.",
        normal_zh="椎间盘未见膨出或突出。",
        clause_en="no bulge or herniation",
        clause_zh="椎间盘未见膨出或突出",
        required=True,
        impression_group=3,
        number="bulge_mm",
    ),
    _field(
        "bulge_mm",
        Kind.NUMBER,
        "Bulge",
        "膨出厚度",
        fill=Fill.MEASURED,
        unit="mm",
        maximum=15,
        only_when=Condition("disc_class", ("bulge",)),
    ),
    _field(
        "hern_zone",
        Kind.CHOICE,
        "Herniation zone",
        "突出部位",
        choices=(
            Choice(Zone.CENTRAL.value, "central", "中央型"),
            Choice(Zone.PARACENTRAL.value, "paracentral", "旁中央型"),
            Choice(Zone.FORAMINAL.value, "foraminal", "椎间孔型"),
            Choice(Zone.EXTRAFORAMINAL.value, "extraforaminal", "椎间孔外型"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.HERNIATION,
        unvalidated=True,
        only_when=_HERNIATION,
        required=True,
    ),
    _field(
        "hern_side",
        Kind.CHOICE,
        "Herniation side",
        "突出侧别",
        choices=(
            Choice("left", "left", "左侧", coded=Code("SCT", "7771000", "Left")),
            Choice("right", "right", "右侧", coded=Code("SCT", "24028007", "Right")),
            Choice("midline", "midline", "正中"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.HERNIATION,
        unvalidated=True,
        only_when=Condition("hern_zone", (Zone.PARACENTRAL.value, Zone.FORAMINAL.value, Zone.EXTRAFORAMINAL.value)),
        required=True,
    ),
    _field(
        "hern_form",
        Kind.CHOICE,
        "Herniation form",
        "突出形态",
        choices=(
            Choice("protrusion", "protrusion", "突出型"),
            Choice("extrusion", "extrusion", "脱出型"),
            Choice("sequestration", "sequestration", "游离型"),
        ),
        only_when=_HERNIATION,
    ),
    _field(
        "hern_migration",
        Kind.CHOICE,
        "Migration",
        "移位",
        choices=(Choice("none", "none", "无"), Choice("up", "up", "上移"), Choice("down", "down", "下移")),
        only_when=_HERNIATION,
    ),
    _field(
        "disc_signal",
        Kind.CHOICE,
        "Disc signal",
        "椎间盘信号",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice("reduced", "reduced", "减低", "Reduced disc signal at {at}.", "{at}椎间盘信号减低。"),
            *(
                Choice(
                    f"pfirrmann_{n}",
                    f"Pfirrmann {roman}",
                    f"Pfirrmann {roman}级",
                    f"Disc signal at {{at}}: Pfirrmann grade {roman} (a lumbar scale).",
                    f"{{at}}椎间盘信号Pfirrmann {roman}级(腰椎标准)。",
                )
                for n, roman in ((1, "I"), (2, "II"), (3, "III"), (4, "IV"), (5, "V"))
            ),
        ),
        default="normal",
        normal_en="Disc signal is preserved.",
        normal_zh="椎间盘信号正常。",
        clause_en="disc signal preserved",
        clause_zh="椎间盘信号正常",
        coded=Code("RDES", "RDES281", "disc degeneration grade"),
        note_en="The Pfirrmann grade is defined on lumbar discs.",
        note_zh="Pfirrmann分级依据腰椎间盘定义。",
    ),
    _field(
        "discitis",
        Kind.CHOICE,
        "Discitis",
        "椎间盘炎",
        choices=(
            Choice("not_suspected", "not suspected", "无"),
            Choice(
                "suspected",
                "suspected",
                "可疑",
                "Suspected spondylodiscitis at {at}.",
                "{at}椎间盘炎可疑。",
                "Suspected spondylodiscitis at {at}.",
                "{at}椎间盘炎可疑。",
            ),
        ),
        default="not_suspected",
        impression_group=1,
    ),
    _field(
        "disc_height",
        Kind.CHOICE,
        "Disc height",
        "椎间隙高度",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice(
                "mildly_reduced",
                "mildly reduced",
                "轻度变窄",
                "Mildly reduced disc height at {at}.",
                "{at}椎间隙轻度变窄。",
            ),
            Choice(
                "clearly_reduced",
                "clearly reduced",
                "明显变窄",
                "Clearly reduced disc height at {at}.",
                "{at}椎间隙明显变窄。",
            ),
        ),
        default="normal",
        normal_en="Disc heights are preserved.",
        normal_zh="椎间隙高度正常。",
        clause_en="disc height preserved",
        clause_zh="椎间隙高度正常",
        coded=Code("OIFM", "OIFM_GMTS_010108", "narrow disc space"),
    ),
)
