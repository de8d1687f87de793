"""T1: the examination as a whole."""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope
from reporting.vocabulary import Code, SeriesRole, Vertebra


def _field(key: str, kind: Kind, en: str, zh: str, **rest: object) -> Field:
    return Field(key, Block.EXAM, Scope.STUDY, kind, en, zh, **rest)  # type: ignore[arg-type]


INDICATION_TAGS = (
    Choice("neck_pain", "neck pain", "颈痛"),
    Choice("radicular_left", "radicular arm symptoms, left", "左上肢放射症状"),
    Choice("radicular_right", "radicular arm symptoms, right", "右上肢放射症状"),
    Choice("hand_clumsiness", "hand clumsiness", "手笨拙"),
    Choice("gait_change", "gait change", "步态异常"),
    Choice("sphincter", "sphincter symptoms", "括约肌症状"),
    Choice("trauma", "trauma", "外伤"),
    Choice("known_tumour", "known tumour", "已知肿瘤"),
    Choice("fever", "fever", "发热"),
    Choice("follow_up", "follow-up", "复查"),
    Choice("postoperative", "post-operative", "术后"),
)

SEQUENCES = (
    Choice(SeriesRole.SAGITTAL_T1.value, "sagittal T1", "矢状面T1WI"),
    Choice(SeriesRole.SAGITTAL_T2.value, "sagittal T2", "矢状面T2WI"),
    Choice(SeriesRole.AXIAL_T2.value, "axial T2", "轴面T2WI"),
    Choice(SeriesRole.AXIAL_FS_T2.value, "axial fat-suppressed T2", "轴面脂肪抑制T2WI"),
    Choice(SeriesRole.SAGITTAL_STIR.value, "sagittal STIR", "矢状面STIR"),
)

FIELDS = (
    _field("indication", Kind.TEXT, "Indication", "检查目的", coded=Code("LN", "11329-0", "History")),
    _field("indication_tags", Kind.MULTI, "Symptoms", "症状", choices=INDICATION_TAGS),
    _field(
        "onset",
        Kind.CHOICE,
        "Onset",
        "起病",
        choices=(
            Choice("acute", "acute", "急性"),
            Choice("progressive", "progressive", "进行性"),
            Choice("chronic", "chronic", "慢性"),
            Choice("unknown", "unknown", "不详"),
        ),
    ),
    _field(
        "sequences",
        Kind.MULTI,
        "Sequences",
        "扫描序列",
        choices=SEQUENCES,
        fill=Fill.AUTOMATIC,
        coded=Code("LN", "55111-9", "Procedure description"),
    ),
    _field(
        "quality",
        Kind.CHOICE,
        "Image quality",
        "图像质量",
        choices=(
            Choice("good", "good", "良好"),
            Choice("limited", "limited", "受限", "Image quality is limited.", "图像质量受限。"),
            Choice(
                "non_diagnostic",
                "non-diagnostic",
                "无法诊断",
                "Image quality is non-diagnostic.",
                "图像质量无法满足诊断要求。",
                "Image quality is non-diagnostic.",
                "图像质量无法满足诊断要求。",
            ),
        ),
        default="good",
        normal_en="Image quality is adequate.",
        normal_zh="图像质量满足诊断要求。",
        required=True,
        impression_group=1,
        coded=Code("DCM", "111101", "Image Quality"),
    ),
    _field(
        "quality_reason",
        Kind.MULTI,
        "Limited by",
        "受限原因",
        choices=(
            Choice("motion", "motion", "运动伪影", coded=Code("RADLEX", "RID11423", "motion artifact")),
            Choice("wrap", "wrap-around", "卷褶伪影", coded=Code("RADLEX", "RID11395", "wraparound artifact")),
            Choice(
                "chemical_shift",
                "chemical shift",
                "化学位移伪影",
                coded=Code("RADLEX", "RID11374", "chemical shift artifact"),
            ),
            Choice("metal", "metal", "金属伪影"),
            Choice("coverage", "coverage", "范围不全"),
            Choice("other", "other", "其他"),
        ),
        only_when=Condition("quality", ("limited", "non_diagnostic")),
    ),
    _field(
        "level_method",
        Kind.CHOICE,
        "Counting of levels",
        "节段定位方法",
        choices=(
            Choice("dens", "dens landmark (automatic)", "齿状突定位(自动)"),
            Choice("one_click", "one click on C2/3", "C2/3点选", "Levels were counted from C2.", "节段自C2向下计数。"),
            Choice("manual", "manual", "手动", "Levels were assigned by hand.", "节段由人工标注。"),
            Choice(
                "localiser",
                "whole-spine localiser",
                "全脊柱定位像",
                "Levels were counted on a whole-spine localiser.",
                "节段依据全脊柱定位像计数。",
            ),
        ),
        default="dens",
        normal_en="Levels were counted from C2.",
        normal_zh="节段自C2向下计数。",
    ),
    _field(
        "level_status",
        Kind.CHOICE,
        "Levels",
        "节段",
        choices=(
            Choice("confirmed", "confirmed", "已确认"),
            Choice("shifted", "shifted by the reader", "用户校正"),
            Choice("anomaly", "anomaly", "变异"),
        ),
        required=True,
    ),
    _field(
        "numbering_anomaly",
        Kind.CHOICE,
        "Numbering anomaly",
        "节段变异",
        choices=(
            Choice("none", "none", "无"),
            Choice(
                "block_vertebra",
                "block vertebra",
                "阻滞椎",
                "There is a block vertebra.",
                "可见阻滞椎。",
                "Block vertebra.",
                "阻滞椎。",
            ),
            Choice(
                "cervical_rib",
                "cervical rib",
                "颈肋",
                "There is a cervical rib.",
                "可见颈肋。",
                "Cervical rib.",
                "颈肋。",
                coded=Code("RDES", "RDES101", "cervical rib"),
            ),
            Choice(
                "other",
                "other",
                "其他",
                "There is a numbering anomaly.",
                "可见节段变异。",
                "Numbering anomaly.",
                "节段变异。",
            ),
        ),
        default="none",
    ),
    _field(
        "coverage",
        Kind.CHOICE,
        "Coverage",
        "扫描范围",
        choices=(
            Choice("full", "C1-T1 seen", "覆盖C1-T1"),
            Choice(
                "missing",
                "levels missing",
                "缺失节段",
                "Not all levels are covered.",
                "扫描范围未覆盖全部节段。",
            ),
        ),
    ),
    _field(
        "coverage_missing",
        Kind.MULTI,
        "Missing levels",
        "缺失节段",
        choices=tuple(Choice(v.value, v.value, v.value) for v in Vertebra),
        only_when=Condition("coverage", ("missing",)),
    ),
    _field(
        "ai_gate",
        Kind.CHOICE,
        "Machine reading",
        "机器分析",
        choices=(
            Choice("run", "run", "已运行"),
            Choice("partial", "partly run", "部分运行"),
            Choice("withheld", "withheld", "未运行"),
            Choice("none", "no machine reading", "无机器分析"),
        ),
        fill=Fill.AUTOMATIC,
    ),
    _field(
        "comparison",
        Kind.CHOICE,
        "Comparison",
        "对比",
        choices=(
            Choice("none", "none", "无"),
            Choice(
                "available",
                "earlier study",
                "既往检查",
                "Compared with an earlier study.",
                "与既往检查对比。",
            ),
        ),
        default="none",
        normal_en="No earlier study for comparison.",
        normal_zh="无既往检查对比。",
        coded=Code("LN", "55114-3", "Prior procedure descriptions"),
    ),
    _field(
        "comparison_text",
        Kind.TEXT,
        "Earlier study (date, number)",
        "既往检查(日期、检查号)",
        only_when=Condition("comparison", ("available",)),
    ),
)
