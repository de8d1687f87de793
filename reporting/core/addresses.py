"""IP addresses and networks that somebody may call from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def checked_networks(addresses: Sequence[str]) -> list[str]:
    """In their canonical form. Raises ``ValueError`` for what is neither an address nor a network."""
    return [str(ipaddress.ip_network(address.strip())) for address in addresses]


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether a caller's address lies in one of them; an IPv4 address in IPv6 clothes counts as itself."""
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(network) for network in networks)
