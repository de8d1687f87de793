"""What became of the machine's statements: accepted, confirmed in bulk, changed, rejected; and what people added."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.tables import Cell, Column, Kind, Row, Table
from reporting.department_audit.charts.bars import OUTCOME_MARKS, outcomes_figure
from reporting.department_audit.charts.comparison import interval_text, source_text, unit_of_analysis
from reporting.department_audit.charts.dimension_words import DIMENSIONS, in_order, value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.figures import outcomes
from reporting.department_audit.filters import Dimension
from reporting.department_audit.words import Outcome

_SHARED = (Outcome.ACCEPTED, Outcome.CHANGED, Outcome.REJECTED)


def outcomes_by(question: Question, dimension: Dimension) -> Chart:
    """Counts of each outcome; the bar begins with what stood, accepted one by one or confirmed in bulk."""
    name = str(DIMENSIONS[dimension])
    shown = list(OUTCOME_MARKS)
    columns = (
        Column("group", name),
        Column("places", _("Places"), Kind.COUNT),
        *(Column(outcome.value, str(outcome.label), Kind.COUNT) for outcome in shown),
        Column(Outcome.UNDECIDED.value, str(Outcome.UNDECIDED.label), Kind.COUNT),
        *(
            Column(f"{outcome.value}_share", _("%(outcome)s, share") % {"outcome": outcome.label}, Kind.SHARE, True)
            for outcome in _SHARED
        ),
    )
    rows = []
    for found in in_order(outcomes(question.filter, dimension), dimension):
        shares = found.shares()
        every = question.cases(dimension, found.value)
        opened = {
            one: question.cases(dimension, found.value, outcome=one.value) if found.counts[one.value] else ""
            for one in (*shown, Outcome.UNDECIDED)
        }
        counts = (found.counts[one.value] for one in opened)
        cells: tuple[Cell, ...] = (
            value_word(dimension.value, found.value),
            found.places,
            *counts,
            *(shares[o.value] for o in _SHARED),
        )
        rows.append(Row(cells, (every, every, *opened.values(), *(opened[one] or every for one in _SHARED))))
    table = Table(columns, tuple(rows))
    subject = _("What became of the machine's statements, by %(group)s") % {"group": name.lower()}
    title = f"{subject}: {question.finding_label}" if question.filter.finding else subject
    return Chart(
        f"outcomes-by-{dimension.value.replace('_', '-')}",
        title,
        table,
        MethodNote(
            _(
                "Per place: the machine's value accepted one by one, confirmed in bulk with the rest, changed, "
                "rejected, or added: said by a person where the machine said nothing. Not a measure of right and wrong."
            ),
            unit_of_analysis(),
            "",
            interval_text(),
            source_text(),
            (_("Shares in the table are of all places, also of those that nobody decided."),),
        ),
        outcomes_figure(table, question.cases_address) if rows else None,
        empty=_("Nothing to compare: no signed report matches."),
        query=question.filter.urlencode(),
    )
