"""Queue, take, send, give up, try again: every write of the outbox, each fenced by the attempt that makes it."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import DomainError, WrongState
from reporting.outbound.dispatch import announce_deliveries_on_commit
from reporting.outbound.models import WHOLE_STATE, Delivery, DeliveryStatus, Destination, Form, Said
from reporting.outbound.receivers import NothingToSend, NotSent

LEASE_S = 300
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0
TRIES = 12
"""With the pauses between them about six hours; then people look (``retry_delivery``)."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """Something that happened to a report. ``step``: how many things had happened to it, this one included.

    ``of_final``: whether the version it concerns, or one before it, was more than preliminary.
    """

    report: uuid.UUID
    version: uuid.UUID
    said: Said
    step: int
    of_final: bool = True

    def goes_as(self, form: Form, destination: Destination) -> bool:
        """DICOM objects cannot be taken back, and are made of what is final; messages say every state."""
        if form not in WHOLE_STATE:
            return self.said in (Said.FINAL, Said.ADDENDUM)
        return destination.with_preliminary or (self.of_final and self.said is not Said.PRELIMINARY)


def queue_news(news: News, *, by: User | None) -> list[Delivery]:
    """A row for each active destination and form; called inside the transaction that signs. Never waits for anybody."""
    queued = []
    for destination in Destination.objects.filter(is_active=True):
        for form in map(Form, destination.forms):
            if not news.goes_as(form, destination):
                continue
            again = f":{news.said.value}" if news.said is Said.WITHDRAWN else ""
            delivery, is_new = Delivery.objects.get_or_create(
                dedup_key=f"{destination.pk}:{form.value}:{news.version}{again}",
                defaults={
                    "destination": destination,
                    "form": form.value,
                    "report": news.report,
                    "subject": news.version,
                    "said": news.said.value,
                    "step": news.step,
                    "tries_left": TRIES,
                },
            )
            if is_new:
                data = {"version": str(news.version), "form": form.value, "said": news.said.value}
                record(AuditAct.DELIVERY_QUEUED, by=by, about=delivery, data=data)
                queued.append(delivery)
    if queued:
        announce_deliveries_on_commit()
    return queued


def claim_delivery(*, but_not_to: Collection[uuid.UUID] = ()) -> Delivery | None:
    """Take the next that is due for one lease; ``None`` when nothing is. Several may ask at once."""
    with transaction.atomic():
        due = Delivery.objects.due().exclude(destination__in=but_not_to)
        found = due.select_for_update(skip_locked=True, of=("self",)).first()
        if found is None:
            return None
        Delivery.objects.filter(pk=found.pk).update(
            status=DeliveryStatus.SENDING,
            attempt=F("attempt") + 1,
            lease_expires_at=Now() + timedelta(seconds=LEASE_S),
            updated_at=Now(),
        )
    return Delivery.objects.select_related("destination").get(pk=found.pk)


def send_due(send: Callable[[Delivery], str]) -> int:
    """Send everything that is due; ``send`` returns the digest of what was taken or raises. How many were tried.

    ``send`` runs outside any transaction. It may be called again for what a killed worker had sent already: receivers
    know the same object by its UID, the same message by its control id, the same resource by its id. Where nobody
    answers, nothing else is tried this time, so that one dead receiver does not hold up the others.
    """
    tried, silent = 0, set[uuid.UUID]()
    while (delivery := claim_delivery(but_not_to=silent)) is not None:
        tried += 1
        try:
            digest = send(delivery)
        except NotSent as refusal:
            if refusal.is_of_the_place:
                silent.add(delivery.destination_id)
            _give_back(delivery, refusal.code, for_good=refusal.for_good)
        except NothingToSend:
            Delivery.objects.owned_by(delivery).update(
                status=DeliveryStatus.EMPTY, fault="", lease_expires_at=None, updated_at=Now()
            )
        except DomainError as error:
            _give_back(delivery, error.code, for_good=True)
        except Exception:
            logger.exception("delivery %s ended by an error", delivery.pk)
            _give_back(delivery, "error", for_good=False)
        else:
            _sent(delivery, digest)
    return tried


def _sent(delivery: Delivery, digest: str) -> None:
    with transaction.atomic():
        kept = Delivery.objects.owned_by(delivery).update(
            status=DeliveryStatus.SENT, sent_at=Now(), sha256=digest, fault="", lease_expires_at=None, updated_at=Now()
        )
        if kept:
            data = {"attempt": delivery.attempt, "sha256": digest, "destination": delivery.destination.name}
            record(AuditAct.DELIVERY_SENT, by=None, about=delivery, data=data)
            Delivery.objects.overtaken_by(delivery).update(
                status=DeliveryStatus.SUPERSEDED, lease_expires_at=None, updated_at=Now()
            )


def _give_back(delivery: Delivery, code: str, *, for_good: bool) -> None:
    parked = for_good or delivery.tries_left <= 1
    with transaction.atomic():
        kept = Delivery.objects.owned_by(delivery).update(
            status=DeliveryStatus.PARKED if parked else DeliveryStatus.WAITING,
            tries_left=0 if parked else F("tries_left") - 1,
            not_before=Now() + timedelta(seconds=pause_s(TRIES - delivery.tries_left)),
            fault=code[:64],
            lease_expires_at=None,
            updated_at=Now(),
        )
        if kept and parked:
            data = {"attempt": delivery.attempt, "fault": code[:64]}
            record(AuditAct.DELIVERY_FAILED, by=None, about=delivery, outcome="failure", data=data)


def pause_s(failures: int) -> float:
    """Doubling from half a minute to an hour, each a quarter shorter or longer, so that not all come at once."""
    return min(FIRST_PAUSE_S * 2.0**failures, LONGEST_PAUSE_S) * random.uniform(0.75, 1.25)  # noqa: S311


@transaction.atomic
def retry_delivery(delivery: Delivery, *, by: User) -> Delivery:
    """Try again what was given up. Raises ``NotAllowed``, :class:`WrongState` when it was not given up."""
    require(by, Act.DELIVERY_RETRY)
    parked = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PARKED)
    if not parked.update(status=DeliveryStatus.WAITING, tries_left=TRIES, not_before=Now(), updated_at=Now()):
        raise WrongState(_("Only what was given up can be tried again"))
    record(AuditAct.DELIVERY_RETRIED, by=by, about=delivery)
    announce_deliveries_on_commit()
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def retry_destination(destination: Destination, *, by: User) -> int:
    """Try again everything that was given up on the way there; how many. Raises ``NotAllowed``."""
    require(by, Act.DELIVERY_RETRY)
    parked = list(destination.deliveries.filter(status=DeliveryStatus.PARKED).select_for_update())
    for delivery in parked:
        retry_delivery(delivery, by=by)
    return len(parked)
