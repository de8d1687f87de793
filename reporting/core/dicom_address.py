"""Whom we call who speaks DICOM: host, port and AE title, and what these may look like."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,253}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]{2,45}\]?")
_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")


@dataclass(frozen=True)
class Called:
    """Whom we call, and where."""

    host: str
    port: int
    ae_title: str
    uses_tls: bool = False


def is_host_with_port(host: str, port: int) -> bool:
    """Whether it can be a host name or an IP address, and a port."""
    return _HOST.fullmatch(host) is not None and 0 < port < 65536


def is_ae_title(title: str) -> bool:
    """PS3.5 6.2, value representation AE: up to 16 characters without a backslash; blanks around it would not count."""
    return _AE_TITLE.fullmatch(title) is not None
