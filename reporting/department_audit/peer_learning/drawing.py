"""The daily draw: facts of recent reports become cases. Once a day, whoever asks and however often."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.department_audit.days import midnight
from reporting.department_audit.models import Fact, PeerCase, PeerDraw, SignedRead
from reporting.department_audit.peer_learning.choosing import Candidate, Chosen, choose
from reporting.department_audit.peer_models import CaseStatus
from reporting.department_audit.words import Comparison, Standing
from reporting.reports.models import Finding, FirstRead, Report, Signature
from reporting.vocabulary import DiscLevel, Vertebra

LOOKS_BACK = timedelta(days=30)
# In the order of a candidate's fields.
_SAID = (
    *("finding", "positive", "machine_positive"),
    *("machine_probability", "machine_threshold", "prepared_positive", "blind_first_positive"),
)
_LEVELS = [*(v.value for v in Vertebra), *(d.value for d in DiscLevel)]


def draw_peer_cases(*, by: User | None, today: date | None = None) -> PeerDraw | None:
    """Draw today's cases; ``None`` when today was drawn already, or nothing is there to draw. ``by=None``: the clock.

    Raises :class:`NotAllowed` for a person whose role may not ask for it.
    """
    if by is not None:
        require(by, Act.PEER_DRAW)
    day = today or timezone.localdate()
    close_outdated_cases()
    if PeerDraw.objects.filter(day=day).exists():
        return None
    fact_of: dict[str, int] = {}
    seed = secrets.token_hex(16)
    choice = choose(_candidates(day, fact_of), seed=seed, most=settings.PEER_LEARNING_PER_DAY)
    if not choice.chosen:
        return None
    try:
        with transaction.atomic():
            draw = PeerDraw.objects.create(
                day=day, seed=seed, disagreements=choice.disagreements, agreements=choice.agreements, drawn_by=by
            )
            PeerCase.objects.bulk_create(_cases(draw, choice.chosen, fact_of))
            data = {"day": day.isoformat(), "seed": seed, "cases": len(choice.chosen)}
            record(AuditAct.PEER_CASES_DRAWN, by=by, about=draw, data=data)
    except IntegrityError:  # drawn by somebody else in this moment
        return None
    return draw


def close_outdated_cases() -> int:
    """Take back open cases whose report was withdrawn or signed anew; returns how many."""
    current = SignedRead.objects.filter(version=OuterRef("version"), standing=Standing.CURRENT.value)
    open_cases = PeerCase.objects.filter(status=CaseStatus.OPEN)
    outdated = [case.pk for case in open_cases.filter(~Exists(current)) if not _waits(case)]
    return PeerCase.objects.filter(pk__in=outdated, status=CaseStatus.OPEN).update(status=CaseStatus.CLOSED)


def _waits(case: PeerCase) -> bool:
    """Facts are away for a moment while they are made again; only their absence with a reason closes a case."""
    return not SignedRead.objects.filter(report=case.version.report_id).exists()


def _candidates(day: date, fact_of: dict[str, int]) -> Iterator[Candidate]:
    """Places of reports signed within the days before ``day`` and on it; their facts' keys go into ``fact_of``."""
    drawn = PeerCase.objects.filter(
        version=OuterRef("read__version"), field=OuterRef("field"), level=OuterRef("level"), side=OuterRef("side")
    )
    rows = (
        Fact.objects.filter(
            read__standing=Standing.CURRENT.value,
            read__signed_at__gte=midnight(day) - LOOKS_BACK,
            comparison=Comparison.CLASS.value,
            positive__isnull=False,
            value__isnull=False,
            instance=1,
            level__in=_LEVELS,
        )
        .filter(~Exists(drawn))
        .values_list("pk", "read", "field", "level", "side", "machine_counts", "read__report", *_SAID)
    )
    for pk, read, field, level, side, counts, report, *said in rows.iterator(chunk_size=5000):
        finding, final, machine, probability, threshold, prepared, blind_first = said
        key = f"{read}/{field}@{level}:{side}"
        fact_of[key] = pk
        heard = machine if counts else None
        yield Candidate(key, str(report), finding, final, heard, probability, threshold, prepared, blind_first)


def _cases(draw: PeerDraw, chosen: Iterable[Chosen], fact_of: Mapping[str, int]) -> Iterator[PeerCase]:
    for rank, one in enumerate(chosen):
        fact = Fact.objects.select_related("read").get(pk=fact_of[one.candidate.key])
        report = Report.objects.get(pk=fact.read.report_id)
        yield PeerCase(
            draw=draw,
            version_id=fact.read_id,
            study_id=report.study_id,
            finding=fact.finding,
            field=fact.field,
            level=fact.level,
            side=fact.side,
            group=one.group,
            rank=rank,
            said=_said(fact),
            involved=sorted(str(pk) for pk in readers_of(report)),
            reviewers=settings.PEER_LEARNING_REVIEWERS,
        )


def _said(fact: Fact) -> dict[str, Any]:
    values = {"final": fact.value, "prepared": fact.prepared_value, "blind_first": fact.blind_first_value}
    said: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if fact.machine_counts and fact.machine_positive is not None:
        said["machine"] = {
            "positive": fact.machine_positive,
            "probability": fact.machine_probability,
            "threshold": fact.machine_threshold,
        }
    series, sop, frame = fact.image
    if sop:
        said["image"] = {"series": series, "sop": sop, "frame": frame}
    return said


def readers_of(report: Report) -> set[uuid.UUID]:
    """Everybody who wrote in it, signed a version of it or read it blind."""
    people = set(Signature.objects.filter(report_version__report=report).values_list("signer", flat=True))
    people |= set(FirstRead.objects.filter(report=report).values_list("reader", flat=True))
    people |= set(Finding.objects.filter(report=report, set_by__isnull=False).values_list("set_by", flat=True))
    return people | ({report.author_id} if report.author_id else set())
