"""T6: what else the images show, and the free comment of every block."""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Kind, Scope
from reporting.vocabulary import Code


def _field(key: str, kind: Kind, en: str, zh: str, scope: Scope = Scope.STUDY, **rest: object) -> Field:
    return Field(key, Block.OTHER, scope, kind, en, zh, **rest)  # type: ignore[arg-type]


def _choice(code: str, en: str, zh: str, text_en: str, text_zh: str, impression: bool = True) -> Choice:
    return Choice(code, en, zh, text_en, text_zh, text_en * impression, text_zh * impression)


_ITEM = Condition("incidental", ("thyroid", "nodes", "pharynx", "lung_apex", "brain", "other"))
_SCOPES = {
    Block.EXAM: Scope.STUDY,
    Block.ALIGNMENT: Scope.STUDY,
    Block.VERTEBRA: Scope.VERTEBRA,
    Block.DISC: Scope.DISC,
    Block.CORD: Scope.STUDY,
    Block.OTHER: Scope.STUDY,
}

FIELDS = (
    _field(
        "prevertebral",
        Kind.CHOICE,
        "Prevertebral soft tissues",
        "椎前软组织",
        choices=(
            Choice("normal", "normal", "正常"),
            _choice("swollen", "swollen", "肿胀", "Prevertebral soft tissue swelling{mm}.", "椎前软组织肿胀{mm}。"),
            _choice("collection", "collection", "积液", "Prevertebral collection{mm}.", "椎前积液{mm}。"),
        ),
        default="normal",
        normal_en="Prevertebral soft tissues are normal.",
        normal_zh="椎前软组织未见异常。",
        number="prevertebral_mm",
    ),
    _field(
        "prevertebral_mm",
        Kind.NUMBER,
        "Prevertebral thickness",
        "椎前软组织厚度",
        unit="mm",
        maximum=60,
        only_when=Condition("prevertebral", ("swollen", "collection")),
    ),
    _field(
        "paraspinal",
        Kind.CHOICE,
        "Paraspinal muscles",
        "椎旁肌",
        choices=(
            Choice("normal", "normal", "正常"),
            _choice("oedema", "oedema", "水肿", "Oedema of the paraspinal muscles.", "椎旁肌水肿。"),
            _choice(
                "atrophy", "atrophy", "萎缩", "Atrophy of the paraspinal muscles.", "椎旁肌萎缩。", impression=False
            ),
            _choice("mass", "mass", "肿块", "Paraspinal mass.", "椎旁肿块。"),
        ),
        default="normal",
        normal_en="Paraspinal muscles are unremarkable.",
        normal_zh="椎旁软组织未见异常。",
    ),
    _field(
        "vertebral_arteries",
        Kind.CHOICE,
        "Vertebral artery flow voids",
        "椎动脉流空",
        choices=(
            Choice("present", "present", "存在"),
            _choice(
                "absent_left",
                "absent on the left",
                "左侧消失",
                "The left vertebral artery flow void is absent.",
                "左侧椎动脉流空信号消失。",
            ),
            _choice(
                "absent_right",
                "absent on the right",
                "右侧消失",
                "The right vertebral artery flow void is absent.",
                "右侧椎动脉流空信号消失。",
            ),
            _choice(
                "absent_both",
                "absent on both sides",
                "双侧消失",
                "Both vertebral artery flow voids are absent.",
                "双侧椎动脉流空信号消失。",
            ),
        ),
        default="present",
        normal_en="Vertebral artery flow voids are present.",
        normal_zh="双侧椎动脉流空信号存在。",
        coded=Code("SCT", "85234005", "Vertebral artery"),
    ),
    _field(
        "vertebral_artery_dominant",
        Kind.CHOICE,
        "Dominant vertebral artery",
        "椎动脉优势侧",
        choices=(
            _choice(
                "left", "left", "左侧", "The left vertebral artery is dominant.", "左侧椎动脉优势。", impression=False
            ),
            _choice(
                "right",
                "right",
                "右侧",
                "The right vertebral artery is dominant.",
                "右侧椎动脉优势。",
                impression=False,
            ),
        ),
    ),
    _field(
        "incidental",
        Kind.CHOICE,
        "Incidental finding",
        "偶然发现",
        Scope.LESION,
        choices=(
            Choice("none", "none", "无"),
            Choice("thyroid", "thyroid", "甲状腺", coded=Code("SCT", "69748006", "Thyroid gland")),
            Choice("nodes", "lymph nodes", "淋巴结"),
            Choice("pharynx", "pharynx", "咽部"),
            Choice("lung_apex", "lung apex", "肺尖"),
            Choice("brain", "brain", "颅内"),
            Choice("other", "other", "其他"),
        ),
        default="none",
        normal_en="No incidental finding of note.",
        normal_zh="扫描范围内未见其他异常。",
    ),
    _field("incidental_text", Kind.TEXT, "Description", "描述", Scope.LESION, only_when=_ITEM, required=True),
    _field("incidental_mm", Kind.NUMBER, "Size", "大小", Scope.LESION, unit="mm", maximum=300, only_when=_ITEM),
    _field(
        "incidental_action",
        Kind.CHOICE,
        "Action needed",
        "需处理",
        Scope.LESION,
        choices=(Choice("no", "no", "否"), Choice("yes", "yes", "是")),
        only_when=_ITEM,
        required=True,
    ),
)

COMMENTS = tuple(
    field
    for block, scope in _SCOPES.items()
    for field in (
        Field(f"comment_{block.value}", block, scope, Kind.TEXT, "Comment", "备注"),
        Field(
            f"comment_{block.value}_to_impression",
            block,
            scope,
            Kind.CHOICE,
            "Comment in the impression",
            "备注列入诊断意见",
            choices=(Choice("no", "no", "否"), Choice("yes", "yes", "是")),
        ),
    )
)
