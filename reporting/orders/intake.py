"""Take a message: kept and acted upon in one transaction, then answered. What cannot be used is parked for people."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from django.db import Error as DatabaseFault
from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.core.hl7_message import Message, Unreadable, sending_names
from reporting.core.hl7_text import Charset
from reporting.orders.acknowledgement import REFUSED, TAKEN, Verdict, acknowledgement
from reporting.orders.applying import apply
from reporting.orders.models import InboundMessage, MessageSender, Outcome
from reporting.orders.told import Unusable

logger = logging.getLogger(__name__)


def take(raw: bytes, senders: Sequence[MessageSender]) -> bytes:
    """The acknowledgement to send back. ``senders``: who may call from where it came from, at least one.

    Raises ``DatabaseFault`` when nothing could be kept: then nothing must be answered, and the sender sends it again.
    """
    sender = _sender_of(raw, senders)
    message, fault = _read(raw, sender or senders[0])
    if sender is None:
        with transaction.atomic():
            record(AuditAct.MESSAGE_REFUSED, by=None, outcome="failure", data={"fault": "unknown_sender"})
        return acknowledgement(message, Verdict("AR", "207", "unknown_sender"))
    return acknowledgement(message, _taken(raw, message, fault, sender))


def _read(raw: bytes, sender: MessageSender) -> tuple[Message | None, str]:
    try:
        return Message.parse(raw, default_codec=Charset(sender.charset).codec), ""
    except Unreadable as error:
        return None, error.code


def _sender_of(raw: bytes, senders: Sequence[MessageSender]) -> MessageSender | None:
    """Whose names the message bears; the one that demands most first.

    Found before the message is read: several senders at one address may write in different characters, and one's bytes
    can often be read as the other's.
    """
    for sender in sorted(senders, key=lambda one: (not one.application, not one.facility, one.name)):
        said = sending_names(raw, Charset(sender.charset).codec)
        if said is None:
            return senders[0]
        if sender.application in ("", said[0]) and sender.facility in ("", said[1]):
            return sender
    return None


def _taken(raw: bytes, message: Message | None, unreadable: str, sender: MessageSender) -> Verdict:
    with transaction.atomic():
        # One after the other of each sender, in the order in which they came.
        MessageSender.objects.select_for_update().get(pk=sender.pk)
        digest = hashlib.sha256(raw).hexdigest()
        kept = InboundMessage.objects.filter(sender=sender, sha256=digest).first()
        if kept is not None:
            kept.times += 1
            kept.save()
            if kept.outcome == Outcome.TAKEN:
                return TAKEN
        else:
            kept = InboundMessage(sender=sender, sha256=digest, size_bytes=len(raw))
        if message is None:
            return _parked(kept, raw, Unusable(unreadable, "102"))
        head = message.first("MSH")
        kept.control_id, kept.kind = head.text(10)[:199], "^".join((head.text(9), head.text(9, 2)))[:32]
        return _used(kept, raw, message)


def _used(kept: InboundMessage, raw: bytes, message: Message) -> Verdict:
    try:
        _check(message, kept)
        with transaction.atomic():
            kept.outcome, kept.fault, kept.content = Outcome.TAKEN, "", b""
            kept.save()
            apply(message, kept)
            data = {"kind": kept.kind, "sha256": kept.sha256}
            record(AuditAct.MESSAGE_TAKEN, by=None, about=kept, data=data)
    except Unusable as error:
        return _parked(kept, raw, error)
    except DatabaseFault:
        raise
    except Exception:
        logger.exception("a message of %s ended by an error", kept.sender_id)
        return _parked(kept, raw, Unusable("error", "207"))
    return TAKEN


def _check(message: Message, kept: InboundMessage) -> None:
    head = message.first("MSH")
    if not head.text(12).startswith("2."):
        raise Unusable("version_not_supported", "203")
    if head.text(11).upper() not in ("P", ""):
        raise Unusable("no_production_message", "202")
    if not kept.control_id:
        raise Unusable("no_control_id", "101")
    others = InboundMessage.objects.filter(sender=kept.sender, control_id=kept.control_id, outcome=Outcome.TAKEN)
    if others.exclude(sha256=kept.sha256).exists():
        raise Unusable("control_id_used_before", "205")


def _parked(kept: InboundMessage, raw: bytes, error: Unusable) -> Verdict:
    refused = error.condition in REFUSED
    kept.outcome = Outcome.REFUSED if refused else Outcome.PARKED
    kept.fault, kept.content = error.fault, b"" if refused else raw
    kept.save()
    if not refused:
        data = {"kind": kept.kind, "fault": error.fault}
        record(AuditAct.MESSAGE_PARKED, by=None, about=kept, outcome="failure", data=data)
    return Verdict("AR" if refused else "AE", error.condition, error.fault)


def retry_message(message: InboundMessage, *, by: User) -> InboundMessage:
    """Use again what could not be used, for instance when its order has come meanwhile.

    Raises ``NotAllowed``, :class:`WrongState` when it is not parked; a message that still cannot be used stays parked.
    """
    require(by, Act.DELIVERY_RETRY)
    with transaction.atomic():
        kept = _lock_parked(message)
        record(AuditAct.MESSAGE_RETRIED, by=by, about=kept)
        raw = bytes(kept.content)
        read, fault = _read(raw, kept.sender)
        if read is None:
            _parked(kept, raw, Unusable(fault, "102"))
        else:
            _used(kept, raw, read)
    return kept


def dismiss_message(message: InboundMessage, *, by: User) -> InboundMessage:
    """Nobody needs it: its content goes, that it came stays. Raises ``NotAllowed``, :class:`WrongState`."""
    require(by, Act.DELIVERY_RETRY)
    with transaction.atomic():
        kept = _lock_parked(message)
        kept.outcome, kept.content = Outcome.DISMISSED, b""
        kept.save()
        record(AuditAct.MESSAGE_DISMISSED, by=by, about=kept, data={"fault": kept.fault})
    return kept


def _lock_parked(message: InboundMessage) -> InboundMessage:
    kept = InboundMessage.objects.select_for_update(of=("self",)).select_related("sender").get(pk=message.pk)
    if kept.outcome != Outcome.PARKED:
        raise WrongState(_("Only what could not be used can be looked at again"))
    return kept
