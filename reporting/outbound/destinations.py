"""Where signed reports go: said by an administrator, kept in the audit trail."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.dicom_address import is_ae_title, is_host_with_port
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.hl7_text import Charset
from reporting.core.versioned_change import locked, say_anew
from reporting.outbound.models import FORMS_OF, Destination, Form, Kind

_PATH = re.compile(r"(?:/[A-Za-z0-9._~\-]+)*")
_SECRET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Where:
    """All that is said of a destination but its name."""

    kind: Kind
    host: str
    port: int
    forms: tuple[Form, ...]
    ae_title: str = ""
    uses_tls: bool = False
    with_preliminary: bool = False
    application: str = ""
    facility: str = ""
    charset: Charset = Charset.UTF_8
    languages: tuple[str, ...] = LANGUAGES
    path: str = ""
    secret_name: str = ""

    def values(self) -> dict[str, Any]:
        """As the columns have them, and JSON."""
        as_json = {"kind": self.kind.value, "charset": self.charset.value}
        lists = {"forms": [form.value for form in self.forms], "languages": list(self.languages)}
        return {**asdict(self), **as_json, **lists}


def add_destination(name: str, where: Where, *, by: User | None) -> Destination:
    """Send signed reports there from now on. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``, :class:`InvalidInput`, :class:`WrongState` when the name is taken.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not name.strip() or len(name) > 64:
        raise InvalidInput(_("A destination needs a name of at most 64 characters"))
    _check(where)
    try:
        with transaction.atomic():
            made = Destination.objects.create(name=name.strip(), **where.values())
            record(AuditAct.DESTINATION_ADDED, by=by, about=made, data={"name": made.name, **where.values()})
    except IntegrityError as error:
        raise WrongState(_("There is already a destination of this name")) from error
    return made


@transaction.atomic
def change_destination(
    destination: Destination, where: Where, *, is_active: bool, by: User | None, expected_version: int
) -> Destination:
    """Say anew where and what is sent; holds for what waits too. Inactive: nothing new is queued for it.

    Raises ``NotAllowed``, ``InvalidInput``, ``StaleVersion``.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    _check(where)
    destination = locked(destination, expected_version)
    if where.kind != destination.kind:
        raise InvalidInput(_("What a destination speaks does not change: add another one"))
    changed = say_anew(destination, {**where.values(), "is_active": is_active})
    record(AuditAct.DESTINATION_CHANGED, by=by, about=destination, data=changed)
    return destination


def _check(where: Where) -> None:
    if not is_host_with_port(where.host, where.port):
        raise InvalidInput(_("This is no host name or address with a port"))
    if not where.forms or not set(where.forms) <= set(FORMS_OF[where.kind]):
        raise InvalidInput(_("Choose what is sent there, of what such a receiver takes"))
    if where.kind is Kind.DICOM and not is_ae_title(where.ae_title):
        raise InvalidInput(_("An AE title has 1 to 16 characters and no backslash"))
    if where.kind is Kind.MLLP and (not where.languages or not set(where.languages) <= set(LANGUAGES)):
        raise InvalidInput(_("Choose the languages of the message"))
    if not _PATH.fullmatch(where.path):
        raise InvalidInput(_("The path begins with a slash and has letters, digits and - . _ ~ only"))
    if where.secret_name and not _SECRET.fullmatch(where.secret_name):
        raise InvalidInput(_("The token's file is named by letters, digits and - . _ only"))
    if where.secret_name and not where.uses_tls:
        raise InvalidInput(_("A token is sent over TLS only"))
