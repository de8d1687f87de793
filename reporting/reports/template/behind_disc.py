"""T4: what lies behind the disc: ligaments, canal, foramina and roots.

Canal grades follow the scale of Kang, foramen grades the axial T2 scale of Kim, in our own words.
"""

from __future__ import annotations

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope
from reporting.vocabulary import Code, MachineFinding, Zone


def _field(key: str, kind: Kind, en: str, zh: str, **rest: object) -> Field:
    return Field(key, Block.DISC, Scope.DISC, kind, en, zh, **rest)  # type: ignore[arg-type]


LIGAMENTS = (
    _field(
        "pll",
        Kind.CHOICE,
        "Posterior longitudinal ligament",
        "后纵韧带",
        choices=(
            Choice("not_thickened", "not thickened", "无增厚"),
            Choice("thickened", "thickened (> 2.0 mm)", "增厚(>2 mm)"),
        ),
        fill=Fill.MACHINE,
        machine=MachineFinding.PLL,
        default="not_thickened",
        normal_en="The posterior longitudinal ligament is not thickened.",
        normal_zh="后纵韧带未见增厚。",
        clause_en="posterior longitudinal ligament not thickened",
        clause_zh="后纵韧带未见增厚",
        impression_group=7,
        number="pll_mm",
    ),
    _field("pll_mm", Kind.NUMBER, "PLL thickness", "后纵韧带厚度", fill=Fill.MEASURED, unit="mm", maximum=15),
    _field(
        "pll_ossification",
        Kind.CHOICE,
        "PLL ossification",
        "后纵韧带骨化",
        choices=(
            Choice("not_suspected", "not suspected", "无"),
            *(
                Choice(
                    code,
                    f"suspected, {en}",
                    f"可疑，{zh}",
                    f"Low PLL signal at {{at}} suggests ossification ({en}); CT can confirm.",
                    f"{{at}}后纵韧带低信号影，骨化可疑({zh})，建议CT证实。",
                    f"Suspected ossification of the posterior longitudinal ligament at {{at}} ({en}); CT can confirm.",
                    f"{{at}}后纵韧带骨化可疑({zh})，建议CT证实。",
                )
                for code, en, zh in (
                    ("continuous", "continuous", "连续型"),
                    ("segmental", "segmental", "节段型"),
                    ("mixed", "mixed", "混合型"),
                    ("localised", "localised", "局限型"),
                )
            ),
        ),
        default="not_suspected",
        impression_group=6,
    ),
    _field(
        "lf",
        Kind.CHOICE,
        "Ligamentum flavum",
        "黄韧带",
        choices=(
            Choice("not_thickened", "not thickened", "无增厚"),
            Choice("thickened", "thickened (> 2.0 mm)", "增厚(>2 mm)"),
        ),
        sided=True,
        fill=Fill.MACHINE,
        machine=MachineFinding.LF,
        default="not_thickened",
        normal_en="The ligamenta flava are not thickened.",
        normal_zh="黄韧带未见增厚。",
        clause_en="ligamenta flava not thickened",
        clause_zh="黄韧带未见增厚",
        impression_group=7,
        number="lf_mm",
    ),
    _field("lf_mm", Kind.NUMBER, "LF thickness", "黄韧带厚度", sided=True, fill=Fill.MEASURED, unit="mm", maximum=15),
)

_NARROWED = Condition("canal_grade", ("1", "2", "3"))

CANAL = (
    _field(
        "canal_grade",
        Kind.CHOICE,
        "Canal",
        "椎管",
        choices=(
            Choice("0", "0: no narrowing", "0级：无狭窄"),
            Choice("1", "1: CSF space mostly lost, cord shape normal", "1级：蛛网膜下腔消失>50%,脊髓形态正常"),
            Choice("2", "2: cord deformed, no signal change", "2级：脊髓受压变形，无信号异常"),
            Choice("3", "3: cord deformed with T2 signal change", "3级：脊髓受压变形伴T2信号异常"),
        ),
        default="0",
        normal_en="No canal narrowing.",
        normal_zh="椎管未见狭窄。",
        clause_en="no canal narrowing",
        clause_zh="椎管未见狭窄",
        required=True,
        impression_group=2,
        coded=Code("OIFM", "OIFM_GMTS_025706", "narrow canal"),
        note_en="Expected agreement: substantial (kappa 0.67-0.80).",
        note_zh="预期一致性：较好(kappa 0.67-0.80)。",
    ),
    _field("canal_ap_mm", Kind.NUMBER, "Canal, front to back", "椎管前后径", fill=Fill.MEASURED, unit="mm", maximum=30),
    _field(
        "thecal_sac",
        Kind.CHOICE,
        "Thecal sac",
        "硬膜囊",
        choices=(
            Choice("normal", "normal", "正常"),
            Choice("indented", "indented", "受压变形"),
            Choice("effaced", "anterior space effaced", "前间隙消失"),
        ),
        default="normal",
        default_unless=_NARROWED,
        normal_en="The thecal sac is not compressed.",
        normal_zh="硬膜囊未见受压。",
        clause_en="thecal sac not compressed",
        clause_zh="硬膜囊未见受压",
    ),
)

FORAMEN = (
    _field(
        "foramen",
        Kind.CHOICE,
        "Foramen",
        "椎间孔",
        choices=(
            Choice("0", "0: wider than the root outside it", "0级：无狭窄"),
            Choice("1", "1: no wider than that root, but more than half of it", "1级：轻中度"),
            Choice("2", "2: half the root width or less", "2级：重度"),
        ),
        sided=True,
        default="0",
        default_unless=Condition("hern_zone", (Zone.FORAMINAL.value, Zone.EXTRAFORAMINAL.value)),
        normal_en="The neural foramina are patent.",
        normal_zh="双侧椎间孔通畅。",
        clause_en="neural foramina patent",
        clause_zh="椎间孔通畅",
        impression_group=4,
        coded=Code("OIFM", "OIFM_GMTS_010014", "small intervertebral foramen"),
        note_en="Expected agreement: moderate (kappa 0.50-0.58).",
        note_zh="预期一致性：中等(kappa 0.50-0.58)。",
    ),
    _field(
        "foramen_cause",
        Kind.CHOICE,
        "Foramen narrowed by",
        "椎间孔狭窄原因",
        choices=(
            Choice("disc", "disc", "椎间盘"),
            Choice("uncovertebral", "uncovertebral", "钩椎关节"),
            Choice("facet", "facet", "小关节"),
            Choice("mixed", "mixed", "混合"),
        ),
        sided=True,
        only_when=Condition("foramen", ("1", "2")),
    ),
    _field(
        "nerve_root",
        Kind.CHOICE,
        "Nerve root",
        "神经根",
        choices=(
            Choice("not_contacted", "not contacted", "未受累"),
            Choice("contacted", "contacted", "接触"),
            Choice("displaced", "displaced", "推移"),
            Choice("compressed", "compressed", "受压"),
        ),
        sided=True,
        impression_group=4,
    ),
    _field(
        "change",
        Kind.CHOICE,
        "Change from prior",
        "与前片对比",
        choices=(
            Choice(
                "new",
                "new",
                "新发",
                "New at {at} since the earlier study.",
                "{at}为新发改变。",
                "New at {at}.",
                "{at}为新发改变。",
                coded=Code("SCT", "7147002", "New"),
            ),
            Choice(
                "progressed",
                "progressed",
                "进展",
                "Progressed at {at} since the earlier study.",
                "{at}较前进展。",
                "Progressed at {at}.",
                "{at}较前进展。",
            ),
            Choice(
                "unchanged",
                "unchanged",
                "无变化",
                "Unchanged at {at} since the earlier study.",
                "{at}较前无变化。",
                coded=Code("SCT", "260388006", "Unchanged"),
            ),
            Choice("improved", "improved", "好转", "Improved at {at} since the earlier study.", "{at}较前好转。"),
            Choice("no_prior", "no prior", "无对比"),
        ),
        impression_group=10,
    ),
)

FIELDS = (*LIGAMENTS, *CANAL, *FORAMEN)
