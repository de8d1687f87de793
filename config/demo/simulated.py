"""What the simulated readers of the demonstration say: drawn from a seed around the phantoms' truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import Assignment
from reporting.reader_studies.rated import RatedSpec
from reporting.reader_studies.simulation import Spread, latent_scores, on_scale
from reporting.reader_studies.words import ArmKind, Scale
from reporting.statistics.arrays import Floats

AREAS = {ArmKind.UNAIDED: 0.8, ArmKind.AIDED_AFTER_UNAIDED: 0.9}
"""True AUC of each arm."""
SEED = 20261127
FINDINGS = (
    RatedSpec(
        "herniation",
        "Disc herniation 椎间盘突出",
        Scale.CONFIDENCE,
        ("C3/4", "C4/5", "C5/6", "C6/7"),
        positive_from=50.0,
        machine_finding="herniation",
    ),
    RatedSpec(
        "osteophyte",
        "Osteophyte 骨赘",
        Scale.BINARY,
        ("C4", "C5", "C6"),
        positive_from=1.0,
        machine_finding="osteophyte",
    ),
)


class Simulated:
    """``truths``: StudyInstanceUID → the phantom's truth. Readers are numbered from 0."""

    def __init__(self, truths: Mapping[str, Mapping[str, Any]], readers: int) -> None:
        self._cases = sorted(truths)
        self._truth = {spec.key: np.array([positives(truths[uid], spec) for uid in self._cases]) for spec in FINDINGS}
        self._scores: dict[str, Floats] = {
            spec.key: on_scale(
                latent_scores(self._truth[spec.key], AREAS, readers, Spread(), SEED + number),
                spec.scale,
                0,
                spec.positive_from,
            )
            for number, spec in enumerate(FINDINGS)
        }

    def answers(self, assignment: Assignment, reader: int) -> list[Answer]:
        """Every place of one reading."""
        arm = list(AREAS).index(ArmKind(assignment.arm.kind))
        case = self._cases.index(assignment.case.study.study_instance_uid)
        return [
            Answer(spec.key, level, "", float(self._scores[spec.key][arm, reader, case, place]))
            for spec in FINDINGS
            for place, level in enumerate(spec.levels)
        ]

    def true_lines(self, code_of: Mapping[str, str]) -> list[tuple[str, str, str, str, str]]:
        """Case, finding, level, value, source: as the file of reference values wants them."""
        return [
            (code_of[uid], spec.key, level, str(int(self._truth[spec.key][case, place])), "imported")
            for case, uid in enumerate(self._cases)
            for spec in FINDINGS
            for place, level in enumerate(spec.levels)
        ]


def positives(truth: Mapping[str, Any], spec: RatedSpec) -> Sequence[bool]:
    """Whether the phantom has the finding at each of its levels."""
    drawn = {one["level"]: bool(one["positive"]) for one in truth["findings"] if one["finding"] == spec.key}
    return [drawn[level] for level in spec.levels]
