"""Who may tell us of orders and patients: said by an administrator, kept in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.addresses import checked_networks
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.hl7_text import Charset
from reporting.core.versioned_change import locked, say_anew
from reporting.orders.models import MessageSender


@dataclass(frozen=True)
class Calling:
    """All that is said of a sender but its name."""

    addresses: Sequence[str]
    application: str = ""
    facility: str = ""
    charset: str = Charset.UTF_8.value

    def checked(self) -> dict[str, object]:
        """As the columns have them. Raises :class:`InvalidInput`."""
        try:
            addresses = checked_networks(self.addresses)
        except ValueError as error:
            raise InvalidInput(_("This is neither an IP address nor a network")) from error
        if not addresses:
            raise InvalidInput(_("A sender needs at least one address to call from"))
        if max(len(self.application), len(self.facility)) > 64 or self.charset not in [c.value for c in Charset]:
            raise InvalidInput(_("The names of application and facility have at most 64 characters"))
        return {**asdict(self), "addresses": addresses}


def add_sender(name: str, calling: Calling, *, by: User | None) -> MessageSender:
    """Listen to a RIS from now on. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``, :class:`InvalidInput`, :class:`WrongState` when the name is taken.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not name.strip() or len(name) > 64:
        raise InvalidInput(_("A sender needs a name of at most 64 characters"))
    values = calling.checked()
    try:
        with transaction.atomic():
            made = MessageSender.objects.create(name=name.strip(), **values)
            record(AuditAct.SENDER_ADDED, by=by, about=made, data={"name": made.name, **values})
    except IntegrityError as error:
        raise WrongState(_("There is already a sender of this name")) from error
    return made


@transaction.atomic
def change_sender(
    sender: MessageSender, calling: Calling, *, is_active: bool, by: User | None, expected_version: int
) -> MessageSender:
    """Say anew from where it may call and what it calls itself. Holds from its next connection on.

    Raises ``NotAllowed``, ``InvalidInput``, ``StaleVersion``.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    sender = locked(sender, expected_version)
    changed = say_anew(sender, {**calling.checked(), "is_active": is_active})
    record(AuditAct.SENDER_CHANGED, by=by, about=sender, data=changed)
    return sender
