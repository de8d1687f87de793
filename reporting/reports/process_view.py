"""What the reading page shows around the form: levels, blind reading, critical findings, prior, colleagues."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may
from reporting.reports.form_parts import dom_id
from reporting.reports.image_panel import ImagePanel
from reporting.reports.labels import place_label
from reporting.reports.level_line import DISCS
from reporting.reports.models import FirstRead, NoteKind, NoticeMethod, Report, ReportNote
from reporting.reports.places import Place
from reporting.reports.prior import Prior, levels_then_and_now, prior_of
from reporting.reports.services import Preview, can_undo_relabel
from reporting.reports.sheet import Sheet
from reporting.reports.template.spec import Field
from reporting.reports.version_diff import FieldChange, changed_since_handed_over


@dataclass(frozen=True)
class LevelChoice:
    """A disc of the strip; ``before`` and ``after`` are the axial slices beside the one it shows ("instance/frame")."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class CriticalView:
    code: str
    category: int
    text: str
    levels: str
    fingerprint: str
    answer: str


@dataclass(frozen=True)
class PriorRow:
    level: str
    place: str
    dom_id: str
    differences: tuple[tuple[str, str, str], ...]  # label, then, now
    suggestion: str
    chosen: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NoteView:
    """A note, and where on the page it belongs; ``is_open``: a comment that nobody has dealt with.

    ``is_mine_to_answer``: a question to this reader without an answer. ``is_at_field``: shown beside its field too.
    """

    note: ReportNote
    place: str
    dom_id: str
    label: str
    is_open: bool
    is_mine_to_answer: bool
    is_at_field: bool


@dataclass(frozen=True)
class ChangeView:
    place: str
    dom_id: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class DifferenceView:
    place: str
    dom_id: str
    label: str
    own: str
    machine: str


def process_context(
    report: Report, shown: Preview, images: ImagePanel, user: User, *, blind: bool, chinese: bool
) -> dict[str, Any]:
    prior = prior_of(report, user)
    who, changes = changed_since_handed_over(report, shown)
    notes = _notes(report, shown.sheet, user)
    first = FirstRead.objects.filter(report=report, reader=user).first()
    return {
        "level_choices": _level_choices(images),
        "can_undo_levels": report.is_draft and can_undo_relabel(report),
        "levels_outside": shown.sheet.facts.values_outside,
        "level_names": DISCS,
        "first_read": first,
        "differences": _differences(shown.sheet, report, chinese=chinese) if first and report.is_draft else (),
        "criticals": _criticals(shown, chinese=chinese),
        "alerts": list(report.critical_alerts.prefetch_related("notices").order_by("found_at")),
        "pending_alerts": list(report.critical_alerts.pending().order_by("due_at")),
        "notice_methods": NoticeMethod.choices,
        "now": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "may_log_critical": may(user, Act.CRITICAL_LOG),
        "prior": prior,
        "prior_rows": _prior_rows(shown.sheet, prior, chinese=chinese) if prior is not None else (),
        "notes": notes,
        "field_notes": tuple(one for one in notes if one.is_at_field),
        "note_places": _note_places(shown.sheet) if may(user, Act.REPORT_CONSULT) else (),
        "unanswered": list(ReportNote.objects.filter(report=report, kind=NoteKind.CONSULT, to=user, answered_by=None)),
        "colleagues": _colleagues(user) if may(user, Act.REPORT_CONSULT) else (),
        "handed_over_by": who,
        "senior_changes": tuple(_change(shown.sheet, one, chinese=chinese) for one in changes),
    }


def _notes(report: Report, sheet: Sheet, user: User) -> tuple[NoteView, ...]:
    rows = list(report.notes.select_related("by", "to").order_by("created_at"))
    answered = {row.answers_id for row in rows if row.kind == NoteKind.ANSWER}
    resolved = {row.answers_id for row in rows if row.kind == NoteKind.RESOLVED}
    views = []
    for row in rows:
        label = place_label(sheet.template, Place.parse(row.place)) if row.place else ""
        is_open = row.kind == NoteKind.RETURN and row.pk not in resolved
        asked = row.kind == NoteKind.CONSULT
        views.append(
            NoteView(
                note=row,
                place=row.place,
                dom_id=dom_id(row.place) if row.place else "",
                label=label,
                is_open=is_open,
                is_mine_to_answer=asked and row.to_id == user.pk and row.pk not in answered,
                is_at_field=bool(row.place) and (is_open or asked or row.kind == NoteKind.ANSWER),
            )
        )
    return tuple(views)


def _note_places(sheet: Sheet) -> tuple[tuple[str, str], ...]:
    """Where a question or a comment may hang: every place the report speaks of."""
    spoken = [place for spec in sheet.template.fields for place in sheet.places(spec, usual=True)]
    return tuple((str(place), place_label(sheet.template, place)) for place in spoken if sheet.applicable(place))


def _colleagues(user: User) -> Sequence[User]:
    radiologists = User.objects.filter(is_active=True, role__in=[Role.JUNIOR.value, Role.SENIOR.value])
    return list(radiologists.exclude(pk=user.pk).order_by("full_name"))


def _level_choices(images: ImagePanel) -> tuple[LevelChoice, ...]:
    stacks: list[list[str]] = [stack["slices"] for stack in images.data["stacks"]["axial"]]
    found = []
    for item in images.strip:
        key = images.data["levels"].get(item.level, {}).get("axial", "")
        stack = next((stack for stack in stacks if key in stack), [])
        at = stack.index(key) if key in stack else -1
        before = stack[at - 1] if at > 0 else ""
        after = stack[at + 1] if 0 <= at < len(stack) - 1 else ""
        found.append(LevelChoice(item.level, before, after))
    return tuple(found)


def _differences(sheet: Sheet, report: Report, *, chinese: bool) -> tuple[DifferenceView, ...]:
    """Where the reader's value is not the machine's, now that both may be seen."""
    rows = report.findings.filter(set_by__isnull=False, machine_value__isnull=False).exclude(level__startswith="-")
    differing = [row for row in rows if row.human_value is not None and row.human_value != row.machine_value]
    views = []
    for row in sorted(differing, key=lambda one: one.place):
        spec = sheet.template[row.field]
        own, machine = (words_of(spec, value, chinese=chinese) for value in (row.human_value, row.machine_value))
        label = place_label(sheet.template, row.place)
        views.append(DifferenceView(str(row.place), dom_id(str(row.place)), label, own, machine))
    return tuple(views)


def _criticals(shown: Preview, *, chinese: bool) -> tuple[CriticalView, ...]:
    views = []
    for critical in shown.criticals:
        code = f"critical.{critical.trigger.code}"
        levels = ", ".join(dict.fromkeys(place.level for place in critical.places if place.level))
        text = critical.trigger.zh if chinese else critical.trigger.en
        answer = shown.answers.get((code, critical.fingerprint), "")
        views.append(CriticalView(code, critical.trigger.category, text, levels, critical.fingerprint, answer))
    return tuple(views)


def words_of(spec: Field, value: Any, *, chinese: bool) -> str:
    """A value as the form says it; a dash where nothing was said."""
    if value is None:
        return "–"
    if value == "not_evaluable":
        return _("not evaluable")
    labels = {choice.code: choice.zh if chinese else choice.en for choice in spec.choices}
    codes = value if isinstance(value, list) else [value]
    return ("、" if chinese else ", ").join(labels.get(str(code), str(code)) for code in codes)


def short_words_of(spec: Field, value: Any, *, chinese: bool) -> str:
    """Of a grade with its definition only the grade."""
    words = words_of(spec, value, chinese=chinese)
    grade, separator, _definition = words.replace("：", ":").partition(":")
    return grade if separator else words


def _prior_rows(sheet: Sheet, prior: Prior, *, chinese: bool) -> tuple[PriorRow, ...]:
    spec = sheet.template["change"]
    choices = tuple((c.code, c.zh if chinese else c.en) for c in spec.choices if c.code != "no_prior")
    rows = []
    for one in levels_then_and_now(sheet, prior):
        if not one.is_abnormal:
            continue
        place = Place("change", one.level)
        differences = tuple(
            (
                place_label(sheet.template, dataclasses.replace(value.place, level="")),
                short_words_of(sheet.template[value.place.field], value.before, chinese=chinese),
                short_words_of(sheet.template[value.place.field], value.now, chinese=chinese),
            )
            for value in one.values
            if value.before != value.now and value.is_abnormal
        )
        chosen = sheet.code("change", one.level)
        identity = f"prior-{dom_id(str(place))}"
        rows.append(PriorRow(one.level, str(place), identity, differences, one.suggestion, chosen, choices))
    return tuple(rows)


def _change(sheet: Sheet, change: FieldChange, *, chinese: bool) -> ChangeView:
    place = Place.parse(change.key)
    spec = sheet.template[place.field]
    before, after = (words_of(spec, value, chinese=chinese) for value in (change.before, change.after))
    return ChangeView(change.key, dom_id(change.key), place_label(sheet.template, place), before, after)
