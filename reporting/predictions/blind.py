"""Whether a reader may not see yet what the machine said of a study. Every route that shows it asks here."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.predictions.models import BlindBecause, BlindDecision, BlindReveal, BlindRule
from reporting.studies.models import Study

_BITS = 52


def draw_of(seed: str, study_id: uuid.UUID, reader_id: uuid.UUID | int) -> float:
    """The number in [0, 1) that decides for one reader and one study; the same whenever it is asked for."""
    digest = hashlib.sha256(f"{seed}:{study_id}:{reader_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / float(1 << _BITS)


def is_blind(user: User | AnonymousUser, study: Study) -> bool:
    """Decided once and kept; only those who write reports read blind, and until they lock or the report is signed."""
    if not isinstance(user, User) or not may(user, Act.REPORT_EDIT):
        return False
    decision = BlindDecision.objects.filter(study=study, reader=user).first()
    if decision is not None and not decision.blind:
        return False
    if BlindReveal.objects.filter(Q(reader=user) | Q(reader__isnull=True), study=study).exists():
        return False
    return (decision or decide(user, study)).blind


def decide(user: User, study: Study, *, already_read: bool = False) -> BlindDecision:
    """This reading's decision, made now if there is none. ``already_read``: another reader's values are in sight."""
    found = BlindDecision.objects.filter(study=study, reader=user).first()
    if found is not None:
        return found
    blind, because, rule, draw = _ruled(user, study)
    if already_read:
        blind, because, rule, draw = False, BlindBecause.ALREADY_READ, None, None
    decision, made = BlindDecision.objects.get_or_create(
        study=study, reader=user, defaults={"blind": blind, "because": because, "rule": rule, "draw": draw}
    )
    if made and blind:
        data = {"because": because.value, "rule": rule.pk if rule else None}
        record(AuditAct.BLIND_READING_BEGUN, by=user, about=study, data=data)
    return decision


_Ruled = tuple[bool, BlindBecause, BlindRule | None, float | None]


def _ruled(user: User, study: Study) -> _Ruled:
    """A rule for the person or the study comes before the draw."""
    for because, rules in (
        (BlindBecause.USER, BlindRule.objects.filter(user=user)),
        (BlindBecause.STUDY, BlindRule.objects.filter(study=study)),
    ):
        rule = rules.order_by("-created_at").first()
        if rule is not None and rule.is_on:
            return True, because, rule, None
    rule = BlindRule.objects.filter(fraction__isnull=False).order_by("-created_at").first()
    if rule is None or not rule.is_on:
        return False, BlindBecause.NO_RULE, None, None
    draw = draw_of(rule.seed, study.pk, user.pk)
    drawn = draw < (rule.fraction or 0.0)
    return drawn, BlindBecause.FRACTION if drawn else BlindBecause.NOT_DRAWN, rule, draw


def blind_study_ids(user: User | AnonymousUser, study_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of ``study_ids`` of which a list may not show this user what the machine said. Decides nothing.

    A study nobody decided about yet counts as blind where a rule would make it so.
    """
    wanted = set(study_ids)
    if not isinstance(user, User) or not may(user, Act.REPORT_EDIT) or not wanted:
        return set()
    decided = dict(BlindDecision.objects.filter(reader=user, study__in=wanted).values_list("study_id", "blind"))
    reveals = BlindReveal.objects.filter(Q(reader=user) | Q(reader__isnull=True), study__in=wanted)
    hidden = {study_id for study_id in wanted if decided.get(study_id, True)} - set(
        reveals.values_list("study_id", flat=True)
    )
    return {study_id for study_id in hidden if decided.get(study_id) or _would_be_blind(user, study_id)}


def _would_be_blind(user: User, study_id: uuid.UUID) -> bool:
    return BlindRule.objects.exists() and _ruled(user, Study(pk=study_id))[0]


def reveal(study: Study, *, to: User | None) -> None:
    """End blind reading for one reader, or for all once the study is reported. Called inside the act that ends it."""
    BlindReveal.objects.get_or_create(study=study, reader=to)
