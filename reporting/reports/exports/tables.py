"""The fields of a report as tables for paper: what stands at each level, and what was measured.

Only what a person stands behind: a cell that nobody set says so, and never reads as normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reporting.reports.places import Place
from reporting.reports.states import FindingState
from reporting.reports.template.spec import Field, Kind, Scope, Template

UNSET = "–"
KEY = (
    "– not assessed 未评价 · canal 椎管 0–3, foramina 椎间孔 0–2: grades 分级 · L left 左侧, R right 右侧 · "
    "PLL posterior longitudinal ligament 后纵韧带, LF ligamentum flavum 黄韧带"
)
_LEVEL = "Level 节段"
_SIDES = {"left": "L 左", "right": "R 右"}
# Column: its title and the fields it shows, the leading one first; what follows prints only when it was set.
_DISCS = (
    ("Disc 椎间盘", ("disc_class", "bulge_mm", "hern_form", "hern_zone", "hern_side")),
    ("Canal 椎管", ("canal_grade", "canal_ap_mm")),
    ("Foramina 椎间孔", ("foramen",)),
    ("PLL 后纵韧带", ("pll", "pll_mm")),
    ("LF 黄韧带", ("lf", "lf_mm")),
)
_VERTEBRAE = (
    ("Osteophytes 骨质增生", ("osteophyte", "osteophyte_site", "osteophyte_size")),
    ("Slip 滑脱", ("slip", "slip_direction", "slip_grade", "slip_mm")),
    ("Height 椎体高度", ("height",)),
    ("Marrow 骨髓信号", ("marrow",)),
)
# Their values are grades, told by their number; the sentences say what they mean.
_GRADES = ("canal_grade", "foramen")


@dataclass(frozen=True)
class Table:
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(template: Template, content: Mapping[str, Any]) -> tuple[Table, ...]:
    """``content`` is that of ``reports.content.content_of``. A table in which nothing would stand is left out."""
    said = {Place.parse(each["key"]): each for each in content["findings"]}
    made = [
        _level_table(template, said, "Discs, canal and foramina 椎间盘、椎管和椎间孔", Scope.DISC, _DISCS),
        _level_table(template, said, "Vertebrae 椎体", Scope.VERTEBRA, _VERTEBRAE),
        _measurements(template, said),
    ]
    return tuple(table for table in made if table.rows)


def _level_table(
    template: Template,
    said: Mapping[Place, dict[str, Any]],
    title: str,
    scope: Scope,
    columns: Iterable[tuple[str, tuple[str, ...]]],
) -> Table:
    leading = [template[keys[0]] for _name, keys in columns]
    usual = {level for field in leading for level in field.usual_levels}
    levels = [level for level in leading[0].levels if level in usual or _is_told(said, leading, level)]
    rows = tuple((level, *(_cell(template, said, keys, level) for _name, keys in columns)) for level in levels)
    told = any(cell != UNSET for _level, *cells in rows for cell in cells)
    return Table(title, (_LEVEL, *(name for name, _keys in columns)), rows if told else ())


def _is_told(said: Mapping[Place, dict[str, Any]], fields: Iterable[Field], level: str) -> bool:
    return any(_words(field, said.get(Place(field.key, level, side))) for field in fields for side in field.sides)


def _cell(template: Template, said: Mapping[Place, dict[str, Any]], keys: tuple[str, ...], level: str) -> str:
    """What stands at a level: one text, or one for each side where they differ."""
    sides = template[keys[0]].sides
    texts = {side: _side(template, said, keys, level, side) for side in sides}
    if len(set(texts.values())) == 1:
        return texts[sides[0]]
    return "; ".join(f"{_SIDES[side]}: {text}" for side, text in texts.items())


def _side(
    template: Template, said: Mapping[Place, dict[str, Any]], keys: tuple[str, ...], level: str, side: str
) -> str:
    """The leading value, what belongs to it, and each further herniation after a plus sign."""
    fields = [template.at(key, level) for key in keys]
    instances = sorted({1, *(place.instance for place in said if place.field in keys and place.level == level)})
    parts = [
        [
            _words(field, said.get(Place(field.key, level, side if field.sided else "", instance)))
            for field in fields
            if instance == 1 or field.repeatable
        ]
        for instance in instances
    ]
    texts = [", ".join(text for text in told if text) for told in parts]
    return " + ".join(text for text in texts if text) if parts[0][0] else UNSET


def _words(field: Field, row: Mapping[str, Any] | None) -> str:
    """In both languages; empty when nobody said anything."""
    if row is None:
        return ""
    if row["state"] == FindingState.NOT_EVALUABLE.value:
        return "not evaluable 无法评价"
    value = row["value"]
    if value is None or value == []:
        return ""
    if field.kind is Kind.NUMBER:
        return f"{value:g} {field.unit}".removesuffix(" 1")
    if field.key in _GRADES:
        return str(value)
    if value == field.default and field.scope is not Scope.STUDY:
        return "normal 正常" if value != "none" and value != "absent" else "none 无"
    words = {choice.code: f"{choice.en} {choice.zh}" for choice in field.choices}
    return ", ".join(words.get(str(code), str(code)) for code in (value if isinstance(value, list) else [value]))


def _measurements(template: Template, said: Mapping[Place, dict[str, Any]]) -> Table:
    """Every number that no level's cell holds."""
    shown = {key for _name, keys in (*_DISCS, *_VERTEBRAE) for key in keys}
    rows = []
    for field in template.fields:
        if field.kind is not Kind.NUMBER or field.key in shown:
            continue
        for place, row in said.items():
            if place.field == field.key and (text := _words(field, row)):
                where = " ".join(part for part in (place.level, _SIDES.get(place.side, "")) if part)
                number = f" #{place.instance}" if place.instance > 1 else ""
                rows.append((f"{field.en} {field.zh}{number}", where, text))
    return Table("Measurements 测量", ("Measurement 测量项目", "Where 部位", "Value 数值"), tuple(rows))
