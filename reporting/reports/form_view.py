"""The structured form as the page shows it: template fields joined with this report's findings. Reads only, no HTML."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from reporting.orders.models import Order
from reporting.predictions.models import Prediction
from reporting.reports.beside import jobs_beside, said_beside
from reporting.reports.drafting import NEGATIVE
from reporting.reports.form_parts import ChoiceView, FieldView, FormView, GroupView, MachineView, dom_id
from reporting.reports.key_slices import LevelPlace, SliceRef, level_places
from reporting.reports.labels import unit_label
from reporting.reports.measured import levels_in_order
from reporting.reports.models import STATE_LABELS, Finding, Report
from reporting.reports.places import Place
from reporting.reports.services.reading import findings_of
from reporting.reports.sheet import Sheet
from reporting.reports.states import FindingState
from reporting.reports.template import TITLES, Block, Choice, Field, Fill
from reporting.reports.values import MAX_INSTANCES
from reporting.reports.withholding import STOPS
from reporting.reports.wording import reason_text
from reporting.studies.models import SopInstance
from reporting.vocabulary import DiscLevel, LevelKind, Vertebra

# Two estimates of one length that differ by more than this are shown as a disagreement (millimetres).
DISAGREEMENT_MM = 1.0
# Fields whose suggestion comes with further ones: zone and side, direction and grade.
DETAILED = frozenset({"disc_class", "slip"})
OPTIONAL_LEVELS = frozenset({Vertebra.C1.value, Vertebra.T1.value, DiscLevel.C7_T1.value})


def _short(choice: Choice, label: str) -> str:
    grade, separator, _definition = label.replace("：", ":").partition(":")
    return grade if separator and grade.startswith(choice.code) else label


class _Builder:
    def __init__(self, report: Report, sheet: Sheet, *, chinese: bool, can_edit: bool, blind: bool) -> None:
        self.template = sheet.template
        self.sheet = sheet
        self.can_edit = can_edit
        self.blind = blind
        self.usual: dict[str, frozenset[Place]] = {}
        self.chinese = chinese
        self.findings: dict[Place, Finding] = {finding.place: finding for finding in findings_of(report, blind=blind)}
        self.instances: Mapping[str, uuid.UUID] = dict(
            SopInstance.objects.filter(series__study_id=report.study_id).values_list("sop_instance_uid", "id")
        )
        self.places = {place.name: place for place in level_places(report)}
        order = Order.objects.for_study(report.study).exclude(indication="").first() if can_edit else None
        self.ordered = order.indication if order else ""
        requested = report.study.indication if can_edit else ""
        self.requested = requested if requested != self.ordered else ""
        self.beside = {} if blind else said_beside(report, jobs_beside(report.study_id))

    def words(self, thing: Field | Choice) -> str:
        return thing.zh if self.chinese else thing.en

    def block(self, block: Block) -> GroupView:
        # Whether the machine could read is nothing for somebody who reads first without it.
        fields = [f for f in self.template.of_block(block) if not (self.blind and f.key in ("ai_gate", "ai_withheld"))]
        shown = tuple(self.fields_at(fields, ("",)))
        return GroupView(block.value, TITLES[block][1 if self.chinese else 0], shown)

    def level(self, level: str) -> GroupView:
        is_disc = "/" in level
        fields = self.template.of_block(Block.DISC if is_disc else Block.VERTEBRA)
        return GroupView(
            name=level,
            title=level,
            fields=tuple(self.fields_at(fields, (level,))),
            place=self.places.get(level),
            is_disc=is_disc,
            is_optional=level in OPTIONAL_LEVELS and not any(self.is_required(field, level) for field in fields),
        )

    def fields_at(self, fields: Sequence[Field], levels: Sequence[str]) -> Iterable[FieldView]:
        """Fields that repeat stand together, one instance after the other: zone, side and form, then the next zone."""
        for level in levels:
            for repeats, run in groupby(fields, key=lambda field: field.repeatable):
                together = list(run)
                last = max(max(self.instances_of(field, level)) for field in together) if repeats else 1
                for instance in range(1, last + 1):
                    for field in together:
                        if instance in self.instances_of(field, level):
                            for side in reversed(field.sides):  # the patient's right first, as on the image
                                yield self.field(field, Place(field.key, level, side, instance))

    def usual_places(self, field: Field) -> frozenset[Place]:
        if field.key not in self.usual:
            self.usual[field.key] = frozenset(self.sheet.places(field, usual=True))
        return self.usual[field.key]

    def instances_of(self, field: Field, level: str) -> tuple[int, ...]:
        """Those in use and room for one more; what describes another repeating field has as many as that."""
        if not field.repeatable:
            return (1,)
        owner = self.template[field.only_when.field] if field.only_when is not None else None
        if owner is not None and owner.repeatable:
            return self.instances_of(owner, level)
        known = set(self.sheet.instances(field.key, level))
        value = self.sheet.human(Place(field.key, level, instance=max(known)))
        if value is not None and value not in (field.default, [field.default]):
            known.add(max(known) + 1)
        return tuple(sorted(known))[:MAX_INSTANCES]

    def field(self, field: Field, place: Place) -> FieldView:
        field = self.template.at(field.key, place.level)
        finding = self.findings.get(place)
        state = FindingState(finding.state) if finding else FindingState.UNSET
        automatic = field.fill is Fill.AUTOMATIC
        value = self.told_by_study(field) if automatic else finding.value if finding else None
        is_asked = field.key == "indication" and state is FindingState.UNSET
        label = self.words(field)
        if place.side:
            label = f"{label} · {self.side_word(place.side)}"
        if place.instance > 1:
            label = f"{label} {place.instance}"
        return FieldView(
            place=str(place),
            dom_id=dom_id(str(place)),
            label=label,
            kind=field.kind.value,
            state=state.value,
            state_label=str(STATE_LABELS[state]),
            value=value,
            value_label=self.value_label(field, value),
            choices=self.choices(field, finding, value),
            unit=unit_label(field.unit),
            note=field.note_zh if self.chinese else field.note_en,
            required=self.is_required(field, place.level) and place.instance == 1,
            unvalidated=field.unvalidated,
            bulk=bool(finding and finding.bulk),
            has_details=field.key in DETAILED,
            set_by=finding.set_by.full_name if finding and finding.set_by else "",
            machine=self.machine(field, finding),
            machine_note=finding.machine_note if finding and finding.machine_note != NEGATIVE else "",
            not_run=self.not_run(field, place, finding),
            beside=tuple(self.said(field, one.prediction, one.value) for one in self.beside.get(place, ())),
            is_shown=self.sheet.applicable(place),
            is_automatic=automatic,
            can_edit=self.can_edit and not automatic,
            is_detail=field.only_when is not None,
            is_usual=self.is_expected(field, place),
            ordered=self.ordered if is_asked else "",
            requested=self.requested if is_asked else "",
        )

    def is_required(self, field: Field, level: str) -> bool:
        return field.required and level in self.sheet.asked_levels(field)

    def is_expected(self, field: Field, place: Place) -> bool:
        """Whether every report says it; how far the images reach only where the machine found out."""
        if field.key == "coverage":
            return self.sheet.facts.covers_all
        if place not in self.usual_places(field):
            return self.is_required(field, place.level) and place.instance == 1
        return field.required or field.default is not None

    def not_run(self, field: Field, place: Place, finding: Finding | None) -> str:
        """Silence with a reason: which series or level kept the machine from this field."""
        spoke = finding is not None and finding.prediction_id is not None
        if field.machine is None or field.only_when is not None or spoke or place not in self.usual_places(field):
            return ""
        reasons = self.sheet.facts.gate_reasons
        own = reasons.get(field.machine.value) or reasons.get("study") or ()
        return ("；" if self.chinese else "; ").join(reason_text(reason) for reason in own)

    def told_by_study(self, field: Field) -> list[str] | str:
        """What an automatic field holds: series and gate are facts of the study, no statement of a reader."""
        return list(self.sheet.facts.sequences) if field.key == "sequences" else self.sheet.facts.gate

    def side_word(self, side: str) -> str:
        words = {"left": ("left", "左"), "right": ("right", "右")}
        return words[side][1 if self.chinese else 0]

    def value_label(self, field: Field, value: Any) -> str:
        if value is None:
            return ""
        if field.choices:
            codes = value if isinstance(value, list) else [value]
            labels = {choice.code: self.words(choice) for choice in field.choices}
            return ("、" if self.chinese else ", ").join(labels.get(str(code), str(code)) for code in codes)
        return f"{value} {unit_label(field.unit)}".strip()

    def choices(self, field: Field, finding: Finding | None, value: Any) -> tuple[ChoiceView, ...]:
        suggested = finding is not None and finding.state == FindingState.AI_SUGGESTED.value
        machine_value = finding.machine_value if finding else None
        chosen = value if isinstance(value, list) else [value]
        return tuple(
            ChoiceView(
                code=choice.code,
                label=self.words(choice),
                short=_short(choice, self.words(choice)),
                is_chosen=not suggested and choice.code in chosen,
                is_suggested=choice.code == machine_value,
                is_default=choice.code == field.default,
            )
            for choice in field.choices
        )

    def machine(self, field: Field, finding: Finding | None) -> MachineView | None:
        prediction: Prediction | None = finding.prediction if finding else None
        if finding is None or prediction is None or (finding.machine_note in STOPS and not finding.set_by_id):
            return None
        return self.said(field, prediction, finding.machine_value)

    def said(self, field: Field, prediction: Prediction, value: Any) -> MachineView:
        label = self.value_label(field, value)
        algorithm = prediction.job.algorithm
        both = prediction.mm is not None and prediction.mm_from_mask is not None
        disagrees = both and abs((prediction.mm or 0) - (prediction.mm_from_mask or 0)) > DISAGREEMENT_MM
        return MachineView(
            label=label,
            positive=prediction.positive,
            probability=prediction.probability,
            probability_percent=round(100 * prediction.probability, 1),
            threshold=prediction.threshold,
            threshold_percent=round(100 * prediction.threshold, 1),
            mm=prediction.mm,
            mm_from_mask=prediction.mm_from_mask,
            disagrees=disagrees,
            algorithm=f"{algorithm.name} {algorithm.version}",
            weights=algorithm.weights_sha256[:12],
            applicability=algorithm.applicability,
            # Both lengths side by side say it already.
            flags=tuple(str(flag) for flag in prediction.flags if not (disagrees and flag == "mask_disagrees")),
            slice=self.slice_of(prediction),
        )

    def slice_of(self, prediction: Prediction) -> SliceRef | None:
        instance_id = self.instances.get(prediction.sop_instance_uid)
        return SliceRef(instance_id, prediction.frame_number or 1) if instance_id else None


def form_view(report: Report, sheet: Sheet, *, chinese: bool, can_edit: bool, blind: bool = False) -> FormView:
    """Everything the form shows, in the language of the page; ``sheet`` is the report's as this reader may know it."""
    build = _Builder(report, sheet, chinese=chinese, can_edit=can_edit, blind=blind)
    exam, alignment, cord, other = (
        build.block(block) for block in (Block.EXAM, Block.ALIGNMENT, Block.CORD, Block.OTHER)
    )
    levels = tuple(build.level(level) for level in levels_in_order())
    groups = (exam, alignment, *levels, cord, other)
    return FormView(
        exam=exam,
        alignment=alignment,
        levels=levels,
        cord=cord,
        other=other,
        levels_confirmed=sheet.levels_confirmed(),
        suggested=sum(group.suggested for group in groups),
        open=sum(group.open for group in groups),
    )


def disc_places(places: Sequence[LevelPlace]) -> tuple[LevelPlace, ...]:
    """The discs among them that have an axial slice: the level strip."""
    return tuple(place for place in places if place.kind is LevelKind.DISC and place.axial is not None)
