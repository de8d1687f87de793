"""T3: the vertebra itself: height, marrow, endplates, fracture, operation."""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Kind, Scope
from reporting.vocabulary import Code


def _field(key: str, kind: Kind, en: str, zh: str, **rest: object) -> Field:
    return Field(key, Block.VERTEBRA, Scope.VERTEBRA, kind, en, zh, **rest)  # type: ignore[arg-type]


def _endplate(key: str, en: str, zh: str, which_en: str, which_zh: str) -> Field:
    def modic(code: str, roman: str, impression: bool = False) -> Choice:
        text_en, text_zh = (
            f"Modic type {roman} change of the {which_en} endplate of {{at}}.",
            f"{{at}}椎体{which_zh}终板Modic {roman}型改变。",
        )
        return Choice(
            code, f"Modic {roman}", f"Modic {roman}型", text_en, text_zh, text_en * impression, text_zh * impression
        )

    return _field(
        key,
        Kind.MULTI,
        en,
        zh,
        choices=(
            Choice("normal", "normal", "正常"),
            modic("modic_1", "I", impression=True),
            modic("modic_2", "II"),
            modic("modic_3", "III"),
            Choice(
                "mixed",
                "mixed",
                "混合型",
                f"Mixed Modic change of the {which_en} endplate of {{at}}.",
                f"{{at}}椎体{which_zh}终板混合型Modic改变。",
            ),
            Choice(
                "irregular",
                "irregular",
                "不规则",
                f"Irregular {which_en} endplate of {{at}}.",
                f"{{at}}椎体{which_zh}终板不规则。",
                coded=Code("OIFM", "OIFM_OIDM_731302", "endplate irregularity"),
            ),
            Choice(
                "schmorl",
                "Schmorl node",
                "许莫氏结节",
                f"Schmorl node in the {which_en} endplate of {{at}}.",
                f"{{at}}椎体{which_zh}终板许莫氏结节。",
            ),
        ),
        default="normal",
    )


_CANAL = (Choice("no", "no", "无"), Choice("yes", "yes", "有"))

FIELDS = (
    _field(
        "height",
        Kind.CHOICE,
        "Vertebral height",
        "椎体高度",
        choices=(
            Choice("normal", "normal", "正常"),
            *(
                Choice(
                    code,
                    f"height loss {size}",
                    f"变扁({degree})",
                    f"Height loss of {{at}} ({size}).",
                    f"{{at}}椎体{degree}变扁。",
                    f"Height loss of {{at}} ({size}).",
                    f"{{at}}椎体{degree}变扁。",
                    coded=Code("OIFM", "OIFM_OIDM_098341", "height loss"),
                )
                for code, size, degree in (
                    ("loss_mild", "less than 25%", "轻度"),
                    ("loss_moderate", "25-40%", "中度"),
                    ("loss_severe", "more than 40%", "重度"),
                )
            ),
        ),
        default="normal",
        normal_en="Vertebral heights are maintained.",
        normal_zh="椎体高度正常。",
        clause_en="height maintained",
        clause_zh="椎体高度正常",
        impression_group=5,
    ),
    _field(
        "marrow",
        Kind.CHOICE,
        "Marrow",
        "骨髓信号",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice(
                "haemangioma",
                "haemangioma-like",
                "血管瘤样",
                "Haemangioma-like lesion in {at}.",
                "{at}椎体血管瘤样信号。",
            ),
            Choice("fatty", "fatty", "脂肪变", "Fatty marrow in {at}.", "{at}椎体骨髓脂肪变。"),
            Choice(
                "oedema",
                "oedema",
                "水肿",
                "Marrow oedema in {at}.",
                "{at}椎体骨髓水肿。",
                "Marrow oedema in {at}.",
                "{at}椎体骨髓水肿。",
            ),
            Choice(
                "focal_suspicious",
                "focal, suspicious",
                "局灶可疑",
                "Suspicious focal marrow lesion in {at}.",
                "{at}椎体局灶可疑骨髓信号异常。",
                "Suspicious focal marrow lesion in {at}; further work-up is advised.",
                "{at}椎体局灶可疑骨髓信号异常，建议进一步检查。",
            ),
            Choice(
                "diffuse_low_t1",
                "diffuse low T1",
                "弥漫T1低信号",
                "Diffusely low T1 marrow signal in {at}.",
                "{at}椎体骨髓弥漫T1低信号。",
                "Diffusely low T1 marrow signal in {at}; further work-up is advised.",
                "{at}椎体骨髓弥漫T1低信号，建议进一步检查。",
            ),
        ),
        default="normal",
        normal_en="Marrow signal is normal.",
        normal_zh="骨髓信号未见异常。",
        clause_en="marrow signal normal",
        clause_zh="骨髓信号未见异常",
        impression_group=1,
        coded=Code("SCT", "14016003", "Bone marrow"),
    ),
    _endplate("endplate_upper", "Upper endplate", "上终板", "upper", "上"),
    _endplate("endplate_lower", "Lower endplate", "下终板", "lower", "下"),
    _field(
        "posterior_elements",
        Kind.MULTI,
        "Posterior elements",
        "附件",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice(
                "facet_left",
                "left facet degeneration",
                "左侧小关节退变",
                "Left facet degeneration at {at}.",
                "{at}左侧小关节退变。",
            ),
            Choice(
                "facet_right",
                "right facet degeneration",
                "右侧小关节退变",
                "Right facet degeneration at {at}.",
                "{at}右侧小关节退变。",
            ),
            Choice(
                "fusion",
                "fusion",
                "融合",
                "Fused posterior elements at {at}.",
                "{at}附件融合。",
                "Fused posterior elements at {at}.",
                "{at}附件融合。",
            ),
            Choice(
                "defect",
                "defect",
                "缺损",
                "Defect of the posterior elements at {at}.",
                "{at}附件缺损。",
                "Defect of the posterior elements at {at}.",
                "{at}附件缺损。",
            ),
        ),
        default="normal",
        normal_en="Posterior elements are unremarkable.",
        normal_zh="附件未见异常。",
        clause_en="posterior elements unremarkable",
        clause_zh="附件未见异常",
    ),
    _field(
        "fracture",
        Kind.CHOICE,
        "Fracture",
        "骨折",
        choices=(
            Choice("none", "none", "无"),
            Choice(
                "present", "present", "有", "Fracture of {at}.", "{at}椎体骨折。", "Fracture of {at}.", "{at}椎体骨折。"
            ),
        ),
        default="none",
        impression_group=1,
    ),
    _field(
        "fracture_canal",
        Kind.CHOICE,
        "Fracture compromises the canal",
        "骨折累及椎管",
        choices=(
            _CANAL[0],
            Choice(
                "yes",
                "yes",
                "有",
                "The fracture of {at} compromises the canal.",
                "{at}椎体骨折累及椎管。",
                "The fracture of {at} compromises the canal.",
                "{at}椎体骨折累及椎管。",
            ),
        ),
        only_when=Condition("fracture", ("present",)),
        required=True,
        impression_group=1,
    ),
    _field(
        "dislocation",
        Kind.CHOICE,
        "Dislocation",
        "脱位",
        choices=(
            Choice("none", "none", "无"),
            Choice(
                "present",
                "present",
                "有",
                "Dislocation at {at}.",
                "{at}椎体脱位。",
                "Dislocation at {at}.",
                "{at}椎体脱位。",
            ),
        ),
        default="none",
        impression_group=1,
    ),
    _field(
        "dislocation_canal",
        Kind.CHOICE,
        "Dislocation compromises the canal",
        "脱位累及椎管",
        choices=(
            _CANAL[0],
            Choice(
                "yes",
                "yes",
                "有",
                "The dislocation at {at} compromises the canal.",
                "{at}椎体脱位累及椎管。",
                "The dislocation at {at} compromises the canal.",
                "{at}椎体脱位累及椎管。",
            ),
        ),
        only_when=Condition("dislocation", ("present",)),
        required=True,
        impression_group=1,
    ),
    _field(
        "postop",
        Kind.MULTI,
        "Post-operative state",
        "术后改变",
        choices=(
            Choice("none", "none", "无"),
            Choice(
                "fusion_hardware",
                "fusion hardware",
                "内固定",
                "Fusion hardware at {at}.",
                "{at}椎体内固定术后。",
                "Fusion hardware at {at}.",
                "{at}椎体内固定术后。",
                coded=Code("OIFM", "OIFM_OIDM_202275", "anterior cervical fusion hardware"),
            ),
            Choice(
                "disc_prosthesis",
                "disc prosthesis",
                "人工椎间盘",
                "Disc prosthesis below {at}.",
                "{at}下方人工椎间盘置换术后。",
                "Disc prosthesis below {at}.",
                "{at}下方人工椎间盘置换术后。",
            ),
            Choice(
                "laminoplasty",
                "laminoplasty",
                "椎管扩大成形",
                "Laminoplasty at {at}.",
                "{at}椎管扩大成形术后。",
                "Laminoplasty at {at}.",
                "{at}椎管扩大成形术后。",
            ),
            Choice(
                "laminectomy",
                "laminectomy",
                "椎板切除",
                "Laminectomy at {at}.",
                "{at}椎板切除术后。",
                "Laminectomy at {at}.",
                "{at}椎板切除术后。",
            ),
        ),
        default="none",
    ),
)
