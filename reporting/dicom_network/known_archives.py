"""Which archives are asked for earlier studies: said by an administrator, kept in the audit trail."""

from __future__ import annotations

from dataclasses import asdict

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.dicom_address import Called, is_ae_title, is_host_with_port
from reporting.core.dicom_association import NoAssociation, echo
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.versioned_change import locked, say_anew
from reporting.dicom_network.models import Archive


def add_archive(name: str, called: Called, *, by: User | None) -> Archive:
    """Look up earlier studies there from now on. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``, :class:`InvalidInput`, :class:`WrongState` when the name is taken.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not name.strip() or len(name) > 64:
        raise InvalidInput(_("An archive needs a name of at most 64 characters"))
    _check(called)
    try:
        with transaction.atomic():
            made = Archive.objects.create(name=name.strip(), **asdict(called))
            record(AuditAct.ARCHIVE_ADDED, by=by, about=made, data={"name": made.name, **asdict(called)})
    except IntegrityError as error:
        raise WrongState(_("There is already an archive of this name")) from error
    return made


@transaction.atomic
def change_archive(
    archive: Archive, called: Called, *, is_active: bool, by: User | None, expected_version: int
) -> Archive:
    """Say anew where it is. Inactive: it is asked no more; what was fetched stays.

    Raises ``NotAllowed``, ``InvalidInput``, ``StaleVersion``.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    _check(called)
    archive = locked(archive, expected_version)
    changed = say_anew(archive, {**asdict(called), "is_active": is_active})
    record(AuditAct.ARCHIVE_CHANGED, by=by, about=archive, data=changed)
    return archive


def ping_archive(archive: Archive, *, by: User | None) -> str:
    """C-ECHO now: the code of what is wrong, empty when all is well. Waits seconds. Raises ``NotAllowed``."""
    if by is not None:
        require(by, Act.PEER_MANAGE)
    fault = ""
    try:
        echo(archive.called)
    except NoAssociation as none:
        fault = none.code
    outcome = "failure" if fault else "success"
    record(AuditAct.ARCHIVE_TESTED, by=by, about=archive, outcome=outcome, data={"fault": fault})
    return fault


def _check(called: Called) -> None:
    if not is_host_with_port(called.host, called.port):
        raise InvalidInput(_("This is no host name or address with a port"))
    if not is_ae_title(called.ae_title):
        raise InvalidInput(_("An AE title has 1 to 16 characters and no backslash"))
