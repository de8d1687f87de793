"""What readers rate, as values: which scales make sense, and which answers fit them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reader_studies.words import Scale
from reporting.vocabulary import DiscLevel, MachineFinding, Side, Vertebra

SIDES: tuple[str, ...] = (Side.LEFT.value, Side.RIGHT.value)
LEVELS: tuple[str, ...] = (*(one.value for one in DiscLevel), *(one.value for one in Vertebra))
MOST_FINDINGS = 20
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class RatedSpec:
    """``positive_from`` in the scale's own numbers: 1 for binary, the place of a grade counted from 0, percent, mm.

    A place in the image is the disease by being marked. ``machine_finding``: the classifier it is compared with.
    """

    key: str
    label: str
    scale: Scale
    levels: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    positive_from: float | None = None
    sides: tuple[str, ...] = ()
    machine_finding: str = ""


def check_findings(findings: Sequence[RatedSpec]) -> None:
    """Raise :class:`InvalidInput` for the first that makes no sense."""
    if len({spec.key for spec in findings}) != len(findings):
        raise InvalidInput(_("Each finding is rated once"))
    if len(findings) > MOST_FINDINGS:
        raise InvalidInput(_("At most %(most)s findings can be rated") % {"most": MOST_FINDINGS})
    for spec in findings:
        _check(spec)


def _check(spec: RatedSpec) -> None:
    if not _KEY.fullmatch(spec.key) or not spec.label.strip():
        raise InvalidInput(_("A finding needs a name, and a key of small letters, digits and underscores"))
    if len(set(spec.levels)) != len(spec.levels) or set(spec.levels) - set(LEVELS):
        raise InvalidInput(_("%(finding)s: a level does not exist or is named twice") % {"finding": spec.label})
    if spec.sides not in ((), SIDES):
        raise InvalidInput(_("%(finding)s: sides are both or none") % {"finding": spec.label})
    if spec.machine_finding and spec.machine_finding not in set(MachineFinding):
        raise InvalidInput(_("%(finding)s: the algorithm has no such finding") % {"finding": spec.label})
    is_ordinal = spec.scale is Scale.ORDINAL
    if is_ordinal and not 2 <= len(set(spec.grades)) == len(spec.grades):
        raise InvalidInput(
            _("%(finding)s: a grade scale needs two grades or more, all different") % {"finding": spec.label}
        )
    if not is_ordinal and spec.grades:
        raise InvalidInput(_("%(finding)s: only a grade scale has grades") % {"finding": spec.label})
    low, high = _range(spec)
    if spec.positive_from is not None and not low < spec.positive_from <= high:
        raise InvalidInput(
            _("%(finding)s: “positive from” must lie within the scale, above its lowest value")
            % {"finding": spec.label}
        )


def _range(spec: RatedSpec) -> tuple[float, float]:
    match spec.scale:
        case Scale.BINARY | Scale.LOCATION:
            return 0.0, 1.0
        case Scale.ORDINAL:
            return 0.0, float(len(spec.grades) - 1)
        case Scale.CONFIDENCE:
            return 0.0, 100.0
        case Scale.MILLIMETRES:
            return 0.0, 100.0
