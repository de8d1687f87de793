"""The sample size that a protocol holds, in the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.charts.shown import number_text
from reporting.charts.tables import Kind
from reporting.reader_studies.package.document import Fact, Section, Table
from reporting.reader_studies.sample_size import LABELS


def sample_size_section(content: dict[str, Any]) -> Section:
    """``content``: of a protocol version; those locked before sample sizes were kept have no word of it."""
    title = _("Sample size")
    kept = content.get("sample_size")
    if not kept:
        return Section(title, paragraphs=(_("None is kept in the protocol."),))
    inputs = kept["inputs"]
    facts: tuple[Fact, ...] = tuple((str(label), f"{inputs[name]:g}") for name, label in LABELS.items())
    rows = tuple(
        (str(one["readers"]), _("no number suffices"), "–")
        if one["cases"] is None
        else (str(one["readers"]), str(one["cases"]), number_text(one["power"], Kind.SHARE))
        for one in kept["designs"]
    )
    words = _(
        "Hillis, Obuchowski and Berbaum, Acad Radiol 2011;18:129: readers and cases random, every reader reads every"
        " case in both arms, share of diseased cases as in the pilot."
    )
    head = (_("Readers"), _("Cases"), _("Power"))
    table = Table(head, rows, (0, 0, 0), _("Cases needed by number of readers"), (0, 1, 2))
    return Section(title, facts, (words,), (table,))
