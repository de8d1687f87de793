"""``{{ study.patient.name|person_name }}``: a DICOM person name in the page's language."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from reporting.studies.person_names import readable_person_name

register = template.Library()


@register.filter
def person_name(value: str) -> str:
    return readable_person_name(value, chinese=(get_language() or "").startswith("zh"))
