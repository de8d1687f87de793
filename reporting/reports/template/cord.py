"""T5: the cord and what lies beside it. Lesions repeat: instance 1, 2 …"""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope
from reporting.vocabulary import Code, DiscLevel


def _field(key: str, kind: Kind, en: str, zh: str, scope: Scope = Scope.LESION, **rest: object) -> Field:
    return Field(key, Block.CORD, scope, kind, en, zh, **rest)  # type: ignore[arg-type]


_LEVELS = tuple(Choice(d.value, d.value, d.value) for d in DiscLevel)
_ABNORMAL = Condition("cord_signal", ("faint_t2", "intense_t2", "t2_high_t1_low"))
_PRESENT = Condition("extramedullary", ("epidural", "intradural"))


def _lesion(code: str, en: str, zh: str, coded: Code | None = None) -> Choice:
    return Choice(
        code,
        en,
        zh,
        f"Cord lesion: {en}{{at}}.",
        f"脊髓病变{{at}}：{zh}。",
        f"Cord lesion: {en}{{at}}.",
        f"脊髓病变{{at}}：{zh}。",
        coded,
    )


def _measured(key: str, en: str, zh: str, unit: str, maximum: float, coded: Code | None = None) -> Field:
    return _field(key, Kind.NUMBER, en, zh, Scope.STUDY, fill=Fill.MEASURED, unit=unit, maximum=maximum, coded=coded)


FIELDS = (
    _field(
        "cord_signal",
        Kind.CHOICE,
        "Cord signal",
        "脊髓信号",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice(
                "faint_t2", "faint T2 high signal", "模糊T2高信号", coded=Code("RADLEX", "RID39467", "T2 hyperintense")
            ),
            Choice(
                "intense_t2",
                "intense T2 high signal",
                "明显T2高信号",
                coded=Code("RADLEX", "RID39467", "T2 hyperintense"),
            ),
            Choice("t2_high_t1_low", "T2 high and T1 low signal", "T2高T1低信号"),
        ),
        default="normal",
        default_unless=Condition("canal_grade", ("3",)),
        normal_en="Cord signal is normal.",
        normal_zh="脊髓信号未见异常。",
        required=True,
        impression_group=1,
        number="signal_length_mm",
    ),
    _field(
        "signal_level_from",
        Kind.CHOICE,
        "Signal change from",
        "信号异常起",
        choices=_LEVELS,
        only_when=_ABNORMAL,
        required=True,
    ),
    _field("signal_level_to", Kind.CHOICE, "Signal change to", "信号异常止", choices=_LEVELS, only_when=_ABNORMAL),
    _field(
        "signal_length_mm",
        Kind.NUMBER,
        "Length of signal change",
        "信号异常长度",
        unit="mm",
        maximum=300,
        only_when=_ABNORMAL,
    ),
    _field(
        "cord_lesion_kind",
        Kind.CHOICE,
        "Kind of lesion",
        "病变性质",
        choices=(
            Choice("none", "none", "无"),
            _lesion("compressive_myelopathy", "compressive myelopathy", "压迫性脊髓病"),
            _lesion("syrinx", "syrinx", "空洞", Code("OIFM", "OIFM_GMTS_032082", "syringomyelia")),
            _lesion("demyelination_like", "demyelination-like", "脱髓鞘样"),
            _lesion("tumour_like", "tumour-like", "肿瘤样", Code("OIFM", "OIFM_GMTS_010156", "intramedullary lesion")),
            _lesion("haemorrhage", "haemorrhage", "出血"),
            _lesion("infarct_like", "infarct-like", "梗死样"),
            _lesion("transection", "transection", "脊髓离断"),
            _lesion("undetermined", "undetermined", "待定"),
        ),
        default="none",
        default_unless=_ABNORMAL,
        impression_group=1,
    ),
    _field(
        "cord_size",
        Kind.CHOICE,
        "Cord calibre",
        "脊髓形态",
        Scope.STUDY,
        choices=(
            Choice("normal", "normal", "正常"),
            Choice(
                "focal_thinning",
                "focal thinning",
                "局部变细",
                "The cord is focally thinned.",
                "脊髓局部变细。",
                "Focal cord thinning.",
                "脊髓局部变细。",
                Code("OIFM", "OIFM_GMTS_018445", "focally small cord"),
            ),
            Choice(
                "diffuse_thinning",
                "diffuse thinning",
                "弥漫变细",
                "The cord is diffusely thinned.",
                "脊髓弥漫变细。",
                "Diffuse cord thinning.",
                "脊髓弥漫变细。",
                Code("OIFM", "OIFM_GMTS_018434", "diffusely small cord"),
            ),
            Choice(
                "expanded", "expanded", "增粗", "The cord is expanded.", "脊髓增粗。", "Expanded cord.", "脊髓增粗。"
            ),
        ),
        default="normal",
        normal_en="Cord calibre is normal.",
        normal_zh="脊髓粗细正常。",
        impression_group=1,
    ),
    _measured("cord_ap_mm", "Cord, front to back", "脊髓前后径", "mm", 20),
    _measured("cord_csa_mm2", "Cord area", "脊髓截面积", "mm2", 200, Code("SCT", "42798000", "Area")),
    _measured("mscc_pct", "Maximum cord compression", "脊髓最大压迫率", "%", 100),
    _measured("mcc_pct", "Maximum canal compromise", "椎管占位率", "%", 100),
    _measured("ascor", "Cord to canal area ratio", "脊髓占椎管面积比", "1", 1),
    _field(
        "extramedullary",
        Kind.CHOICE,
        "Extramedullary lesion",
        "髓外病变",
        choices=(
            Choice("none", "none", "无"),
            Choice("epidural", "epidural", "硬膜外"),
            Choice("intradural", "intradural extramedullary", "髓外硬膜下"),
        ),
        default="none",
        normal_en="No epidural or intradural lesion.",
        normal_zh="椎管内未见占位。",
        impression_group=1,
        coded=Code("OIFM", "OIFM_GMTS_010189", "extradural lesion"),
    ),
    _field(
        "extramedullary_kind",
        Kind.CHOICE,
        "Kind",
        "性质",
        choices=(
            Choice("haematoma", "haematoma", "血肿"),
            Choice("abscess", "abscess", "脓肿"),
            Choice("tumour", "tumour", "肿瘤"),
            Choice("cyst", "cyst", "囊肿"),
            Choice("other", "lesion", "病变"),
        ),
        only_when=_PRESENT,
        required=True,
    ),
    _field(
        "extramedullary_cord_contact",
        Kind.CHOICE,
        "Cord contact",
        "脊髓接触",
        choices=(Choice("no", "no", "无"), Choice("yes", "yes", "有")),
        only_when=_PRESENT,
        required=True,
    ),
    _field(
        "escc",
        Kind.CHOICE,
        "ESCC grade",
        "ESCC分级",
        choices=tuple(Choice(g, g, f"{g}级") for g in ("0", "1a", "1b", "1c", "2", "3")),
        only_when=Condition("extramedullary_kind", ("tumour",)),
        coded=Code("RDES", "RDES288", "epidural spinal cord compression"),
    ),
)
