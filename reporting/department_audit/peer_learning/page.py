"""What the pages of peer learning show. Nobody's name; before an answer neither a value nor why the case is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reporting.accounts.models import User
from reporting.charts.chart import Chart, MethodNote
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.department_audit.facts import POSITIVE_VALUES
from reporting.department_audit.models import PeerAnswer, PeerCase, PeerNotice
from reporting.department_audit.peer_models import CaseStatus, Grade
from reporting.reports.labels import choice_label, place_label
from reporting.reports.places import Place
from reporting.reports.template import CURRENT, TEMPLATES
from reporting.reports.template.spec import Template
from reporting.reports.wording import finding_text
from reporting.studies.models import SopInstance

AROUND = 3
"""Slices shown to each side of the one the machine's statement was made of."""


@dataclass(frozen=True)
class Said:
    """What one of those who looked said, and whether the answer is the same."""

    who: str
    value: str
    agrees: bool


@dataclass(frozen=True)
class CasePage:
    """``answer``: none while the reviewer has not answered; then ``said`` and ``group`` may be shown."""

    case: PeerCase
    place: str
    choices: tuple[tuple[str, str], ...]
    slices: int
    middle: int
    answer: PeerAnswer | None = None
    answered: str = ""
    said: tuple[Said, ...] = ()
    group: str = ""
    outcome: str = ""
    grades: tuple[tuple[str, str], ...] = ()


@dataclass
class FindingCounts:
    """Settled cases of one finding, in whole numbers. ``told``: those whose outcome could be told."""

    name: str
    settled: int = 0
    told: int = 0
    signed_agreed: int = 0
    machine: int = 0
    machine_agreed: int = 0
    grades: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    finding: str = ""


@dataclass(frozen=True)
class NoticeRow:
    notice: PeerNotice
    place: str
    own: str
    others: str
    comments: tuple[str, ...]


def case_page(case: PeerCase, user: User) -> CasePage:
    template = _template(case)
    answer = case.answers.filter(reviewer=user).first()
    pictures = slices_of(case)
    page: dict[str, Any] = {
        "case": case,
        "place": place_of(case),
        "choices": tuple((one.code, choice_label(one)) for one in template[case.field].choices),
        "slices": len(pictures),
        "middle": _middle(case, pictures),
    }
    if answer is None:
        return CasePage(**page)
    final = case.said.get("final")
    can_grade = settings.PEER_LEARNING_GRADES and answer.value and not hasattr(answer, "grade")
    fitting = [(g.value, str(g.label)) for g in Grade if (g is Grade.CONCUR) == (answer.value == final)]
    return CasePage(
        **page,
        answer=answer,
        answered=value_text(case, answer.value),
        said=tuple(_said(case, answer.value)),
        group=case.get_group_display(),
        outcome=value_text(case, case.outcome) if case.status == CaseStatus.SETTLED else "",
        grades=tuple(fitting) if can_grade else (),
    )


def place_of(case: PeerCase) -> str:
    return place_label(_template(case), Place(case.field, case.level, case.side))


def value_text(case: PeerCase, value: str) -> str:
    if not value:
        return _("cannot be told")
    known = {one.code: choice_label(one) for one in _template(case)[case.field].choices}
    return known.get(value, value)


def _said(case: PeerCase, value: str) -> Iterable[Said]:
    machine = case.said.get("machine")
    is_positive = value == POSITIVE_VALUES[case.field]
    if machine is not None:
        word = _("positive") if machine["positive"] else _("negative")
        if machine["probability"] is not None and machine["threshold"] is not None:
            numbers = {"p": f"{machine['probability']:.2f}", "threshold": f"{machine['threshold']:.2f}"}
            word += " " + _("(p = %(p)s, threshold %(threshold)s)") % numbers
        yield Said(_("Machine"), word, bool(value) and machine["positive"] == is_positive)
    names = {
        "blind_first": _("First read, without the machine"),
        "prepared": _("Prepared"),
        "final": pgettext("who said it", "Signed"),
    }
    for key, name in names.items():
        if key in case.said:
            yield Said(name, value_text(case, case.said[key]), bool(value) and case.said[key] == value)


def slices_of(case: PeerCase) -> list[tuple[Any, int]]:
    """(instance key, frame) around the one the place was judged on, in the order of the series; empty without one."""
    image = case.said.get("image")
    if image is None:
        return []
    of_series = SopInstance.objects.filter(series__study=case.study_id, series__series_instance_uid=image["series"])
    frames: list[tuple[Any, int]] = []
    place = None
    for pk, uid, number in of_series.order_by("instance_number", "sop_instance_uid").values_list(
        "pk", "sop_instance_uid", "number_of_frames"
    ):
        if uid == image["sop"]:
            place = len(frames) + max(0, int(image["frame"] or 1) - 1)
        frames += [(pk, frame) for frame in range(1, number + 1)]
    return [] if place is None else frames[max(0, place - AROUND) : place + AROUND + 1]


def _middle(case: PeerCase, pictures: list[tuple[Any, int]]) -> int:
    image = case.said.get("image") or {}
    own = SopInstance.objects.filter(sop_instance_uid=image.get("sop", "")).values_list("pk", flat=True).first()
    frame = int(image.get("frame") or 1)
    return next((n for n, (pk, number) in enumerate(pictures) if pk == own and number == frame), 0)


def counts_by_finding() -> list[FindingCounts]:
    found: dict[str, FindingCounts] = {}
    for case in PeerCase.objects.filter(status=CaseStatus.SETTLED).select_related("version").order_by("finding"):
        row = found.setdefault(case.finding, FindingCounts(finding_text(case.finding), finding=case.finding))
        row.settled += 1
        if case.outcome:
            row.told += 1
            row.signed_agreed += case.said.get("final") == case.outcome
            machine = case.said.get("machine")
            if machine is not None:
                row.machine += 1
                row.machine_agreed += machine["positive"] == (case.outcome == POSITIVE_VALUES[case.field])
    graded = PeerAnswer.objects.filter(grade__isnull=False, case__status=CaseStatus.SETTLED)
    for finding, grade in graded.values_list("case__finding", "grade__grade"):
        found[finding].grades[grade] += 1
    return list(found.values())


def counts_table(files: str = "") -> Chart:
    """Settled cases by finding: what the outcome agreed with. Counts, because drawn cases are no sample of reports."""
    columns = (
        Column("finding", _("Finding")),
        Column("settled", _("Settled"), Kind.COUNT),
        Column("told", _("Could be told"), Kind.COUNT),
        Column("as_signed", _("As signed"), Kind.COUNT),
        Column("machine", _("Machine spoke"), Kind.COUNT),
        Column("as_machine", _("As the machine said"), Kind.COUNT),
        *(Column(f"grade_{grade.value}", _("Grade %(n)s") % {"n": grade.value}, Kind.COUNT) for grade in Grade),
    )
    rows = [
        Row(
            (
                Word(one.finding, one.name),
                *(one.settled, one.told, one.signed_agreed, one.machine, one.machine_agreed),
                *(one.grades[grade.value] for grade in Grade),
            )
        )
        for one in counts_by_finding()
    ]
    note = MethodNote(
        _(
            "Disagreements are drawn more often than they occur: these counts say nothing about how often a reader or "
            "the machine is right."
        ),
        _("one drawn place, settled by colleagues who did not know what was said"),
        "",
        _("none: the places are no random sample of reports"),
        _("answers of reviewers in peer learning; RADPEER grades are of the signed value"),
    )
    title = _("Settled cases by finding")
    empty = _("No case is settled yet.")
    return Chart("peer-learning", title, Table(columns, tuple(rows)), note, None, empty, files=files)


def notice_rows(user: User) -> list[NoticeRow]:
    """Those of ``user``, the newest first."""
    rows = []
    for notice in PeerNotice.objects.filter(person=user).select_related("case__version")[:100]:
        case = notice.case
        comments = tuple(text for text in case.answers.values_list("comment", flat=True) if text)
        own, others = value_text(case, notice.value), value_text(case, case.outcome)
        rows.append(NoticeRow(notice, place_of(case), own, others, comments))
    return rows


def _template(case: PeerCase) -> Template:
    return TEMPLATES.get(case.version.template_version, CURRENT)
