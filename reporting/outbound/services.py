"""Queue, take, send, give up, try again: every write of the outbox, each fenced by the attempt that makes it."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import DomainError, InvalidInput, WrongState
from reporting.outbound.dispatch import announce_deliveries_on_commit
from reporting.outbound.models import Delivery, DeliveryStatus, Destination, Form

LEASE_S = 300
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0
TRIES = 12
"""With the pauses between them about six hours; then people look (``retry_delivery``)."""

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The receiver did not take it. ``code`` is stable; ``for_good``: trying again would not help."""

    def __init__(self, code: str, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code, self.for_good = code, for_good


def add_destination(
    name: str, *, host: str, port: int, ae_title: str, forms: Sequence[Form], by: User | None
) -> Destination:
    """Send signed reports to an archive from now on. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``, :class:`InvalidInput`, :class:`WrongState` when the name is taken.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not name.strip() or not host.strip() or not 0 < port < 65536 or not 0 < len(ae_title) <= 16 or not forms:
        raise InvalidInput(_("A destination needs a name, a host, a port, an AE title and something to send"))
    try:
        with transaction.atomic():
            values = [Form(form).value for form in forms]
            made = Destination.objects.create(name=name, host=host, port=port, ae_title=ae_title, forms=values)
            record(AuditAct.DESTINATION_ADDED, by=by, about=made, data={"name": name, "forms": values})
    except IntegrityError as error:
        raise WrongState(_("There is already a destination of this name")) from error
    return made


def queue_version(version_id: uuid.UUID, *, by: User | None) -> list[Delivery]:
    """A row for each active destination and form; called inside the transaction that signs. Never waits for anybody."""
    queued = []
    for destination in Destination.objects.filter(is_active=True):
        for form in destination.forms:
            delivery, is_new = Delivery.objects.get_or_create(
                dedup_key=f"{destination.pk}:{form}:{version_id}",
                defaults={"destination": destination, "form": form, "subject": version_id, "tries_left": TRIES},
            )
            if is_new:
                record(AuditAct.DELIVERY_QUEUED, by=by, about=delivery, data={"version": str(version_id), "form": form})
                queued.append(delivery)
    if queued:
        announce_deliveries_on_commit()
    return queued


def claim_delivery() -> Delivery | None:
    """Take the next that is due for one lease; ``None`` when nothing is. Several may ask at once."""
    with transaction.atomic():
        found = Delivery.objects.due().select_for_update(skip_locked=True, of=("self",)).first()
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
    know the same object by its UID.
    """
    tried = 0
    while (delivery := claim_delivery()) is not None:
        tried += 1
        try:
            digest = send(delivery)
        except NotSent as refusal:
            _give_back(delivery, refusal.code, for_good=refusal.for_good)
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
