"""``manage.py dicom_peer AE_TITLE ADDRESS… [--as USERNAME]``: let a peer send to us; ``--off``: not any more.

``--listens-at HOST PORT [--tls]``: where it is told what became of its storage commitments. What is not said stays; who
was switched off may send again when addresses are said.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.accounts.models import Role, User
from reporting.core.errors import DomainError
from reporting.dicom_network.models import Peer
from reporting.dicom_network.services import Listens, add_peer, change_peer


class Command(BaseCommand):
    help = "Add, change, switch off or list the peers that may send to us"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ae_title", nargs="?", default="")
        parser.add_argument("addresses", nargs="*", metavar="ADDRESS", help="IP address or network (CIDR)")
        parser.add_argument("--as", dest="username", help="account it sends as; default: the only service account")
        listens = parser.add_mutually_exclusive_group()
        listens.add_argument("--listens-at", nargs=2, metavar=("HOST", "PORT"), help="for our reports of commitments")
        listens.add_argument("--listens-nowhere", action="store_true", help="it is told on its own association only")
        parser.add_argument("--tls", action="store_true", help="it listens over TLS")
        parser.add_argument("--off", action="store_true", help="it may not send any more")

    def handle(self, *args: Any, **options: Any) -> None:
        title, addresses = options["ae_title"], options["addresses"]
        try:
            peer = Peer.objects.filter(ae_title=title).first() if title else None
            listens = _listens(options)
            if peer is not None:
                change_peer(
                    peer,
                    addresses=addresses or peer.addresses,
                    listens=listens or Listens(peer.host, peer.port, peer.uses_tls),
                    is_active=not options["off"] and (bool(addresses) or peer.is_active),
                    by=None,
                    expected_version=peer.version,
                )
            elif title:
                account = _account(options["username"])
                add_peer(title, addresses=addresses, received_as=account, listens=listens or Listens(), by=None)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for each in Peer.objects.all():
            at = f" listens at {each.host}:{each.port}{' TLS' if each.uses_tls else ''}" if each.listens_at else ""
            self.stdout.write(f"{each.ae_title} {' '.join(each.addresses)}{at}{'' if each.is_active else ' (off)'}")


def _listens(options: dict[str, Any]) -> Listens | None:
    """``None``: nothing was said of it."""
    if options["listens_nowhere"]:
        return Listens()
    if not options["listens_at"]:
        if options["tls"]:
            raise CommandError("--tls belongs to --listens-at HOST PORT")
        return None
    host, port = options["listens_at"]
    if not port.isdecimal():
        raise CommandError(f"{port} is no port")
    return Listens(host, int(port), options["tls"])


def _account(username: str | None) -> User:
    accounts = User.objects.filter(role=Role.SERVICE, is_active=True)
    if username:
        accounts = accounts.filter(username=username)
    found = list(accounts[:2])
    if len(found) != 1:
        raise CommandError("Say which service account receives for it: --as USERNAME")
    return found[0]
