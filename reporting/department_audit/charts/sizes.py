"""Sizes in millimetres: the machine's against those a person measured and signed."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, Headline, MethodNote
from reporting.charts.tables import Column, Kind, Row, Table
from reporting.department_audit.charts.agreement_limits import limits_figure
from reporting.department_audit.charts.comparison import source_text, unit_of_analysis
from reporting.department_audit.charts.question import Question
from reporting.department_audit.figures import pairs_mm
from reporting.statistics.results import Estimate


def sizes(question: Question) -> Chart:
    """Bland and Altman's limits; the table holds the plot's places with how many pairs lie on each."""
    columns = (
        Column("mean", _("Mean of machine and person, mm"), Kind.NUMBER),
        Column("difference", _("Machine minus person, mm"), Kind.NUMBER, digits=1),
        Column("n", _("Pairs"), Kind.COUNT),
    )
    found = next(iter(pairs_mm(question.filter)), None)
    places = Counter(found.points) if found else Counter()
    rows = (Row((mean, d, n), (_cases(question, mean, d),) * 3) for (mean, d), n in sorted(places.items()))
    table = Table(columns, tuple(rows))
    headline: tuple[Headline, ...] = ()
    if found is not None:
        low, high = found.limits()
        pairs = question.cases(cell="pairs")
        headline = (
            Headline(_("Pairs"), Estimate(found.n), Kind.COUNT, pairs),
            Headline(_("Patients"), Estimate(found.patients), Kind.COUNT, pairs),
            Headline(_("Mean difference, mm"), found.bias(), cases=pairs),
            Headline(_("Standard deviation, mm"), found.sd(), cases=pairs),
            Headline(_("Lower limit, mm"), low, cases=pairs),
            Headline(_("Upper limit, mm"), high, cases=pairs),
            Headline(_("Slope on the mean"), found.slope()[0], cases=pairs),
        )
    note = MethodNote(
        _("The machine's size minus the size a person measured and signed, against their mean (Bland and Altman)."),
        unit_of_analysis(),
        "",
        _("95 %, over patients: mean difference and limits by t, slope robust to patients"),
        source_text(),
        (
            _(
                "Limits: mean difference ∓ 1.96 standard deviations, which count differences between and within "
                "patients."
            ),
            _("The plot and its table hold at most 2,000 pairs, the figures above them all."),
        ),
    )
    return Chart(
        "sizes",
        _("Sizes in mm, machine and person: %(finding)s") % {"finding": question.finding_label},
        table,
        note,
        limits_figure(table, found, question.cases_address) if found is not None else None,
        empty=_("No size was both measured by the machine and by a person."),
        headline=headline,
        query=question.filter.urlencode(),
    )


def _cases(question: Question, mean: float, difference: float) -> str:
    """The reports whose pairs lie at one place of the plot."""
    machine, person = mean + difference / 2, mean - difference / 2
    return question.cases(cell=f"pairs@{machine:.1f},{person:.1f}")
