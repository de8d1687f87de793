"""What lies in the package and what to heed, as a plain text in the active language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.package.contents import contents
from reporting.reader_studies.package.rjafroc import WhyNot


class Missing(NamedTuple):
    """A workbook that there is not."""

    name: str
    why: WhyNot


def readme(study: ReaderStudy, groups: int, missing: Sequence[Missing]) -> str:
    """``groups``: of readers who share their cases; more than one in a split-plot study."""
    lines = [study.title, "", *(f"{name}\n    {text}" for name, text in contents(groups)), "", *_notes(groups)]
    reasons = {
        WhyNot.ONE_CLASS: _("what everybody read is all diseased, or all healthy"),
        WhyNot.TOO_LONG: _("it would have more rows than a sheet holds"),
    }
    lines += [_("There is no %(file)s: %(why)s.") % {"file": one.name, "why": reasons[one.why]} for one in missing]
    return "\r\n".join(line.replace("\n", "\r\n") for line in lines) + "\r\n"


def _notes(groups: int) -> list[str]:
    notes = [
        _(
            "Tables hold codes: UTF-8, parted by commas, empty where nothing is known. Readers and cases are codes,"
            " too; nobody is named."
        ),
        _(
            "iMRMC and RJafroc take every row as an independent case. Here a row is a place, and a case has several:"
            " their intervals are too narrow where the analysis of Dens takes cases as clusters."
        ),
    ]
    if groups > 1:
        notes.append(
            _(
                "This is a split-plot study of %(groups)s groups of readers. RJafroc's own split-plot format takes"
                " cases nested within single readers, which these are not: so each group has a workbook of its own, in"
                " which everybody read everything. iMRMC takes the study as it is, in one file."
            )
            % {"groups": groups}
        )
    return notes
