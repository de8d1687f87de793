"""The words by which a paragraph speaks of a finding, English and Chinese side by side.

Patterns of both languages are tried on every text: a comment keeps its own language in either version of a report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class At(StrEnum):
    """What a concept belongs to."""

    VERTEBRA = "vertebra"
    DISC = "disc"
    STUDY = "study"


@dataclass(frozen=True)
class Concept:
    """``names`` is what must be there; ``abnormal`` what makes it a finding and ``normal`` what denies one, if needed.

    Without ``abnormal`` the name alone says that the finding is present ("bulge"). ``is_agreed``: the names are the
    department's own for a grade, so what looks like a denial within them denies nothing.
    """

    key: str
    at: At
    names: re.Pattern[str]
    abnormal: re.Pattern[str] | None = None
    normal: re.Pattern[str] | None = None
    sided: bool = False
    is_agreed: bool = False


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_NORMAL = _words("normal", "preserved", "maintained", "unremarkable", "正常", "存在", "规整", "未见(?:明显)?异常")

CONCEPTS: tuple[Concept, ...] = (
    Concept(
        "herniation",
        At.DISC,
        _words(r"herniat\w+", r"protru\w+", r"extru\w+", r"sequest\w+", "突出", "脱出", "游离型"),
        sided=True,
    ),
    Concept("bulge", At.DISC, _words(r"\bbulg\w+", "膨出")),
    Concept(
        "pll",
        At.DISC,
        _words("posterior longitudinal ligament", r"\bPLL\b", "后纵韧带"),
        abnormal=_words(r"thicken\w*", r"\bthick\b", "增厚", "肥厚"),
    ),
    Concept("ossification", At.DISC, _words(r"ossif\w+", r"\bOPLL\b", "骨化")),
    Concept(
        "lf",
        At.DISC,
        _words(r"ligament(?:um|a) flav(?:um|a)", r"\bLF\b", "黄韧带"),
        abnormal=_words(r"thicken\w*", r"\bthick\b", "增厚", "肥厚"),
        sided=True,
    ),
    Concept(
        "canal",
        At.DISC,
        _words(
            r"canal (?:narrowing|stenosis)",
            r"(?:narrowing|stenosis) of the (?:spinal )?canal",
            r"canal is narrowed",
            r"cord compression",
            r"compression of the cord",
            r"cord is (?:deformed|compressed)",
            r"CSF space mostly lost",
            r"椎管[^，。；]{0,4}狭窄",
            "脊髓受压",
            "蛛网膜下腔大部消失",
        ),
    ),
    Concept(
        "signal",
        At.DISC,
        _words(
            r"T2 (?:high )?signal(?: change)?",
            r"T2 hyperintens\w+",
            r"T2 high",
            r"cord signal",
            "T2信号异常",
            "T2高信号",
            "T2高T1低信号",
            "脊髓信号",
        ),
        normal=_words(r"cord signal is normal", r"脊髓信号(?:未见异常|正常)"),
    ),
    Concept(
        "foramen",
        At.DISC,
        _words(r"\bforamen\b(?! magnum)", r"\bforamina\b", r"foraminal (?:narrowing|stenosis)", "椎间孔(?!型|外)"),
        abnormal=_words(r"narrow\w+", r"stenos\w+", "狭窄"),
        normal=_words("patent", "通畅"),
        sided=True,
    ),
    Concept(
        "root",
        At.DISC,
        _words(r"\broots?\b", "神经根"),
        abnormal=_words(r"contact\w*", r"displac\w+", r"compress\w+", "接触", "推移", "受压"),
        sided=True,
    ),
    Concept("discitis", At.DISC, _words("discitis", "椎间盘炎")),
    Concept(
        "slip",
        At.VERTEBRA,
        _words(r"\w*listhesis", r"\bslip\b", "alignment", "滑脱", "椎体序列"),
        normal=_words("alignment is normal", "alignment normal", "序列规整"),
        sided=True,
    ),
    Concept("osteophyte", At.VERTEBRA, _words(r"osteophyt\w+", "骨质增生", "骨赘"), sided=True),
    Concept("fracture", At.VERTEBRA, _words(r"fractur\w+", "骨折")),
    Concept("dislocation", At.VERTEBRA, _words(r"dislocat\w+", "脱位")),
    Concept("height", At.VERTEBRA, _words("height loss", "loss of height", "变扁")),
    Concept(
        "marrow",
        At.VERTEBRA,
        _words("marrow", r"ha?emangioma", "骨髓", "血管瘤"),
        abnormal=_words(
            r"lesions?\b", r"o?edema", r"ha?emangioma", "fatty", "low T1", "血管瘤", "水肿", "脂肪变", "可疑", "低信号"
        ),
        normal=_NORMAL,
    ),
    Concept("endplate", At.VERTEBRA, _words("endplate", "终板")),
    Concept("facet", At.VERTEBRA, _words("facet degeneration", "小关节退变"), sided=True),
    Concept(
        "scoliosis",
        At.STUDY,
        _words("scoliosis", "侧弯"),
        sided=True,
    ),
    Concept(
        "lordosis",
        At.STUDY,
        _words("lordosis", "生理曲度"),
        abnormal=_words(r"straighten\w+", r"revers\w+", r"exaggerat\w+", "变直", "反弓", "增大"),
        normal=_NORMAL,
    ),
    Concept(
        "tonsils",
        At.STUDY,
        _words(r"tonsils?\b", "Chiari", "扁桃体"),
        abnormal=_words(r"\blow\b", "low-lying", "Chiari", "下移"),
        normal=_NORMAL,
    ),
    Concept(
        "artery",
        At.STUDY,
        _words("vertebral artery flow voids?", "椎动脉流空(?:信号)?"),
        abnormal=_words("absent", "消失"),
        normal=_words("present", "存在"),
        sided=True,
    ),
    Concept(
        "prevertebral",
        At.STUDY,
        _words("prevertebral", "椎前"),
        abnormal=_words(r"swell\w+", r"swollen", "collection", "肿胀", "积液"),
        normal=_NORMAL,
    ),
    Concept(
        "extramedullary",
        At.STUDY,
        _words(r"\bepidural\b", r"intradural", "硬膜外", "髓外硬膜下", "椎管内"),
        abnormal=_words(
            r"lesions?\b",
            r"ha?ematoma",
            r"abscess",
            r"tumou?r",
            r"cyst\b",
            "占位",
            "病变",
            "血肿",
            "脓肿",
            "肿瘤",
            "囊肿",
        ),
    ),
)

# A denial, unless it is one of the phrases that only look like it.
DENIAL = re.compile(
    r"\b(?:no|not|without|neither|nor|none|never|free of|negative for)\b"
    r"|未见|未受|无(?!法)|没有|不伴|未(?!评价|提供)|不(?!规则|详|除外|能排除|能除外)",
    re.IGNORECASE,
)
NO_DENIAL = re.compile(r"(?:cannot|can not|not) be (?:excluded|ruled out)|not excluded|不除外|不能(?:排除|除外)", re.I)
# After one of these a denial before it no longer reaches ("no bulge but a herniation").
RESET = re.compile(r"\bbut\b|\bwith\b|\bhowever\b|\bexcept\b|但|可见|伴(?!随)", re.IGNORECASE)
NOT_ASSESSED = re.compile(r"not assessed|not evaluable|未评价|未评估|无法评价|不能评价", re.IGNORECASE)
REMAINDER = re.compile(r"\bother\b|\bremaining\b|\brest\b|\belsewhere\b|其余|余节段|其他", re.IGNORECASE)

_BOTH = re.compile(r"\bleft and right\b|\bright and left\b|\bboth\b|\bbilateral(?:ly)?\b|双侧|两侧|左右", re.IGNORECASE)
SIDES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (_BOTH, ("left", "right")),
    (re.compile(r"\bleft\b|左", re.IGNORECASE), ("left",)),
    (re.compile(r"\bright\b|右", re.IGNORECASE), ("right",)),
)
