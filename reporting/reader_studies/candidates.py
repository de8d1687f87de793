"""Studies that can become cases, with what may be known of them without knowing whose they are."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from reporting.reports.models import Report
from reporting.studies.models import Study, StudyQuerySet


def may_become_cases() -> StudyQuerySet:
    """Studies with a signed report that stands."""
    return Study.objects.filter(Exists(Report.objects.final().filter(study=OuterRef("pk"))))
