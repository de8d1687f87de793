"""``manage.py dicom_peer AE_TITLE ADDRESS… [--as USERNAME]``: let a peer send to us; ``--off``: not any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import Role, User
from reporting.core.errors import DomainError
from reporting.dicom_network.models import Peer
from reporting.dicom_network.services import add_peer, change_peer


class Command(BaseCommand):
    help = "Add, change, switch off or list the peers that may send to us"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ae_title", nargs="?", default="")
        parser.add_argument("addresses", nargs="*", metavar="ADDRESS", help="IP address or network (CIDR)")
        parser.add_argument("--as", dest="username", help="account it sends as; default: the only service account")
        parser.add_argument("--off", action="store_true", help="it may not send any more")

    def handle(self, *args: Any, **options: Any) -> None:
        title, addresses = options["ae_title"], options["addresses"]
        try:
            peer = Peer.objects.filter(ae_title=title).first() if title else None
            if peer is not None:
                wanted = addresses or peer.addresses
                active = not options["off"]
                change_peer(peer, addresses=wanted, is_active=active, by=None, expected_version=peer.version)
            elif title:
                add_peer(title, addresses=addresses, received_as=_account(options["username"]), by=None)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for each in Peer.objects.all():
            self.stdout.write(f"{each.ae_title} {' '.join(each.addresses)}{'' if each.is_active else ' (off)'}")


def _account(username: str | None) -> User:
    accounts = User.objects.filter(role=Role.SERVICE, is_active=True)
    if username:
        accounts = accounts.filter(username=username)
    found = list(accounts[:2])
    if len(found) != 1:
        raise CommandError("Say which service account receives for it: --as USERNAME")
    return found[0]
