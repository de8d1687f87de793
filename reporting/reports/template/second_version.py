"""Version 2 of the template: what it changes of version 1, which stays as it was for the reports written with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reporting.reports.template.spec import Block, Choice, Condition, Field, Fill, Kind, Scope, Template
from reporting.vocabulary import Vertebra, Zone

_HERNIATED = Condition("hern_zone", tuple(zone.value for zone in Zone))


def _with_other(field: Field) -> Field:
    return replace(field, choices=(*field.choices, Choice("other", "other", "其他")))


def _told_without_contact(field: Field) -> Field:
    """Whether the cord is touched is the question at an abnormal junction: "no" belongs into the impression too."""
    told = Choice(
        "no",
        "no",
        "无",
        "The cord is not contacted there.",
        "该处脊髓未见受压。",
        "No cord contact at the craniocervical junction.",
        "颅颈交界区脊髓未见受压。",
    )
    return replace(field, choices=(told, *field.choices[1:]))


def _repeating(field: Field) -> Field:
    return replace(field, repeats=True)


def _of_each_herniation(field: Field) -> Field:
    """A herniation begins with its zone; what is said of it stands under the same instance."""
    return replace(field, repeats=True, only_when=_HERNIATED)


_CHANGED: dict[str, Callable[[Field], Field]] = {
    "sequences": _with_other,
    "cvj_cord_contact": _told_without_contact,
    "endplate_upper": _repeating,
    "endplate_lower": _repeating,
    "hern_zone": _repeating,
    "hern_side": _repeating,
    "hern_form": _of_each_herniation,
    "hern_migration": _of_each_herniation,
}


def _exam(key: str, kind: Kind, en: str, zh: str, choices: tuple[Choice, ...], when: Condition | None) -> Field:
    return Field(key, Block.EXAM, Scope.STUDY, kind, en, zh, choices, only_when=when, required=when is not None)


def z_score(key: str, en: str, zh: str) -> Field:
    return Field(
        key,
        Block.CORD,
        Scope.STUDY,
        Kind.NUMBER,
        en,
        zh,
        fill=Fill.MEASURED,
        unit="1",
        minimum=-10,
        maximum=10,
        note_en="Standard deviations from healthy adults at the same vertebra.",
        note_zh="与同一椎体水平健康成人相差的标准差数。",
    )


_ADDED: dict[str, tuple[Field, ...]] = {
    "numbering_anomaly": (
        _exam(
            "block_vertebra_levels",
            Kind.MULTI,
            "Fused vertebrae",
            "阻滞椎节段",
            tuple(Choice(v.value, v.value, v.value) for v in Vertebra),
            Condition("numbering_anomaly", ("block_vertebra",)),
        ),
        _exam(
            "cervical_rib_side",
            Kind.CHOICE,
            "Side of the cervical rib",
            "颈肋侧别",
            (Choice("left", "left", "左侧"), Choice("right", "right", "右侧"), Choice("both", "both sides", "双侧")),
            Condition("numbering_anomaly", ("cervical_rib",)),
        ),
    ),
    "ai_gate": (
        _exam(
            "ai_withheld",
            Kind.MULTI,
            "Machine values withheld by the reader",
            "医师停用机器结果",
            (
                Choice("post_operative", "post-operative", "术后"),
                Choice("fracture", "fracture", "骨折"),
                Choice("deformity", "deformity", "畸形"),
                Choice("infection_or_tumour", "infection or tumour suspected", "感染或肿瘤可疑"),
                Choice("poor_quality", "poor quality", "质量差"),
                Choice("levels", "level check failed", "节段校验失败"),
            ),
            None,
        ),
    ),
    "cord_ap_mm": (z_score("cord_ap_z", "Cord, front to back, z-score", "脊髓前后径z值"),),
    "cord_csa_mm2": (z_score("cord_csa_z", "Cord area, z-score", "脊髓截面积z值"),),
}


def second_version(first: Template) -> Template:
    fields: list[Field] = []
    for field in first.fields:
        change = _CHANGED.get(field.key)
        fields.append(change(field) if change is not None else field)
        fields.extend(_ADDED.get(field.key, ()))
    return Template("2", tuple(fields))
