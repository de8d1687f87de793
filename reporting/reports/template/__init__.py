"""The report template: every field, value and default sentence, as data."""

from __future__ import annotations

from reporting.reports.template import alignment, behind_disc, cord, disc, exam, other, slip_osteophyte, vertebra
from reporting.reports.template.second_version import second_version
from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope, Template
from reporting.reports.template.third_version import third_version

__all__ = [
    "CURRENT",
    "FIRST",
    "SECOND",
    "TEMPLATES",
    "TITLES",
    "Block",
    "Choice",
    "Condition",
    "Field",
    "Fill",
    "Kind",
    "Scope",
    "Template",
]

TITLES: dict[Block, tuple[str, str]] = {
    Block.EXAM: ("Examination", "检查"),
    Block.ALIGNMENT: ("Alignment", "序列"),
    Block.VERTEBRA: ("Vertebrae", "椎体"),
    Block.DISC: ("Disc levels", "椎间盘节段"),
    Block.CORD: ("Cord", "脊髓"),
    Block.OTHER: ("Other structures", "其他"),
}

_ALL = (
    *exam.FIELDS,
    *alignment.FIELDS,
    *slip_osteophyte.FIELDS,
    *vertebra.FIELDS,
    *disc.FIELDS,
    *behind_disc.FIELDS,
    *cord.FIELDS,
    *other.FIELDS,
    *other.COMMENTS,
)

# In printing order: a comment follows the fields of its own block.
FIRST = Template("1", tuple(sorted(_ALL, key=lambda f: list(Block).index(f.block))))
SECOND = second_version(FIRST)
CURRENT = third_version(SECOND)
# Reports keep the template they were written with; every version ever used stays here.
TEMPLATES = {template.version: template for template in (FIRST, SECOND, CURRENT)}
