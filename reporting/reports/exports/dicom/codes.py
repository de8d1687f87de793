"""Coded entries: the verified codes of the vocabulary where there is one, else our own, under a private designator."""

from __future__ import annotations

from highdicom.sr import CodedConcept

from reporting.reports.template import Choice, Field
from reporting.vocabulary import Code

OWN_SCHEME = "99DENS"
"""PS3.16 8.2: designators that begin with 99 are private."""
MAX_VALUE, MAX_MEANING = 16, 64


def concept(code: Code) -> CodedConcept:
    return CodedConcept(code.value, code.scheme, code.meaning[:MAX_MEANING])


def own(value: str, meaning: str) -> CodedConcept:
    """``value`` longer than a short string goes into Long Code Value (PS3.3 8.1)."""
    return CodedConcept(value, OWN_SCHEME, meaning[:MAX_MEANING])


def name_of(field: Field) -> CodedConcept:
    return concept(field.coded) if field.coded else own(field.key, field.en)


def value_of(field: Field, choice: Choice) -> CodedConcept:
    """What is normal in one field and in another may share a code; the value stands under the field's own name."""
    return concept(choice.coded) if choice.coded else own(f"{field.key}.{choice.code}"[:64], choice.en)
