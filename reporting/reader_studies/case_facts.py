"""What may be known of a study without knowing whose it is: scanner, protocol, year, what its signed report found."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from reporting.reports.drafting import FIELD_VALUES
from reporting.reports.labels import choice_label, field_label
from reporting.reports.models import Finding
from reporting.reports.states import VALUED_STATES, ReportStatus
from reporting.reports.template import CURRENT
from reporting.studies.models import Series, StudyQuerySet
from reporting.studies.scanners import INSIDE, OUTSIDE, UNKNOWN, field_strength_of, protocol_fit, vendor_of
from reporting.vocabulary import MachineFinding

_POSITIVE = {MachineFinding(name): (key, positive) for name, (key, _negative, positive) in FIELD_VALUES.items()}
PROTOCOLS = (INSIDE, OUTSIDE, UNKNOWN)


@dataclass(frozen=True)
class CaseFacts:
    """``positives``: findings that the signed report says are there, at any level."""

    vendor: str = UNKNOWN
    field_strength: str = UNKNOWN
    protocol: str = UNKNOWN
    year: int | None = None
    positives: frozenset[MachineFinding] = frozenset()


def positives(finding: MachineFinding | None = None, level: str = "") -> QuerySet[Finding]:
    """Rows of signed reports that say a finding is there; of any finding, at any level, where none is named."""
    said = Q()
    for key, value in (_POSITIVE[finding],) if finding is not None else _POSITIVE.values():
        said |= Q(field=key, value=value)
    rows = Finding.objects.filter(
        said, report__status=ReportStatus.FINAL.value, state__in=[state.value for state in VALUED_STATES]
    )
    return rows.filter(level=level) if level else rows


def facts_of(studies: StudyQuerySet) -> dict[uuid.UUID, CaseFacts]:
    """By study; three questions to the database, however many there are."""
    years = {pk: date.year if date else None for pk, date in studies.values_list("pk", "study_date")}
    protocols = protocols_of(studies.values("pk"))
    found: dict[uuid.UUID, set[MachineFinding]] = defaultdict(set)
    of_key = {key: finding for finding, (key, _value) in _POSITIVE.items()}
    said = positives().filter(report__study__in=studies.values("pk"))
    for study, key in said.order_by().values_list("report__study", "field").distinct():
        found[study].add(of_key[key])
    return {
        pk: CaseFacts(
            vendor=_first(vendor_of(protocol.get("manufacturer")) for _role, protocol in protocols[pk]),
            field_strength=_first(field_strength_of(protocol.get("field_t")) for _role, protocol in protocols[pk]),
            protocol=protocol_fit(protocols[pk]),
            year=year,
            positives=frozenset(found[pk]),
        )
        for pk, year in years.items()
    }


def protocols_of(
    studies: Iterable[uuid.UUID] | QuerySet[Any, Any],
) -> Mapping[uuid.UUID, list[tuple[str, dict[str, Any]]]]:
    """(role, protocol) of each study's series, in their order."""
    found: dict[uuid.UUID, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    rows = Series.objects.filter(study__in=studies)
    for study, role, protocol in rows.values_list("study", "role", "protocol"):
        found[study].append((role, protocol))
    return found


def finding_label(finding: MachineFinding) -> str:
    """As the report says it: its field and the value that means disease."""
    key, positive = _POSITIVE[finding]
    field = CURRENT[key]
    return f"{field_label(field)}: {choice_label(field.choice(positive))}"


def protocol_label(protocol: str) -> str:
    words = {INSIDE: _("as in the paper's Table 1"), OUTSIDE: _("other than in the paper's Table 1")}
    return words.get(protocol, _("not known"))


def mix(facts: Iterable[CaseFacts]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Tables of the case mix: what is counted, and (value, cases). A case counts once in each finding it has."""
    every = list(facts)
    for label, words in (
        (_("Vendor"), [_known(one.vendor) for one in every]),
        (_("Field strength, T"), [_known(one.field_strength) for one in every]),
        (_("Protocol"), [protocol_label(one.protocol) for one in every]),
        (_("Year of examination"), [str(one.year) if one.year else _("not known") for one in every]),
        (_("Found in the signed report"), [word for one in every for word in _found(one)]),
    ):
        yield label, sorted(Counter(words).items())


def _found(one: CaseFacts) -> list[str]:
    return [finding_label(name) for name in sorted(one.positives)] or [_("none of these")]


def _known(word: str) -> str:
    return _("not known") if word == UNKNOWN else word


def _first(said: Iterable[str]) -> str:
    return next((word for word in said if word != UNKNOWN), UNKNOWN)
