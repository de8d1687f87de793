"""Readers and machine: who moved where after the machine was shown, and how far people agree with each other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, Headline, MethodNote
from reporting.charts.drawing import Series, estimates_by_row, stacked_shares
from reporting.charts.tables import Cell, Column, Kind, Row, Table
from reporting.department_audit.charts.cell_words import switch_names
from reporting.department_audit.charts.comparison import interval_text, source_text, unit_of_analysis
from reporting.department_audit.charts.dimension_words import DIMENSIONS, in_order, value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.figures import readers, switches
from reporting.department_audit.filters import Dimension
from reporting.department_audit.measures import PREPARED
from reporting.department_audit.words import REFERENCES
from reporting.statistics.results import Estimate

_MOVED = ("kept", "toward_machine", "away_from_machine", "other")
_JUDGED = ("right_right", "wrong_right", "right_wrong", "wrong_wrong")


def moved(question: Question) -> Chart:
    """Where readers moved between their blind first read and the final one."""
    return _switches(question, "moved", _MOVED, ("accent", "machine", "warn", "muted"), ("kept",))


def judged(question: Question) -> Chart:
    """Right→wrong and wrong→right switches: only where a reference says what is right."""
    inks = ("accent", "ok", "danger", "muted")
    return _switches(question, "switches", _JUDGED, inks, ("wrong_right", "right_wrong"))


def people(question: Question, first: str = PREPARED) -> Chart:
    """People with each other: raw agreement beside kappa, because kappa alone misleads where a finding is rare."""
    columns = (
        Column("group", str(DIMENSIONS[Dimension.FINDING])),
        Column("places", _("Places"), Kind.COUNT),
        Column("patients", _("Patients"), Kind.COUNT),
        Column("both", _("Both positive"), Kind.COUNT),
        Column("first_only", _("First only"), Kind.COUNT),
        Column("second_only", _("Final only"), Kind.COUNT),
        Column("neither", _("Neither"), Kind.COUNT),
        Column("raw", _("Raw agreement"), Kind.SHARE, with_interval=True),
        Column("positive", _("Agreement on positives"), Kind.SHARE, with_interval=True),
        Column("kappa", "κ", Kind.NUMBER, with_interval=True),
    )
    first_word = PREPARED if first == PREPARED else "blind_first"
    rows = []
    for found in in_order(readers(question.filter, Dimension.FINDING, first=first), Dimension.FINDING):
        counts = [found.counts[name] for name in ("both", "first_only", "second_only", "neither")]
        figures = (found.raw_agreement(), found.positive_agreement(), found.kappa())
        word = value_word("finding", found.value)
        names = ("both", "first_only", "second_only", "neither")
        every = question.cases(Dimension.FINDING, found.value, cell=first_word)
        opened = [
            question.cases(Dimension.FINDING, found.value, cell=f"{first_word}-{name}") if n else ""
            for name, n in zip(names, counts, strict=True)
        ]
        cells: tuple[Cell, ...] = (word, sum(counts), found.patients, *counts, *figures)
        rows.append(Row(cells, (every, every, every, *opened, every, opened[0] or every, every)))
    table = Table(columns, tuple(rows))
    series = (
        Series("raw", _("Raw agreement"), "ink", "diamond"),
        Series("positive", _("Agreement on positives"), "accent", "circle"),
    )
    is_prepared = first == PREPARED
    title = (
        _("People with each other: prepared by a junior, then signed by a senior")
        if is_prepared
        else _("One reader with themselves: blind first read, then final read")
    )
    remark = (
        _("The senior saw what the junior had prepared: these are not independent readings, and agreement is high.")
        if is_prepared
        else _("Between the two readings the reader saw the machine.")
    )
    note = MethodNote(
        title,
        unit_of_analysis(),
        _("the disease of each finding, never “normal”"),
        interval_text() + "; " + _("κ: linearised over patients"),
        source_text(),
        (
            remark,
            _(
                "Published agreement of independent readers: canal grade κ 0.67–0.80, axial foraminal grade "
                "κ 0.50–0.58."
            ),
        ),
    )
    axis = _("Share, interval over patients (95 %)")
    return Chart(
        "people" if is_prepared else "blind-and-final",
        title,
        table,
        note,
        estimates_by_row(table, "group", series, axis, question.cases_address) if rows else None,
        empty=_("No report has two readings of people."),
        query=question.filter.urlencode(),
    )


def _switches(
    question: Question,
    key: str,
    counted: tuple[str, ...],
    inks: tuple[str, ...],
    with_shares: tuple[str, ...],
) -> Chart:
    names = switch_names()
    columns = (
        Column("group", str(DIMENSIONS[Dimension.FINDING])),
        Column("patients", _("Patients"), Kind.COUNT),
        *(Column(name, names[name], Kind.COUNT) for name in counted),
        *(
            Column(f"{name}_share", _("%(outcome)s, share") % {"outcome": names[name]}, Kind.SHARE, True)
            for name in with_shares
        ),
    )
    rows = []
    for found in in_order(switches(question.filter, Dimension.FINDING), Dimension.FINDING):
        counts, shares = [found.counts[name] for name in counted], found.shares()
        if sum(counts):
            patients = found.judged_patients if counted == _JUDGED else found.patients
            word = value_word("finding", found.value)
            opened = {
                name: question.cases(Dimension.FINDING, found.value, cell=name) if n else ""
                for name, n in zip(counted, counts, strict=True)
            }
            every = question.cases(Dimension.FINDING, found.value, cell=_every(counted))
            cells: tuple[Cell, ...] = (word, patients, *counts, *(shares[name] for name in with_shares))
            shared = (opened[name] or every for name in with_shares)
            rows.append(Row(cells, (every, every, *opened.values(), *shared)))
    table = Table(columns, tuple(rows))
    parts = [Series(name, names[name], ink) for name, ink in zip(counted, inks, strict=True)]
    figure = stacked_shares(table, "group", parts, ("", "/", "x", "."), _("Share of places"), question.cases_address)
    is_judged = counted == _JUDGED
    reference = question.truth in REFERENCES
    if is_judged:
        title = (
            question.title(_("right and wrong switches after the machine was shown"))
            if reference
            else _("Right and wrong switches after the machine was shown")
        )
    else:
        title = _("Switches after the machine was shown, from blind first read to final read")
    empty = _("No report was read blind first.")
    if is_judged and reference:
        empty = _("No place that was first read blind has this reference.")
    elif is_judged:
        empty = _("Right and wrong need a reference: choose one under “Held against”.")
    note = MethodNote(
        _("The first read was locked before the reader saw the machine; the final read came after."),
        unit_of_analysis(),
        "",
        interval_text(),
        source_text(),
        (_("A switch is a place whose positive or negative answer changed."),),
    )
    return Chart(
        key,
        title,
        table,
        note,
        figure if rows else None,
        empty=empty,
        headline=_balance(question) if is_judged and rows else (),
        query=question.filter.urlencode(),
    )


def _balance(question: Question) -> tuple[Headline, ...]:
    """Both kinds of switches over all findings, and whether they balance."""
    found = next(iter(switches(question.filter)), None)
    if found is None:
        return ()
    shares, test = found.shares(), found.balance()
    p = Estimate(test.p, note=test.note) if test.p is not None else Estimate(None, note=test.note)
    every = question.cases(cell=_every(_JUDGED))
    opened = {
        name: question.cases(cell=name) if found.counts[name] else every for name in ("wrong_right", "right_wrong")
    }
    return (
        Headline(_("wrong → right"), shares["wrong_right"], Kind.SHARE, opened["wrong_right"]),
        Headline(_("right → wrong"), shares["right_wrong"], Kind.SHARE, opened["right_wrong"]),
        Headline(_("p that both are as frequent"), p, cases=every),
    )


def _every(counted: tuple[str, ...]) -> str:
    """The word for all places that are counted as one of these."""
    return "judged" if counted == _JUDGED else "blind_first"
